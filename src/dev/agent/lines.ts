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
 * Reads a line of pino, winston, bunyan, `consoleLogger` or any logger that writes JSON, and text with the prefix
 * `[dd.service=… dd.trace_id=… dd.span_id=…]`. Anything else is a message without ids.
 *
 * @param received when the line came, in milliseconds since 1970; now by default
 */
export function parseLine(raw: string, received: number = Date.now()): LogLine {
  const record = raw.startsWith('{') ? parseRecord(raw) : undefined
  return record ? lineOfRecord(raw, record, received) : lineOfText(raw, received)
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

function sameTrace(trace: Trace, traceId: string): boolean {
  // A trace whose high half never came is known by its low one alone.
  const whole = traceId.length === 32 && !trace.traceId.startsWith(''.padStart(16, '0'))
  return whole ? traceId.toLowerCase() === trace.traceId : lowTraceId(traceId) === trace.traceIdLow
}

type Fields = Record<string, unknown>

function parseRecord(raw: string): Fields | undefined {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}

function lineOfRecord(raw: string, record: Fields, received: number): LogLine {
  const { msg, message = msg, level, status = level, severity = status, time, timestamp = time, dd, ...rest } = record
  const { service, trace_id: traceId, span_id: spanId } = { ...flatDd(rest), ...(isObject(dd) ? dd : {}) }
  return {
    raw,
    message: message === undefined ? '' : String(message),
    level: levelWord(severity),
    time: millisecondsOf(timestamp) ?? received,
    traceId: textOf(traceId),
    spanId: textOf(spanId),
    service: textOf(service ?? rest.service),
    fields: Object.fromEntries(Object.entries(rest).filter(([key]) => !frame.has(key) && !key.startsWith('dd.'))),
  }
}

function lineOfText(raw: string, received: number): LogLine {
  const [, prefix = '', text = raw] = /^\[([^\]]*\bdd\.trace_id="?\w+"? dd\.span_id="?\w+"?)\] ?(.*)$/s.exec(raw) ?? []
  // What consoleLogger({ format: 'text' }) puts in front of a message.
  const [, time, level = '', message = text] = /^(\d{4}-\d\d-\d\dT\S+) ([A-Z]{4,5}) (.*)$/s.exec(text) ?? []
  const told = (key: string) => new RegExp(`\\bdd\\.${key}="?([^\\s"]+)`).exec(prefix)?.[1]
  const ids = { traceId: told('trace_id'), spanId: told('span_id'), service: told('service') }
  return { raw, message, level: level.toLowerCase(), time: millisecondsOf(time) ?? received, ...ids, fields: {} }
}

/** What a logger says of itself and its machine on every line: no news to a reader. */
const frame = new Set(['pid', 'hostname', 'host', 'name', 'v', 'service'])

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

function flatDd(record: Fields): Fields {
  const keys = ['trace_id', 'span_id', 'service']
  return Object.fromEntries(keys.flatMap(key => (`dd.${key}` in record ? [[key, record[`dd.${key}`]]] : [])))
}

/** Ids that are numbers do not link in Datadog, and have lost their last digits: they must not look right here. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
