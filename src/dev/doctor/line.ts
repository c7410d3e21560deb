import { type Envelope, unwrap } from './envelope'
import { type Logger, loggerOfRecord, loggerOfText } from './loggers'

type Fields = Readonly<Record<string, unknown>>

/** One line, as the rules read it. */
export interface Line {
  /** The whole line, with its wrapper. */
  readonly raw: string
  /** The program's own text. */
  readonly text: string
  readonly envelope: Envelope
  /** The line's object; absent if the line is not JSON. */
  readonly record?: Fields
  readonly logger: Logger
  /** The values at the place where Datadog looks for ids, of any type. */
  readonly traceId: unknown
  readonly spanId: unknown
  readonly service: unknown
  readonly env: unknown
  /** Whether the line has a `dd`, with ids or without. */
  readonly hasDd: boolean
  readonly message: string
}

/** Reads a line in the way in which Datadog's intake and its pipeline for `source:nodejs` read it. */
export function readLine(raw: string, envelope: Envelope = unwrap(raw)): Line {
  const { text } = envelope
  const record = text.startsWith('{') && text.trimEnd().endsWith('}') ? parseRecord(text) : undefined
  return record ? lineOfRecord(raw, envelope, record) : lineOfText(raw, envelope)
}

/** Whether Datadog finds a trace id that it accepts. */
export function isLinked({ traceId }: Line): boolean {
  return isTraceId(traceId)
}

/** 32 hexadecimal digits, or up to 20 decimal ones, not all zeros. */
export function isTraceId(id: unknown): id is string {
  return typeof id === 'string' && /^(?:[0-9a-f]{32}|\d{1,20})$/i.test(id) && !/^0+$/.test(id)
}

function lineOfRecord(raw: string, envelope: Envelope, record: Fields): Line {
  const dd = ddOf(record)
  const at = (key: string) =>
    [dd, ...others.map(place => ddOf(record[place])), record].map(each => each[key]).find(isThere)
  return {
    raw,
    text: envelope.text,
    envelope,
    record,
    logger: loggerOfRecord(record),
    traceId: at('trace_id'),
    spanId: at('span_id'),
    service: dd.service,
    env: dd.env,
    hasDd: Object.keys(dd).length > 0,
    message: messageOf(record),
  }
}

/** Where Datadog also looks for `dd`, after the top of the line and before a `trace_id` without `dd`. */
const others = ['contextMap', 'named_tags']

/** `dd: { trace_id }` and `"dd.trace_id"` are the same path for Datadog. */
function ddOf(record: unknown): Fields {
  if (!isObject(record)) return {}
  const nested = isObject(record.dd) ? record.dd : {}
  const flat = Object.keys(record).filter(key => key.startsWith('dd.'))
  return flat.length ? { ...nested, ...Object.fromEntries(flat.map(key => [key.slice(3), record[key]])) } : nested
}

function lineOfText(raw: string, envelope: Envelope): Line {
  const { text } = envelope
  const [, inside = '', traceId, spanId] = idsInFront.exec(text) ?? idsOfOthers.exec(text) ?? idsByLog4js(text)
  return {
    raw,
    text,
    envelope,
    logger: loggerOfText(text),
    traceId,
    spanId,
    service: /\bdd\.service="?([^\s"]+)/.exec(inside)?.[1],
    env: /\bdd\.env="?([^\s"]+)/.exec(inside)?.[1],
    hasDd: traceId !== undefined,
    message: text,
  }
}

/**
 * The only form of text in which the pipeline for `source:nodejs` finds ids. Lambda's console puts a time, a request id and a level
 * before it.
 */
const idsInFront =
  /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z\t[\w-]{36}\t[A-Z]+\t)?\[([^[\]]*?)dd\.trace_id=(\w+) dd\.span_id=(\w+)\]/

/** The forms of the pipelines for Ruby, whose lines contain `ddsource=ruby`, and for Python, as Datadog documents it. */
const idsOfOthers =
  /^(?=.*ddsource=ruby\]|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ [A-Z]+ \[[^\]]*\] \[[^\]]*\] \[dd\.).*?\[([^[\]]*?)dd\.trace_id=(\w+) dd\.span_id=(\w+)(?: ddsource=ruby)?\]/

/** The pipeline reads `key=value` pairs anywhere in a line of log4js. Digits without quotes become a number, which links no line. */
function idsByLog4js(text: string): [text?: string, inside?: string, traceId?: unknown, spanId?: unknown] {
  if (!/^\[\d{4}-\d\d-\d\dT[\d:.]+\]\s+\[\w+\] /.test(text)) return []
  const read = (key: string) => {
    const [, quoted, bare = ''] = new RegExp(`\\bdd\\.${key}=(?:"([^"]*)"|([^\\s"[\\]]+))`).exec(text) ?? []
    return quoted ?? (/^\d+$/.test(bare) ? Number(bare) : bare || undefined)
  }
  return [text, text, read('trace_id'), read('span_id')]
}

function messageOf({ message, msg, log }: Fields): string {
  const found = message ?? msg ?? log
  return typeof found === 'string' ? found : ''
}

export function parseRecord(text: string): Fields | undefined {
  try {
    const value = JSON.parse(text)
    return isObject(value) && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isThere(value: unknown): boolean {
  return value !== undefined
}
