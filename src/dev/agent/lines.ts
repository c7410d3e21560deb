import { stripVTControlCharacters } from 'node:util'
import type { Trace } from './traces'

/** A line of a program's output, in one form for all loggers. */
export interface LogLine {
  /** The line, unchanged. */
  raw: string
  message: string
  /** A word in lower case; `''` if the line has no level. */
  level: string
  /** Milliseconds since 1970: the time in the line, else the time when it came. */
  time: number
  /** 32 hexadecimal digits, or the low 64 bits in decimal. */
  traceId?: string
  /** Decimal. */
  spanId?: string
  service?: string
  /** All other fields of the line. */
  fields: Record<string, unknown>
}

/**
 * Reads a line of pino, winston, bunyan, `consoleLogger` or any other logger that writes JSON, also with a prefix of `concurrently` or
 * Docker Compose. It also reads text with ids: the prefix `[dd.service=… dd.trace_id=… dd.span_id=…]`, `dd.trace_id=…` anywhere, and
 * records of pino-pretty, whose lines may be joined by line breaks. Any other text is a message without ids.
 *
 * @param received the time when the line came, in milliseconds since 1970; now by default
 */
export function parseLine(raw: string, received: number = Date.now()): LogLine {
  const text = raw.includes('\u001b') ? stripVTControlCharacters(raw) : raw
  const start = text.indexOf('{')
  const record = start >= 0 && start <= longestPrefix && text.trimEnd().endsWith('}') && parseRecord(text.slice(start))
  if (record && start === 0) return lineOfRecord(raw, record, received)
  const prefix = text.slice(0, Math.max(0, start))
  if (record && isPrefix(prefix) && isLogRecord(record)) return lineOfRecord(raw, record, received, prefix)
  return lineOfText(raw, text, received)
}

/** Those of `lines` that have the id of this trace, either all of it or its low half. */
export function linesOf(trace: Trace, lines: readonly LogLine[]): LogLine[] {
  return lines.filter(({ traceId }) => traceId && sameTrace(trace, traceId))
}

/** The low 64 bits of a trace id in decimal. The id may be hexadecimal or decimal; `undefined` if it is no trace id. */
export function lowTraceId(traceId: string): string | undefined {
  if (/^[0-9a-f]{32}$/i.test(traceId)) return BigInt(`0x${traceId.slice(16)}`).toString()
  return /^\d{1,20}$/.test(traceId) ? BigInt(traceId).toString() : undefined
}

/** The same in 16 hexadecimal digits. */
export function lowHalf(traceId: string): string | undefined {
  if (/^[0-9a-f]{32}$/.test(traceId)) return traceId.slice(16)
  const low = lowTraceId(traceId)
  return low === undefined ? undefined : BigInt.asUintN(64, BigInt(low)).toString(16).padStart(16, '0')
}

function sameTrace(trace: Trace, traceId: string): boolean {
  // If no span has brought the high half of a trace's id, only the low halves can be compared.
  const whole = traceId.length === 32 && !trace.traceId.startsWith(''.padStart(16, '0'))
  return whole ? traceId.toLowerCase() === trace.traceId : lowTraceId(traceId) === trace.traceIdLow
}

type Fields = Record<string, unknown>

/** Most characters before a record, such as a name, a time and colours. */
const longestPrefix = 200

