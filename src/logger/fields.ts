import { type DdFields, isCorrelation, isDdFields } from '../tracer/dd-fields'

/** Fields of a log line. */
export type Fields = { [key: string]: unknown }

/** What a logger asks of the request that it writes for, at each line. */
export interface LineContext {
  /** What the line that is written now is linked to. */
  dd(): DdFields | undefined
  /** What `fields` and `addFields` gave so far. */
  readonly fields: Fields | undefined
}

/** Makes the logger of one request. */
export type BindLogger = (context: LineContext) => unknown

/**
 * The `dd` of a line, out of the record that is about to be written. A `dd` made by `correlate()` links the line on purpose and
 * wins; any other is moved aside to `_dd`, since `log.info(req.body)` must not let an outsider choose the trace.
 *
 * @param record a copy of our own: it is changed
 */
export function claimDd(record: Fields, context: LineContext): DdFields | undefined {
  return takeDd(record) ?? context.dd()
}

/** Takes out what would be read as `dd`. Datadog reads `dd.trace_id` like `dd: { trace_id }`, so dotted keys go aside too. */
function takeDd(record: Fields): DdFields | undefined {
  let linked: DdFields | undefined
  for (const key in record) {
    if (!isDdKey(key) || record[key] === undefined) continue
    const value = record[key]
    if (key === 'dd' && isCorrelation(value)) linked = value
    else if (!isDdFields(value)) record[`_${key}`] = value
    delete record[key]
  }
  return linked
}

/** What a caller passes on, without a `dd` that is not from `correlate()`: the same value, or a copy. */
export function withoutForeignDd<T>(value: T): T {
  if (typeof value !== 'object' || value === null || !Object.keys(value).some(isDdKey)) return value
  const own = { ...value } as Fields
  const linked = takeDd(own)
  return (linked ? { ...own, dd: linked } : own) as T
}

/** Whether a record has anything that would be read as `dd`. */
export function hasDd(record: Fields): boolean {
  for (const key in record) if (isDdKey(key)) return true
  return false
}

export const isDdKey = (key: string) => key.charCodeAt(0) === 100 && (key === 'dd' || key.startsWith('dd.'))

/** The start of a message that Datadog's Node pipeline would parse for ids, though it stands in a JSON line. */
const forgedIds = /^\s*(?:\[[\s\S]*dd\.trace_id=|\{[\s\S]*(?:trace_id|span_id|\\u))/

/** A message whose text cannot change the ids of its line: one that begins like a line with ids gets a bar in front. */
export function inertMessage<T>(message: T): T | string {
  if (typeof message !== 'string' || isHarmless(message.charCodeAt(0))) return message
  return forgedIds.test(message) ? `| ${message}` : message
}

/** An ASCII character other than a space, `[` and `{`: most messages are spared the expression. */
const isHarmless = (first: number) => first > 32 && first < 127 && first !== 91 && first !== 123
