import type { SpanRow, TraceDetail } from '../../api'

/** Headers that `curl` sets itself, that belong to one connection or trace, or that are redacted. */
const leaveOut = /^(host|content-length|connection|accept-encoding|x-datadog-.*|traceparent|tracestate|.*<redacted>.*)$/

/** A `curl` command that sends the request of the entry span again, without its body, which is not in a trace. */
export function curlOf({ trace, spans }: TraceDetail): string {
  const entry = spans.find(({ meta }) => meta['http.url'] && meta['span.kind'] !== 'client') ?? spans[0]
  const meta = entry?.meta ?? {}
  const method = meta['http.method'] || trace.method || 'GET'
  const parts = ['curl']
  if (method === 'HEAD') parts.push('--head')
  else if (method !== 'GET') parts.push('-X', quote(method))
  parts.push(quote(urlOf(meta) || `http://localhost${trace.route || '/'}`))
  for (const [name, value] of headersOf(meta)) parts.push('-H', quote(`${name}: ${value}`))
  return parts.join(' ')
}

/** Ruby's tracer sends the path in `http.url`, and the origin in `http.base_url`. */
function urlOf(meta: SpanRow['meta']): string {
  const url = meta['http.url'] ?? ''
  return url.startsWith('/') ? (meta['http.base_url'] || 'http://localhost') + url : url
}

function headersOf(meta: SpanRow['meta']): [string, string][] {
  const prefix = 'http.request.headers.'
  const headers = Object.entries(meta)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]): [string, string] => [key.slice(prefix.length), value])
    .filter(([name]) => !leaveOut.test(name))
  const agent = meta['http.useragent']
  if (agent && !agent.startsWith('curl/')) headers.push(['user-agent', agent])
  return headers
}

/** Quotes a text for a POSIX shell, so that no part of it is run. */
function quote(text: string): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * Reads a saved trace.
 *
 * @throws if the text is no saved trace
 */
export function readSaved(text: string): TraceDetail {
  const saved = JSON.parse(text)
  const isWhole =
    saved?.spanlog === 1 && isRow(saved.trace) && isListOf(saved.spans, isSpan) && isListOf(saved.lines, isLine)
  if (!isWhole) throw new Error('This file is not a trace saved by spanlog.')
  return saved
}

type Unknown = Record<string, unknown>

function isListOf(value: unknown, is: (item: Unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(item => isObject(item) && is(item))
}

function isRow(row: unknown): boolean {
  return (
    isObject(row) &&
    are(row, 'string', ['id', 'idLow', 'name', 'resource', 'method', 'service']) &&
    Array.isArray(row.services)
  )
}

function isSpan(span: Unknown): boolean {
  const isPlain = are(span, 'string', ['id', 'parentId', 'name', 'resource', 'service', 'type'])
  return isPlain && are(span, 'number', ['start', 'duration']) && isObject(span.meta) && isObject(span.metrics)
}

function isLine(line: Unknown): boolean {
  const isPlain = are(line, 'string', ['level', 'message', 'service', 'raw', 'traceId', 'spanId'])
  return isPlain && are(line, 'number', ['n', 'time']) && isObject(line.fields) && Array.isArray(line.why)
}

function isObject(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null
}

function are(object: Unknown, type: 'string' | 'number', names: string[]): boolean {
  return names.every(name => typeof object[name] === type)
}
