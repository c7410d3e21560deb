import { subscribe } from 'node:diagnostics_channel'
import { processState } from '../process-state'
import { isFinished, loadedTracer } from './internals'
import type { Span } from './types'

/** The span that was active when a request arrived, before any code of the application ran for it. Usually there is none. */
const arrivals = processState('arrivals', () => ({ spans: new WeakMap<object, Span>(), used: false, watched: false }))

/**
 * Records which span is active when a request arrives. A server that was started inside an open span (`main`, a worker, another
 * request) passes that span to all of its requests, though none of them is part of it. Node publishes this event before the server
 * handles the request.
 */
export function watchArrivals(): void {
  if (arrivals.watched) return
  arrivals.watched = true
  subscribe('http.server.request.start', message => recordActiveSpan((message as { request: object }).request))
}

/** Never throws, because Node would end the process. */
function recordActiveSpan(request: object): void {
  try {
    const active = loadedTracer()?.scope().active()
    if (!active || isFinished(active)) return
    arrivals.spans.set(request, active)
    arrivals.used = true
  } catch {
    // The middleware calls the same tracer, and warns of it.
  }
}

/** Whether a span was active already when this request arrived. */
export function wasActiveBefore(span: Span, req: object): boolean {
  return arrivals.used && arrivals.spans.get(req) === span
}
