import { stripVTControlCharacters } from 'node:util'
import type { Trace } from './traces'

/** What a line of a program's output says, whichever logger wrote it. */
export interface LogLine {
  /** The line as it came. */
  raw: string
  message: string
  /** A word in lower case; empty when the line tells none. */
  level: string
  /** Milliseconds since 1970: what the line tells, else when it came. */
  time: number
  /** 32 hexadecimal digits, or the low 64 bits in decimal. */
  traceId?: string
  /** Decimal. */
  spanId?: string
  service?: string
  /** All else that was logged. */
  fields: Record<string, unknown>
}

/**
 * Reads a line of pino, winston, bunyan, `consoleLogger` or any logger that writes JSON, also behind what `concurrently` or Docker Compose
 * put in front of it, and text that carries ids: the prefix `[dd.service=… dd.trace_id=… dd.span_id=…]`, `dd.trace_id=…` anywhere, and what
 * pino-pretty prints, whose lines may be joined by line breaks. Anything else is a message without ids.
 *
 * @param received when the line came, in milliseconds since 1970; now by default
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

/** Those of `lines` that carry the id of this trace, in full or its low half. */
export function linesOf(trace: Trace, lines: readonly LogLine[]): LogLine[] {
  return lines.filter(({ traceId }) => traceId && sameTrace(trace, traceId))
}

/** The low 64 bits of a trace id in decimal, whichever way it is written; undefined when it is none. */
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
  // A trace whose high half never came is known by its low one alone.
  const whole = traceId.length === 32 && !trace.traceId.startsWith(''.padStart(16, '0'))
  return whole ? traceId.toLowerCase() === trace.traceId : lowTraceId(traceId) === trace.traceIdLow
}

type Fields = Record<string, unknown>

/** Characters in front of a record: a name, a time, colours. */
const longestPrefix = 200

/** `[0] `, `web_1  | `, `@scope/api:dev: `, `10:02:03 web.1 | `, and the ids of `[dd.trace_id=… dd.span_id=…] `. */
function isPrefix(text: string): boolean {
  return /^[^"{}]*[\]|>:]\s*$/.test(text)
}

/** A text may end in an object, too: `user created {"id":7}`. */
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

/** A loop: thousands of lines come in a second. */
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
    // What tells a level is the head of a logger, and no name of a program.
    service: ids.service ?? (levelBefore ? undefined : sourceOf(before)),
    fields: line.fields,
  }
}

/** What stands in front of the ids, and what behind them: Python has a dash there, and Ruby's bracket goes on after the ids. */
const bracket =
  /^((?:[^"{}[]|\[(?![^\]]*dd\.)[^\]]*\])*)\[[^\]]*\bdd\.trace_id="?\w+"? dd\.span_id="?\w+"?(?: [^\]]*)?\] ?(?:- )?(.*)$/s

/** A text may name a trace in passing: only ids that are as long as ids are taken. */
function idsOfText(text: string): Pick<LogLine, 'traceId' | 'spanId' | 'service'> {
  if (!text.includes('trace_id')) return { traceId: undefined, spanId: undefined, service: undefined }
  const traceId =
    /\bdd\.trace_id["']?\s*[=:]\s*["']?(\w+)/.exec(text)?.[1] ??
    /\btrace_id["']?\s*[=:]\s*["']?([0-9a-f]{32}|\d{15,20})\b/i.exec(text)?.[1]
  if (!idOf(traceId)) return { traceId: undefined, spanId: undefined, service: undefined }
  const told = (key: string) =>
    new RegExp(`(?:\\bdd\\.|\\b)${key}["']?\\s*[=:]\\s*["']?([^\\s"',\\]}]+)`).exec(text)?.[1]
  return { traceId, spanId: told('span_id'), service: told('service') }
}

function idsOfPrefix(prefix: string): Fields {
  const { traceId, spanId } = idsOfText(prefix)
  return traceId ? { trace_id: traceId, span_id: spanId } : {}
}

/** The name that a runner of several programs puts in front of their lines; a bare number, as by `concurrently`, is none. */
function sourceOf(prefix: string): string | undefined {
  const name = /([\w.@/:-]*\w)[\s\]|>:]*$/.exec(prefix.slice(0, longestPrefix).replace(/\[[^\]]*dd\..*/s, ''))?.[1]
  return name && !/^[\d.]+$/.test(name) ? name : undefined
}

/** What a person reads in a line: time, level, message, and the fields that pino-pretty puts on lines of their own. */
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

/** With `singleLine`, the fields stand behind the message. */
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

/** What has a place of its own, and what a logger says of itself and its machine on every line: no news to a reader. */
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
  // Most lines: nothing else could say more, and thousands of them come in a second.
  if (prefix === '' && 'trace_id' in dd && 'span_id' in dd && 'service' in dd) return dd
  return { ...plainIds(record), ...flatDd(record), ...dd, ...idsOfPrefix(prefix) }
}

/** Datadog reads them at the top of a record, too. */
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

/** Ids that are numbers do not link in Datadog, and have lost their last digits: they must not look right here. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
