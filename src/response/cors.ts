import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import { attempt } from '../warnings/warn'

/** Headers that carry a trace. A browser asks in a preflight whether it may send them (Datadog's RUM does). */
const traceHeaders = [
  'baggage',
  'traceparent',
  'tracestate',
  'x-datadog-origin',
  'x-datadog-parent-id',
  'x-datadog-sampled',
  'x-datadog-sampling-priority',
  'x-datadog-trace-id',
  'x-datadog-tags',
]

/**
 * Adds the tracing headers that a preflight asks for to `access-control-allow-headers`, if the application allows the origin.
 * dd-trace's integrations do the same. Without this the browser would not send the request itself.
 */
export function allowTraceHeaders(req: IncomingMessage, res: ServerResponse): void {
  if (req.method !== 'OPTIONS') return
  const asked = headerNamesIn(req.headers['access-control-request-headers'])
  const ours = traceHeaders.filter(header => asked.includes(header))
  const { writeHead } = res
  if (ours.length === 0 || typeof res.getHeaders !== 'function' || !Object.isExtensible(res)) return
  res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    if (!this.headersSent) attempt(warning, addAllowed, req, this, ours, args)
    return (writeHead as (...args: unknown[]) => ServerResponse).apply(this, args)
  }
}

const warning = {
  code: 'SPANLOG_CORS',
  message: 'The headers of a preflight could not be read: the tracing headers are not allowed by it',
}

/** @param args those of `writeHead`: a status, perhaps a status text, perhaps headers */
function addAllowed(req: IncomingMessage, res: ServerResponse, ours: readonly string[], args: unknown[]): void {
  const given = typeof args[1] === 'string' ? args[2] : args[1]
  const headers: { [name: string]: OutgoingHttpHeader | undefined } = { ...res.getHeaders(), ...(given as object) }
  const origin = headers['access-control-allow-origin']
  if (!req.headers.origin || (origin !== '*' && origin !== req.headers.origin)) return
  const allowed = new Set([...headerNamesIn(headers['access-control-allow-headers']), ...ours])
  res.setHeader('access-control-allow-headers', [...allowed].join(','))
}

/** The names in a list with commas. An application may also set several lists. */
function headerNamesIn(header: unknown): string[] {
  if (Array.isArray(header)) return header.flatMap(headerNamesIn)
  return typeof header === 'string' ? header.split(',').map(name => name.trim()) : []
}
