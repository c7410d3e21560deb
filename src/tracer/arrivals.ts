import { subscribe } from 'node:diagnostics_channel'
import { processState } from '../process-state'
import { isFinished, loadedTracer } from './internals'
import type { Span } from './types'

// A server that was started inside an open span (`main`, a worker, another request) passes that span to all of its requests, though
// none of them is part of it. So record which span is active before any code of the application runs for a request. Usually there is
// none.

const arrivals = processState('arrivals', () => ({
  spans: new WeakMap<object, Span>(),
  used: false,
  watched: false,
  watchesConnections: false,
}))

/** Records which span is active when a request arrives. Node publishes this event before the server handles the request. */
export function watchArrivals(): void {
  if (arrivals.watched) return
  arrivals.watched = true
  subscribe('http.server.request.start', message => {
    const { request } = message as { request: object }
    const span = openSpan()
    if (span) arrivals.spans.set(request, span)
  })
}

/** On a socket: the span that was active when it connected. The socket of an HTTP/2 session is a proxy, which a WeakMap would not find. */
const connectedKey = Symbol.for('spanlog.connected')
type Socket = { [connectedKey]?: Span; _parent?: Socket }

/** The same for HTTP/2, where not all versions of Node publish such an event: records which span is active when a client connects. */
export function watchConnections(): void {
  if (arrivals.watchesConnections) return
  arrivals.watchesConnections = true
  subscribe('net.server.socket', message => {
    const { socket } = message as { socket: Socket }
    const span = openSpan()
    if (span) socket[connectedKey] = span
  })
}

/** The active span. Never throws, because Node would end the process: the middleware calls the same tracer, and warns of it. */
function openSpan(): Span | undefined {
  try {
    const active = loadedTracer()?.scope().active()
    if (!active || isFinished(active)) return undefined
    arrivals.used = true
    return active
  } catch {
    return undefined
  }
}

/** Whether a span was active already when this request arrived. */
export function wasActiveBefore(span: Span, req: object): boolean {
  return arrivals.used && (arrivals.spans.get(req) ?? connectedSpan(req)) === span
}

function connectedSpan(req: { stream?: { session?: { socket?: Socket } } }): Span | undefined {
  try {
    const socket = req.stream?.session?.socket
    return socket?.[connectedKey] ?? socket?._parent?.[connectedKey] // the parent of a TLS socket is the one that connected
  } catch {
    return undefined // the session has lost its socket
  }
}
