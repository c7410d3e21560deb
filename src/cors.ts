import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'

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
 * Lets a preflight that the application allows allow the tracing headers too, as dd-trace's integrations do: those that were asked
 * for are added to `access-control-allow-headers` where the origin is allowed. Without them the browser would refuse to send the
 * request that follows.
 */
export function allowTraceHeaders(req: IncomingMessage, res: ServerResponse): void {
  if (req.method !== 'OPTIONS') return
  const asked = listOf(req.headers['access-control-request-headers'])
  const ours = traceHeaders.filter(header => asked.includes(header))
  const { writeHead } = res
  if (ours.length === 0 || typeof res.getHeaders !== 'function' || !Object.isExtensible(res)) return
  res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    if (!this.headersSent) addAllowed(req, this, ours, args)
    return (writeHead as (...args: unknown[]) => ServerResponse).apply(this, args)
  }
}

/** Of the arguments of `writeHead`, the last may be headers. */
function addAllowed(req: IncomingMessage, res: ServerResponse, ours: readonly string[], args: unknown[]): void {
  const given = typeof args[1] === 'string' ? args[2] : args[1]
  const headers: { [name: string]: OutgoingHttpHeader | undefined } = { ...res.getHeaders(), ...(given as object) }
  const origin = headers['access-control-allow-origin']
  if (!req.headers.origin || (origin !== '*' && origin !== req.headers.origin)) return
  const allowed = new Set([...listOf(headers['access-control-allow-headers']), ...ours])
  res.setHeader('access-control-allow-headers', [...allowed].join(','))
}

const listOf = (header: unknown): string[] =>
  typeof header === 'string' ? header.split(',').map(name => name.trim()) : []
