import { useState } from 'preact/hooks'
import { Icon } from './icon'

const entriesShown = 100
const textShown = 600

/** A value of a tag or a field. Objects and lists unfold; text that is JSON does, too. */
export function Value({ value, open = false }: { value: unknown; open?: boolean }) {
  const parsed = parseJson(value)
  if (typeof parsed !== 'object' || parsed === null) return <LongText text={textOf(parsed)} />
  return <Foldable value={parsed} open={open} />
}

function Foldable({ value, open }: { value: object; open: boolean }) {
  const [isOpen, setOpen] = useState(open)
  return (
    <>
      <button type="button" class="fold" aria-expanded={isOpen} onClick={stop(() => setOpen(!isOpen))}>
        <Icon name={isOpen ? 'open' : 'closed'} />
        <span class="cut">{isOpen ? brackets(value) : brief(value)}</span>
      </button>
      {isOpen && <Entries value={value} />}
    </>
  )
}

function Entries({ value }: { value: object }) {
  const [shown, setShown] = useState(entriesShown)
  const entries = Object.entries(value)
  return (
    <ul class="json">
      {entries.slice(0, shown).map(([key, inner]) => (
        <li key={key}>
          <i>{key}: </i>
          <Value value={inner} />
        </li>
      ))}
      {entries.length > shown && (
        <li>
          <button type="button" class="link" onClick={stop(() => setShown(shown + 1000))}>
            {entries.length - shown} more
          </button>
        </li>
      )}
    </ul>
  )
}

function LongText({ text }: { text: string }) {
  const [all, setAll] = useState(false)
  if (all || text.length <= textShown) return <>{text}</>
  return (
    <>
      {text.slice(0, textShown)}…{' '}
      <button type="button" class="link" onClick={stop(() => setAll(true))}>
        {text.length - textShown} more characters
      </button>
    </>
  )
}

/** Stops the event, so that a click on a value does not also choose its row. */
function stop(act: () => void) {
  return (event: Event) => {
    event.stopPropagation()
    act()
  }
}

export function parseJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value) || value.length > 100_000) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value) ?? String(value)
}

function brackets(value: object): string {
  return Array.isArray(value) ? `[${value.length}]` : '{…}'
}

/** `{method, url, …}` or `[9, 11, 12]`. */
export function brief(value: object): string {
  if (Array.isArray(value)) return `[${some(value.map(item => (typeof item === 'object' ? '…' : textOf(item))))}]`
  return `{${some(Object.keys(value))}}`
}

function some(words: string[]): string {
  const shown = words.slice(0, 3).map(word => (word.length > 24 ? `${word.slice(0, 24)}…` : word))
  return [...shown, ...(words.length > 3 ? ['…'] : [])].join(', ')
}
