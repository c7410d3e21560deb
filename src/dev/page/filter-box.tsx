import { computed } from '@preact/signals'
import { idIn, type Term } from '../filter'
import { clearAll, loaded } from './feed'
import { clearFilter, isFiltered, removeTerm, setTyped, terms, typing } from './filter-state'
import { formatCount } from './format'
import { pause, waiting } from './hold'
import { Icon } from './icon'
import { goToTrace, view } from './route'
import { paused } from './store'
import { wide } from './trace/opened'

const hints = {
  requests: 'status:5xx  route:/users  dur:>50ms  or paste a trace id',
  lines: 'level:error  service:web  user:7  "free text"',
  resources: 'service:web  method:POST',
  health: 'level:error  service:web',
}

export function FilterBar() {
  return (
    <div class="bar">
      <search class="filter">
        <Icon name="search" />
        {terms.value.map((term, at) => (
          <Chip key={term.text} term={term} at={at} />
        ))}
        <FilterInput />
        {isFiltered.value && (
          <button
            type="button"
            class="icon-button"
            aria-label="Clear the filter"
            title="Clear the filter"
            onClick={clearFilter}
          >
            <Icon name="close" />
          </button>
        )}
        <kbd class="wide-only">/</kbd>
      </search>
      <PauseButton />
      <button
        type="button"
        class="button quiet"
        onClick={clearAll}
        disabled={!loaded.value}
        title="Forget all requests and lines"
      >
        <Icon name="clear" />
        Clear
      </button>
    </div>
  )
}

function Chip({ term, at }: { term: Term; at: number }) {
  const key = `${term.negate ? '-' : ''}${term.key}${term.key ? ':' : ''}`
  return (
    <span class="chip">
      <i>{key}</i>
      <span class="cut">{term.text.slice(key.length)}</span>
      <button type="button" aria-label={`Remove ${term.text}`} onClick={() => removeTerm(at)}>
        <Icon name="close" />
      </button>
    </span>
  )
}

const hint = computed(() => (terms.value.length > 0 ? '' : hints[view.value]))

function FilterInput() {
  return (
    <input
      id="filter"
      aria-label="Filter"
      placeholder={hint.value}
      value={typing.value}
      spellcheck={false}
      autocomplete="off"
      autocapitalize="off"
      onInput={event => type(event.currentTarget.value)}
      onKeyDown={onKey}
    />
  )
}

/** Opens the trace of a pasted id. Makes a whole term a chip when a space is typed after it. */
function type(text: string): void {
  const id = idIn(text)
  typing.value = id ? '' : text
  if (id) openTrace(id)
  else if (/^-?[\w@][\w.@/-]*:(?:[^\s"]+|"[^"]*") $/.test(text)) setTyped()
}

export function openTrace(id: string): void {
  wide.value = true
  goToTrace(id)
}

function onKey(event: KeyboardEvent & { currentTarget: HTMLInputElement }): void {
  if (event.key === 'Enter') setTyped()
  else if (event.key === 'Escape') leave(event)
  else if (event.key === 'Backspace' && typing.value === '') takeBack(event)
}

/** The first Escape deletes the typed text, the next one leaves the box. */
function leave(event: KeyboardEvent & { currentTarget: HTMLInputElement }): void {
  event.stopPropagation()
  if (typing.value) typing.value = ''
  else event.currentTarget.blur()
}

/** Turns the last chip back into text. */
function takeBack(event: Event): void {
  const last = terms.value.at(-1)
  if (!last) return
  event.preventDefault()
  removeTerm(terms.value.length - 1)
  typing.value = last.text
}

function PauseButton() {
  const count = paused.value ? waiting.value : 0
  return (
    <button type="button" class="button" aria-pressed={paused.value} onClick={pause} title="Pause or go on (p)">
      <Icon name={paused.value ? 'play' : 'pause'} />
      {paused.value ? 'Go on' : 'Pause'}
      {count > 0 && <span class="count">{formatCount(count)} new</span>}
    </button>
  )
}
