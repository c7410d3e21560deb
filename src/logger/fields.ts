import { readError } from '../tags/error-fields'
import { type DdFields, isCorrelation, isDdFields } from '../tracer/dd-fields'

/** Fields of a log line. */
export type Fields = { [key: string]: unknown }

/** What a logger asks of the request that it writes for, at each line. */
export interface LineContext {
  /** What the line that is written now is linked to. */
  dd(): DdFields | undefined
  /** What `fields` and `addFields` gave so far. */
  readonly fields: Fields | undefined
  /** Counts the lines of the request, and holds some, where an option asks for it. */
  readonly lines?: Lines | undefined
}

/** What a logger tells of its lines. */
export interface Lines {
  /** A line is about to be written. */
  willWrite(isError: boolean): void
  /** A line is below the logger's level. `write` writes it all the same; `dropped` goes on it as `dropped_lines`. */
  hold(write: (dropped: number) => void, bytes: number): void
}

/** The fields of a held line: the first one that is written says how many before it are missing. */
export function heldFields(fields: Fields | undefined, dropped: number): Fields | undefined {
  return dropped > 0 ? { ...fields, dropped_lines: dropped } : fields
}

/** Makes the logger of one request. */
export type BindLogger = (context: LineContext) => unknown

/**
 * The `dd` of a line, out of the record that is about to be written. A `dd` made by `correlate()` links the line on purpose and
 * wins. Any other moves to `_dd`, because `log.info(req.body)` must not let an outsider choose the trace.
 *
 * @param record a copy of our own: it is changed
 */
export function claimDd(record: Fields, context: LineContext): DdFields | undefined {
  return takeDd(record) ?? context.dd()
}

/**
 * Takes out what Datadog would read as `dd`, and makes what it would read as the message inert. It reads `dd.trace_id` like
 * `dd: { trace_id }`, so dotted keys move aside too.
 *
 * @param record a copy of our own: it is changed
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

/** What a caller passes on, without a `dd` that is not from `correlate()`: the same value, or a copy. */
export function withoutForeignDd<T>(value: T): T {
  if (typeof value !== 'object' || value === null || !needsCare(value as Fields)) return value
  const own = copyFields(value)
  const linked = takeDd(own)
  return (linked ? { ...own, dd: linked } : own) as T
}

/** Whether a record has anything that `takeDd` would change. */
export function needsCare(record: Fields): boolean {
  try {
    for (const key in record) {
      if (isDdKey(key) || (isMessageKey(key) && isParsed(record[key]))) return true
    }
  } catch {} // a revoked Proxy, or a getter: whoever reads it next decides what becomes of it
  return false
}

export const isDdKey = (key: string) => key.charCodeAt(0) === 100 && (key === 'dd' || key.startsWith('dd.'))

/** The keys that Datadog takes a message from, in any logger's line. */
function isMessageKey(key: string): boolean {
  const first = key.charCodeAt(0) // most keys begin with neither m nor l, and this is asked for each
  return (first === 109 || first === 108) && (key === 'message' || key === 'msg' || key === 'log')
}

/** A copy of an object's own fields, over those of `under`. One that cannot be read costs itself, and not the line. */
export function copyFields(value: object, under?: Fields): Fields {
  try {
    return { ...under, ...value } // a lone `{ ...value }` would be slow to add to
  } catch {
    return { ...under, ...Object.fromEntries(keysOf(value).map(key => [key, readField(value as Fields, key)])) }
  }
}

function keysOf(value: object): string[] {
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

/** What a message may begin with that Datadog's Node pipeline parses, though the message stands in a JSON line. */
const parsedForms = [
  /\[.*dd.trace_id=/, // ids in front of a text. The pipeline leaves its dots unescaped, so any character stands for one.
  /\[[-+]?\d+-\d+-\d+T[^\]]*\]\s*\[/, // log4js
  /\w+ \S+ [-+\d.e]+ [-+\d.e]+ - [-+\d.e]+ m?s/, // morgan
  /\S+ \S+ \S+ \[\d+\/\w+\/\d+:/, // morgan's combined format, and Apache's
  // JSON with a key that Datadog takes ids, service, level, status, time or host from
  /\{.*(?:\\u|"(?:[^"]*\.)?(?:dd|trace_id|span_id|service|appname|(?:bunyan_)?level|status(?:_code|_category)?|severity|[@_]?timestamp|(?:event)?time|(?:published_)?date|host(?:name)?)(?:"\s*:|\.))/,
]
const parsed = new RegExp(`^\\s*(?:${parsedForms.map(form => form.source).join('|')})`, 'isu')

/**
 * A message cannot choose what its line says of ids, service, level, status or time: one that begins like a line which the
 * pipeline parses gets a bar in front. Any other stays as it is.
 */
export function inertMessage<T>(message: T): T | string {
  return isParsed(message) ? `| ${message}` : message
}

const isParsed = (message: unknown) => typeof message === 'string' && maybeParsed(message) && parsed.test(message)

/** Spares most messages the expression: they begin with a letter, do not end in ` ms` as morgan's, and have no `[` as Apache's. */
function maybeParsed(message: string): boolean {
  const first = message.charCodeAt(0)
  const last = message.charCodeAt(message.length - 1)
  const isOrdinary = first > 32 && first < 127 && first !== 91 && first !== 123 // neither space nor [ nor {
  return !isOrdinary || last === 115 || last <= 32 || message.includes('[')
}
