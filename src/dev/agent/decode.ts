import { Refusal, unpack } from './msgpack'

/** One span as the tracer sent it. Ids are text, because 64 bits do not fit into a JavaScript number. */
export interface Span {
  /** The whole trace id: 32 hexadecimal digits. The first 16 are zeros until a chunk with them arrives. */
  traceId: string
  /** Decimal. */
  spanId: string
  /** Decimal, `'0'` for a span without parent. */
  parentId: string
  /** The kind of work: `web.request`, `http.request`. */
  name: string
  /** The subject of the work: `GET /posts/:id`. */
  resource: string
  service: string
  /** `web`, `http`, `sql`, … */
  type?: string
  error: 0 | 1
  /** Nanoseconds since 1970. */
  start: bigint
  /** Nanoseconds. */
  duration: number
  /** The tags that are text. */
  meta: Record<string, string>
  /** The tags that are numbers. */
  metrics: Record<string, number>
  /** Events, if the tracer sends them beside the tags (`DD_TRACE_NATIVE_SPAN_EVENTS`). Otherwise they are JSON in `meta.events`. */
  spanEvents?: unknown[]
}

/**
 * The spans in the body of a `/v0.3/traces`, `/v0.4/traces` or `/v0.5/traces` request.
 *
 * @throws {Refusal} if the body does not have the form of that version
 */
export function decodeTraces(body: Uint8Array, version: string): Span[] {
  const payload = unpack(body)
  return version === '0.5' ? spansOfTable(payload) : list(payload, 'the body').flatMap(spansOfChunk)
}

/** v0.3 and v0.4: a chunk is a list of spans, a span a map. */
function spansOfChunk(chunk: unknown): Span[] {
  return list(chunk, 'a chunk').map(item => {
    const span = map(item, 'a span')
    // Changed in place: no other code has this object.
    span.meta = map(span.meta ?? {}, '`meta`')
    span.metrics = map(span.metrics ?? {}, '`metrics`')
    return makeSpan(span as Fields)
  })
}

/** v0.5: a table of all texts, then chunks. A span is a list of 12 items; its texts are indexes of the table. */
function spansOfTable(payload: unknown): Span[] {
  const [texts, chunks] = list(payload, 'the body')
  const table = list(texts, 'the table of texts')
  const text = (index: unknown) => {
    const found = typeof index === 'number' ? table[index] : undefined
    if (typeof found !== 'string')
      throw new Refusal(400, `a span points to text ${String(index)}, which is not in the table`)
    return found
  }
  return list(chunks, 'the chunks').flatMap(chunk => list(chunk, 'a chunk').map(span => spanOfRow(span, text)))
}

function spanOfRow(row: unknown, text: (index: unknown) => string): Span {
  const cells = list(row, 'a span')
  if (cells.length !== 12) throw new Refusal(400, `a span has ${cells.length} items; v0.5 has 12`)
  const [service, name, resource, trace_id, span_id, parent_id, start, duration, error, meta, metrics, type] = cells
  const entries = (value: unknown, what: string) => Object.entries(map(value ?? {}, what))
  return makeSpan({
    ...{ service: text(service), name: text(name), resource: text(resource), type: text(type) },
    ...{ trace_id, span_id, parent_id, start, duration, error },
    meta: Object.fromEntries(entries(meta, '`meta`').map(([key, value]) => [text(Number(key)), text(value)])),
    metrics: Object.fromEntries(entries(metrics, '`metrics`').map(([key, value]) => [text(Number(key)), value])),
  })
}

type Fields = Record<string, unknown> & { meta: Record<string, unknown>; metrics: Record<string, unknown> }

function makeSpan(fields: Fields): Span {
  const name = string(fields.name, 'name')
  const span: Span = {
    traceId: integer(fields.trace_id, 'trace_id').toString(16).padStart(32, '0'),
    spanId: integer(fields.span_id, 'span_id').toString(),
    parentId: integer(fields.parent_id ?? 0, 'parent_id').toString(),
    name,
    resource: string(fields.resource ?? name, 'resource'),
    service: string(fields.service ?? '', 'service'),
    error: number(fields.error ?? 0, 'error') ? 1 : 0,
    start: integer(fields.start ?? 0, 'start'),
    duration: Math.max(0, number(fields.duration ?? 0, 'duration')),
    meta: every(fields.meta, string),
    metrics: every(fields.metrics, number),
  }
  if (fields.type) span.type = string(fields.type, 'type')
  if (fields.span_events) span.spanEvents = list(fields.span_events, '`span_events`')
  return span
}

/** Checks all values in place: no other code has this object. */
function every<T>(values: Record<string, unknown>, check: (value: unknown, key: string) => T): Record<string, T> {
  for (const key in values) {
    const value = values[key]
    const checked = value === null ? undefined : check(value, key)
    if (checked === undefined) delete values[key]
    else if (checked !== value) values[key] = checked
  }
  return values as Record<string, T>
}

function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new Refusal(400, `${what} must be a list, not ${kindOf(value)}`)
}

function map(value: unknown, what: string): Record<string, unknown> {
  if (kindOf(value) === 'a map') return value as Record<string, unknown>
  throw new Refusal(400, `${what} must be a map, not ${kindOf(value)}`)
}

function string(value: unknown, key: string): string {
  if (typeof value === 'string') return value
  // Python's tracer may send bytes, and Datadog's agent accepts them.
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  throw new Refusal(400, `\`${key}\` of a span must be text, not ${kindOf(value)}`)
}

function number(value: unknown, key: string): number {
  if (typeof value === 'bigint' || Number.isFinite(value)) return Number(value)
  throw new Refusal(
    400,
    `\`${key}\` of a span must be a number, not ${typeof value === 'number' ? value : kindOf(value)}`,
  )
}

function integer(value: unknown, key: string): bigint {
  if (typeof value === 'bigint' || Number.isSafeInteger(value))
    return BigInt.asUintN(64, BigInt(value as number | bigint))
  throw new Refusal(
    400,
    `\`${key}\` of a span must be an integer, not ${typeof value === 'number' ? value : kindOf(value)}`,
  )
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Uint8Array) return 'bytes'
  return kinds[typeof value] ?? 'a number'
}

const kinds: Record<string, string> = { object: 'a map', string: 'text', boolean: 'a boolean' }
