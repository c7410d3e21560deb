import type { IncomingHttpHeaders } from 'node:http'

/** The headers for `tracer.extract('http_headers', …)`. */
export type TraceHeaders = Record<string, string>

/**
 * Twice what W3C Trace Context 3.3.1.5 requires. A limit is needed: the list is sent again with every request that the application
 * makes.
 */
const maxTracestate = 1024
const maxBaggage = 8192
const maxBaggageItems = 64

const decimalId = /^[1-9]\d{0,19}$/
const maxId = '18446744073709551615'
const priority = /^(?:-1|[012])$/
const origin = /^[\x20-\x7e]{1,128}$/
const traceTags = /^[\x20-\x7e]{1,512}$/
const printable = /^[\t\x20-\x7e]+$/
/** Version 00 ends with the flags. A later one may continue after a dash. `ff` is never a version (W3C Trace Context 3.2.2). */
const traceparent = /^(?!ff)[\da-f]{2}-[\da-f]{16}(?!0{16})[\da-f]{16}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:$|(?<!^00.*)-)/
const traceparentLength = 55
const b3TraceId = /^(?:[\da-f]{16})?(?!0{16})[\da-f]{16}$/i
const b3SpanId = /^(?!0{16})[\da-f]{16}$/i
const b3Single = /^(?:[01d]|(?:[\da-f]{16})?(?!0{16})[\da-f]{16}-(?!0{16})[\da-f]{16}(?:-[01d](?:-[\da-f]{16})?)?)$/i
const flag = /^[01]$/

/**
 * The trace context that a caller sent, in a new object that holds valid headers only; `undefined` if there is none.
 *
 * The tracer does not check what it gets: an id of `abc` becomes trace 0, `"1, 2"` becomes 1, a sampling priority of 99 is exported,
 * and `ot-baggage-*` (without limit) and `x-aws-sqsd-*` (a context in JSON) are accepted. Here an invalid context counts as none, so
 * the request begins a new trace. The tracer still chooses between the formats (`DD_TRACE_PROPAGATION_STYLE_EXTRACT`).
 */
export function traceHeaders(headers: IncomingHttpHeaders): TraceHeaders | undefined {
  if (!hasContext(headers)) return undefined
  const carrier: TraceHeaders = {}
  copyDatadog(headers, carrier)
  copyTracecontext(headers, carrier)
  copyB3(headers, carrier)
  copyBaggage(headers, carrier)
  for (const _ in carrier) return carrier
  return undefined
}

function hasContext(headers: IncomingHttpHeaders): boolean {
  return (
    headers.traceparent !== undefined ||
    headers['x-datadog-trace-id'] !== undefined ||
    headers.baggage !== undefined ||
    headers.b3 !== undefined ||
    headers['x-b3-traceid'] !== undefined ||
    headers['x-b3-sampled'] !== undefined ||
    headers['x-b3-flags'] !== undefined
  )
}

function copyDatadog(headers: IncomingHttpHeaders, carrier: TraceHeaders): void {
  const traceId = headers['x-datadog-trace-id']
  const parentId = headers['x-datadog-parent-id']
  if (!isDecimalId(traceId)) return
  // Datadog Synthetics sends a parent of 0. Without this exception the trace of a test would not be continued.
  if (parentId !== '0' && !isDecimalId(parentId)) return
  carrier['x-datadog-trace-id'] = traceId
  carrier['x-datadog-parent-id'] = parentId
  copy(headers, 'x-datadog-sampling-priority', priority, carrier)
  copy(headers, 'x-datadog-origin', origin, carrier)
  const tags = headers['x-datadog-tags']
  const kept = matches(tags, traceTags) && withValidUpperHalf(tags)
  if (kept) carrier['x-datadog-tags'] = kept
}

/**
 * Removes an invalid upper half of a 128-bit trace id, also one of zeros, and writes a valid one in lower case. Nearly all are valid
 * already, and testing that costs a third of replacing.
 */
