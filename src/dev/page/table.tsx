import { only, without } from './filter-state'
import { Icon } from './icon'
import { textOf, Value } from './json'
import { copy } from './say'

/** A table of the tags of a span or the fields of a line. Each value can be copied or made a filter. */
export function Table({ entries, label }: { entries: readonly (readonly [string, unknown])[]; label: string }) {
  return (
    <dl class="tags" aria-label={label}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt title={name}>{name}</dt>
          <dd>
            <Value value={value} />
          </dd>
          <Actions name={name} value={textOf(value)} />
        </div>
      ))}
    </dl>
  )
}

function Actions({ name, value }: { name: string; value: string }) {
  const act = (run: () => void) => (event: Event) => {
    event.stopPropagation()
    run()
  }
  const isShort = value.length <= 200
  return (
    <dd class="actions">
      <Action label={`Copy ${name}`} icon="copy" run={act(() => copy(value, name))} />
      {isShort && <Action label={`Only these: ${name}`} icon="plus" run={act(() => only(name, value))} />}
      {isShort && <Action label={`Without these: ${name}`} icon="minus" run={act(() => without(name, value))} />}
    </dd>
  )
}

function Action({ label, icon, run }: { label: string; icon: 'copy' | 'plus' | 'minus'; run: (event: Event) => void }) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={run}>
      <Icon name={icon} />
    </button>
  )
}
