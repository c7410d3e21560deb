import type { LineRow } from '../api'
import { only, without } from './filter-state'
import { brief, parseJson, textOf, Value } from './json'
import { findings } from './store'

const messageShown = 1000
const fieldsShown = 12
const fieldShown = 120

/** The message of a line and its fields. A click on a value makes it a filter. */
export function Message({ line, unfold = false }: { line: LineRow; unfold?: boolean }) {
  const fields = Object.entries(line.fields)
  const nested = unfold ? fields.filter(([, value]) => isObject(value)) : []
  const plain = unfold ? fields.filter(([, value]) => !isObject(value)) : fields
  return (
    <>
      {line.message.length > messageShown ? `${line.message.slice(0, messageShown)}…` : line.message}
      {plain.slice(0, fieldsShown).map(([key, value]) => (
        <Field key={key} name={key} value={value} />
      ))}
      {plain.length > fieldsShown && <span class="field muted"> +{plain.length - fieldsShown}</span>}
      {nested.map(([key, value]) => (
        <div class="nested" key={key}>
          <i>{key} </i>
          <Value value={value} open={/^(err|error)$/.test(key)} />
        </div>
      ))}
    </>
  )
}

function Field({ name, value }: { name: string; value: unknown }) {
  const text = textOf(value)
  const parsed = parseJson(value)
  const shown = typeof parsed === 'object' && parsed !== null ? brief(parsed) : text
  const pick = (event: MouseEvent) => {
    event.stopPropagation()
    if (event.altKey) without(name, text)
    else only(name, text)
  }
  return (
    <span class="field">
      <i>{name}=</i>
      <span
        role="button"
        class="pick"
        tabIndex={-1}
        title={`Only ${name}:${text.slice(0, 80)} (with Alt: without)`}
        onClick={pick}
      >
        {shown.length > fieldShown ? `${shown.slice(0, fieldShown)}…` : shown}
      </span>
    </span>
  )
}

function isObject(value: unknown): boolean {
  return typeof parseJson(value) === 'object' && value !== null
}

/** The reasons why Datadog would not link a line. */
export function whyText(line: LineRow): string {
  const code = line.why[0] ?? ''
  const title = findings.value.find(finding => finding.code === code)?.title ?? code.replaceAll('-', ' ')
  return `not linked: ${title.charAt(0).toLowerCase()}${title.slice(1)}`
}

/** All values of a line, for the table of its fields. */
export function fieldsOf(line: LineRow): [string, unknown][] {
  const ids: [string, unknown][] = [
    ['level', line.level],
    ['service', line.service],
    ['stream', line.stream],
    ['trace', line.traceId],
    ['span', line.spanId],
  ]
  return [...Object.entries(line.fields), ...ids.filter(([, value]) => value)]
}