function withValidUpperHalf(tags: string): string {
  return hasInvalidHalf.test(tags) ? tags.replace(upperHalf, validMember).replace(/^,/, '') : tags
}

const hasInvalidHalf = /^,|_dd\.p\.tid=(?!(?!0{16})[\da-f]{16}(?:,|$))/
const upperHalf = /(?:^|,)_dd\.p\.tid=([^,]*)/g
const validHalf = /^(?!0{16})[\da-f]{16}$/i

function validMember(member: string, half: string): string {
  return validHalf.test(half) ? member.toLowerCase() : ''
}

/** Whether a value is a decimal number from 1 to 2^64 - 1. Numbers of equal length can be compared as texts. */
function isDecimalId(value: unknown): value is string {
  return typeof value === 'string' && decimalId.test(value) && (value.length < maxId.length || value <= maxId)
}

/** Without a valid traceparent there is no tracestate (W3C Trace Context 3.3). */
function copyTracecontext(headers: IncomingHttpHeaders, carrier: TraceHeaders): void {
  const parent = headers.traceparent
  if (typeof parent !== 'string' || !traceparent.test(parent)) return
  carrier.traceparent = parent.slice(0, traceparentLength)
  if (!matches(headers.tracestate, printable)) return
  const state = membersWithin(headers.tracestate, maxTracestate)
  if (state !== '') carrier.tracestate = withKnownPriority(state)
}

/** Cuts a list to the limit. It removes whole members from the end, because half a member could have another meaning. */
function membersWithin(list: string, max: number): string {
  return list.length <= max ? list : list.slice(0, Math.max(0, list.lastIndexOf(',', max)))
}

/** Removes a sampling priority that does not exist from Datadog's member, as in `dd=s:99;o:rum`. Other vendors' members stay. */
function withKnownPriority(state: string): string {
  return oddPriority.test(state) ? state.replace(datadogMember, withoutUnknownPriority) : state
}

/** A quick test that also finds members of other vendors. Only Datadog's is changed then. */
const oddPriority = /[=;][ \t]*s[ \t]*:(?![ \t]*(?:-1|[012])[ \t]*(?:[,;]|$))/
const datadogMember = /(?:^|,)[ \t]*dd[ \t]*=[^,]*/g
const unknownPriority = /([=;])[ \t]*s[ \t]*:(?![ \t]*(?:-1|[012])[ \t]*(?:;|$))[^;]*;?/g

function withoutUnknownPriority(member: string): string {
  return member.replace(unknownPriority, '$1')
}

function copyB3(headers: IncomingHttpHeaders, carrier: TraceHeaders): void {
  copy(headers, 'b3', b3Single, carrier)
  copy(headers, 'x-b3-sampled', flag, carrier)
  copy(headers, 'x-b3-flags', flag, carrier)
  const traceId = headers['x-b3-traceid']
  const spanId = headers['x-b3-spanid']
  if (!matches(traceId, b3TraceId) || !matches(spanId, b3SpanId)) return
  carrier['x-b3-traceid'] = traceId
  carrier['x-b3-spanid'] = spanId
}

/** W3C Baggage 3.3: at most 64 members and 8 kB. */
function copyBaggage(headers: IncomingHttpHeaders, carrier: TraceHeaders): void {
  if (!matches(headers.baggage, printable)) return
  const bounded = membersWithin(headers.baggage, maxBaggage)
  const items = bounded.split(',', maxBaggageItems + 1)
  const kept = items.length > maxBaggageItems ? items.slice(0, maxBaggageItems).join(',') : bounded
  if (kept !== '') carrier.baggage = kept
}

function copy(headers: IncomingHttpHeaders, name: string, valid: RegExp, carrier: TraceHeaders): void {
  const value = headers[name]
  if (matches(value, valid)) carrier[name] = value
}

/** Whether a header is one valid value. A header that came twice is an array or `"1, 2"`, and no pattern accepts that. */
function matches(value: unknown, valid: RegExp): value is string {
  return typeof value === 'string' && valid.test(value)
}