/** Whether a text is a prefix: `[0] `, `web_1  | `, `@scope/api:dev: `, `10:02:03 web.1 | ` or `[dd.trace_id=… dd.span_id=…] `. */
function isPrefix(text: string): boolean {
  return /^[^"{}]*[\]|>:]\s*$/.test(text)
}

/** Whether an object is a record of a logger. A text may end with any other object, too: `user created {"id":7}`. */
function isLogRecord(record: Fields): boolean {
  return ['level', 'severity', 'msg', 'message', 'dd', 'dd.trace_id'].some(key => key in record)
}

function parseRecord(raw: string): Fields | undefined {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}

function lineOfRecord(raw: string, record: Fields, received: number, prefix = ''): LogLine {
  const { msg, message = msg, level, status = level, severity = status, time, timestamp = time, dd } = record
  const ids = idsOfRecord(record, isObject(dd) ? dd : {}, prefix)
  return {
    raw,
    message: message === undefined ? '' : typeof message === 'string' ? message : String(JSON.stringify(message)),
    level: levelWord(severity),
    time: millisecondsOf(timestamp) ?? received,
    traceId: idOf(ids.trace_id),
    spanId: textOf(ids.span_id),
    service: textOf(ids.service ?? record.service) ?? sourceOf(prefix),
    fields: fieldsOf(record),
  }
}

/** A loop is faster than `Object.entries`, and thousands of lines come per second. */
function fieldsOf(record: Fields): Fields {
  const fields: Fields = {}
  for (const key in record) if (!frame.has(key) && !key.startsWith('dd.')) fields[key] = record[key]
  return fields
}

function lineOfText(raw: string, text: string, received: number): LogLine {
  const ids = idsOfText(text)
  const [, before = '', after = text] = (text.includes('dd.trace_id') && bracket.exec(text)) || []
  const line = readableLine(after)
  const levelBefore = levelOfText(before)
  return {
    raw,
    message: line.message,
    level: levelBefore || line.level,
    time: millisecondsOf(line.time) ?? received,
    ...ids,
    // A prefix with a level is written by a logger, so it is not the name of a program.
    service: ids.service ?? (levelBefore ? undefined : sourceOf(before)),
    fields: line.fields,
  }
}

/** The text before the ids, and the text after them. Python writes a dash after them, and Ruby more text within the brackets. */
const bracket =
  /^((?:[^"{}[]|\[(?![^\]]*dd\.)[^\]]*\])*)\[[^\]]*\bdd\.trace_id="?\w+"? dd\.span_id="?\w+"?(?: [^\]]*)?\] ?(?:- )?(.*)$/s

/** A text may name a trace in a sentence. So without `dd.` only ids of the usual length count. */
function idsOfText(text: string): Pick<LogLine, 'traceId' | 'spanId' | 'service'> {
  if (!text.includes('trace_id')) return { traceId: undefined, spanId: undefined, service: undefined }
  const traceId =
    /\bdd\.trace_id["']?\s*[=:]\s*["']?(\w+)/.exec(text)?.[1] ??
    /\btrace_id["']?\s*[=:]\s*["']?([0-9a-f]{32}|\d{15,20})\b/i.exec(text)?.[1]
  if (!idOf(traceId)) return { traceId: undefined, spanId: undefined, service: undefined }
  const fieldOf = (key: string) =>
    new RegExp(`(?:\\bdd\\.|\\b)${key}["']?\\s*[=:]\\s*["']?([^\\s"',\\]}]+)`).exec(text)?.[1]
  return { traceId, spanId: fieldOf('span_id'), service: fieldOf('service') }
}

function idsOfPrefix(prefix: string): Fields {
  const { traceId, spanId } = idsOfText(prefix)
  return traceId ? { trace_id: traceId, span_id: spanId } : {}
}

/** The name that a runner of several programs puts before their lines. A number alone, as `concurrently` writes it, is no name. */
function sourceOf(prefix: string): string | undefined {
  const name = /([\w.@/:-]*\w)[\s\]|>:]*$/.exec(prefix.slice(0, longestPrefix).replace(/\[[^\]]*dd\..*/s, ''))?.[1]
  return name && !/^[\d.]+$/.test(name) ? name : undefined
}

/** Reads a text for people: time, level, message, and the fields that pino-pretty writes below the message. */
function readableLine(text: string): { time?: string; level: string; message: string; fields: Fields } {
  const console = /^(\d{4}-\d\d-\d\dT\S+) ([A-Z]{4,5}) (.*)$/s.exec(text)
  if (console) return { time: console[1], level: levelWord(console[2]), message: console[3] ?? '', fields: {} }
  const pretty = prettyHead.exec(text)
  if (!pretty) return { level: levelOfText(text), message: text, fields: {} }
  const [first = '', ...rest] = (pretty[3] ?? '').split('\n')
  const { message, fields } = withoutObject(first)
  return {
    time: pretty[1],
    level: levelWord(pretty[2]),
    message,
    fields: { ...fields, ...prettyFields(rest.join('\n')) },
  }
}

/** The first line of pino-pretty: `[10:02:03.123] INFO (4711): listening`. */
export const prettyHead =
  /^(?:\[[\w.@/-]+\] |[\w.@/-]+ *\| )?(?:\[([^\]]{1,40})\] )?(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)(?: \([^)]*\))?: ?(.*)$/s

/** With the option `singleLine` of pino-pretty, the fields are after the message. */
function withoutObject(text: string): { message: string; fields?: Fields } {
  const start = text.endsWith('}') ? text.indexOf('{"') : -1
  const object = start > 0 ? parseRecord(text.slice(start)) : undefined
  if (!object) return { message: text.trimEnd() }
  const { dd, ...fields } = object
  return { message: text.slice(0, start).trimEnd(), fields }
}

function prettyFields(text: string): Fields {
  const parts = text.split(/^ {4}(?=[\w.$@"-]+: )/m).flatMap(part => {
    const [, key, value = ''] = /^([^:]+): (.*)$/s.exec(part.trim()) ?? []
    return key && key !== 'dd' && !key.startsWith('dd.') ? [[key, parseValue(value)]] : []
  })
  return Object.fromEntries(parts)
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `info: …` of winston, `[warn] …` of consola, ` ERROR ` of many. */
function levelOfText(text: string): string {
  const head = text.slice(0, 80)
  const level =
    /(?:^|[\s[(|])(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)(?=[\s\]):|]|$)/.exec(head)?.[1] ??
    /(?:^|[\s|])\[?(trace|debug|info|warn|warning|error|fatal)(?=[\]:])/.exec(head)?.[1]
  return levelWord(level)
}

/** Fields that are properties of `LogLine`, and fields that are the same on every line. They are not shown again. */
const frame = new Set([
  ...['msg', 'message', 'level', 'status', 'severity', 'time', 'timestamp', 'dd'],
  ...['pid', 'hostname', 'host', 'name', 'v', 'service'],
])

const levelWords: Record<string, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

function levelWord(level: unknown): string {
  if (typeof level !== 'number' && typeof level !== 'string') return ''
  return levelWords[level] ?? String(level).toLowerCase()
}

function millisecondsOf(time: unknown): number | undefined {
  if (typeof time === 'number' && Number.isFinite(time)) return time
  if (typeof time !== 'string') return undefined
  const milliseconds = new Date(time).getTime()
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

function idsOfRecord(record: Fields, dd: Fields, prefix: string): Fields {
  // This is enough for most lines. Thousands of them come per second, so leave out the rest.
  if (prefix === '' && 'trace_id' in dd && 'span_id' in dd && 'service' in dd) return dd
  return { ...plainIds(record), ...flatDd(record), ...dd, ...idsOfPrefix(prefix) }
}

/** Datadog reads `trace_id` and `span_id` at the top of a record, too. */
function plainIds({ trace_id, span_id }: Fields): Fields {
  return typeof trace_id === 'string' ? { trace_id, span_id } : {}
}

function flatDd(record: Fields): Fields {
  const keys = ['trace_id', 'span_id', 'service']
  return Object.fromEntries(keys.flatMap(key => (`dd.${key}` in record ? [[key, record[`dd.${key}`]]] : [])))
}

/** A tracer that has no span may write zeros. */
function idOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text && /^0+$/.test(text) ? undefined : text
}

/**
 * Ignores ids that are numbers. Datadog does not link them, and JSON.parse has changed their last digits. If we read them, the line
 * would look linked.
 */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
