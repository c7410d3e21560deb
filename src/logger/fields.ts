import { readError } from '../tags/error-fields'
import { type DdFields, isCorrelation, isDdFields } from '../tracer/dd-fields'

/** Fields of a log line. */
export type Fields = { [key: string]: unknown }

/** The properties of a request that its logger reads for each line. */
export interface LineContext {
  /** The `dd` of the line that is written now. */
  dd(): DdFields | undefined
  /** The fields from `fields` and `addFields` so far. */
  readonly fields: Fields | undefined
  /** Counts and holds the lines of the request. `undefined` where no option needs that. */
  readonly lines?: Lines | undefined
}

/** A logger calls these for its lines. */
export interface Lines {
  /** A line is about to be written. */
  willWrite(isError: boolean): void
  /** A line is below the logger's level. `write` writes it later; `dropped` becomes its field `dropped_lines`. */
  hold(write: (dropped: number) => void, bytes: number): void
}

/** The fields of a held line. On the first one that is written, `dropped_lines` is the number of lines that were dropped before it. */
export function heldFields(fields: Fields | undefined, dropped: number): Fields | undefined {
  return dropped > 0 ? { ...fields, dropped_lines: dropped } : fields
}

/** Makes the logger of one request. */
export type BindLogger = (context: LineContext) => unknown

/**
 * Returns the `dd` of a line, and takes it out of the record that is about to be written. A `dd` made by `correlate()` links the
 * line on purpose, so it wins. Any other moves to `_dd`: with `log.info(req.body)` an outsider could choose the trace.
 *
 * @param record is changed, so pass a copy
 */
export function claimDd(record: Fields, context: LineContext): DdFields | undefined {
  return takeDd(record) ?? context.dd()
}

/**
 * Takes out what Datadog would read as `dd`, and changes a message that it would parse. Datadog reads `dd.trace_id` like
 * `dd: { trace_id }`, so dotted keys are renamed too.
 *
 * @param record is changed, so pass a copy
 * @returns the `dd` that `correlate()` made, if there is one
 */
export function takeDd(record: Fields): DdFields | undefined {
  let linked: DdFields | undefined
  for (const key in record) {
    if (isMessageKey(key)) record[key] = inertMessage(record[key])
    if (!isDdKey(key) || record[key] === undefined) continue
    const value = record[key]
    delete record[key]
    if (key === 'dd' && isCorrelation(value)) linked = value
    else if (!isDdFields(value)) record[`_${key}`] = value
  }
  return linked
}

/** The value without a `dd` that is not from `correlate()`: the same value, or a changed copy. */
export function withoutForeignDd<T>(value: T): T {
  if (typeof value !== 'object' || value === null || !takeDdWouldChange(value as Fields)) return value
  const own = copyFields(value)
  const linked = takeDd(own)
  return (linked ? { ...own, dd: linked } : own) as T
}

/** Whether a record has anything that `takeDd` would change. */
export function takeDdWouldChange(record: Fields): boolean {
  try {
    for (const key in record) {
      if (isDdKey(key) || (isMessageKey(key) && isParsed(record[key]))) return true
    }
  } catch {} // a revoked Proxy or a getter threw. The code that reads the record next handles that
  return false
}

export const isDdKey = (key: string) => key.charCodeAt(0) === 100 && (key === 'dd' || key.startsWith('dd.'))

/** Whether Datadog may read the message of a line from this key. */
function isMessageKey(key: string): boolean {
  const first = key.charCodeAt(0) // a quick test for `l` and `m`, because this runs for each key
  return (first === 109 || first === 108) && (key === 'message' || key === 'msg' || key === 'log')
}

/** A copy of an object's own fields, on top of those of `under`. A field that throws when it is read becomes its error's message. */
export function copyFields(value: object, under?: Fields): Fields {
  try {
    return { ...under, ...value } // adding a key to `{ ...value }` would be slow
  } catch {
    return { ...under, ...Object.fromEntries(ownKeysOf(value).map(key => [key, readField(value as Fields, key)])) }
  }
}

function ownKeysOf(value: object): string[] {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

function readField(value: Fields, key: string): unknown {
  try {
    return value[key]
  } catch (error) {
    return `[${readError(error).message}]`
  }
}

/** Beginnings of a message that Datadog's Node pipeline parses, even in a JSON line. */
const parsedForms = [
  /\[.*dd.trace_id=/, // ids before a text. The pipeline does not escape its dots, so any character matches.
  /\[[-+]?\d+-\d+-\d+T[^\]]*\]\s*\[/, // log4js
  /\w+ \S+ [-+\d.e]+ [-+\d.e]+ - [-+\d.e]+ m?s/, // morgan
  /\S+ \S+ \S+ \[\d+\/\w+\/\d+:/, // morgan's combined format, and Apache's
  // JSON with a key that Datadog takes ids, service, level, status, time or host from
  /\{.*(?:\\u|"(?:[^"]*\.)?(?:dd|trace_id|span_id|service|appname|(?:bunyan_)?level|status(?:_code|_category)?|severity|[@_]?timestamp|(?:event)?time|(?:published_)?date|host(?:name)?)(?:"\s*:|\.))/,
]
const parsed = new RegExp(`^\\s*(?:${parsedForms.map(form => form.source).join('|')})`, 'isu')

/**
 * Puts a bar before a message that Datadog's pipeline would parse. Otherwise a message could choose the ids, service, level, status
 * or time of its line. Any other message stays as it is.
 */
export function inertMessage<T>(message: T): T | string {
  return isParsed(message) ? `| ${message}` : message
}

const isParsed = (message: unknown) => typeof message === 'string' && maybeParsed(message) && parsed.test(message)

/**
 * A quick test, because the expression is slow. Most messages fail it: they begin with a letter, have no `[`, and do not end like
 * morgan's ` - 3 ms`, in `s` after a ` - `.
 */
function maybeParsed(message: string): boolean {
  const first = message.charCodeAt(0)
  const last = message.charCodeAt(message.length - 1)
  const isOrdinary = first > 32 && first < 127 && first !== 91 && first !== 123 // neither space nor [ nor {
  if (!isOrdinary || last <= 32) return true
  return (last === 115 && message.includes(' - ')) || message.includes('[')
}
