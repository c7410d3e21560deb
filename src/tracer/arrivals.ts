import { subscribe } from 'node:diagnostics_channel'
import { processState } from '../process-state'
import { isFinished, loadedTracer } from './internals'
import type { Span } from './types'

/** The spans that were active when a request came, before anything of the application ran for it. Usually there is none. */
const arrivals = processState('arrivals', () => ({ spans: new WeakMap<object, Span>(), used: false, watched: false }))

/**
 * Notes for each request which span is active when it comes. A server that was started inside of an open span (`main`, a worker, another
 * request) hands that span to all of its requests, and none of them is a part of it. Node tells of a request before the server does.
 */
export function watchArrivals(): void {
  if (arrivals.watched) return
  arrivals.watched = true
  subscribe('http.server.request.start', message => note((message as { request: object }).request))
}

/** Never throws: Node would end the process. */
function note(request: object): void {
  try {
    const active = loadedTracer()?.scope().active()
    if (!active || isFinished(active)) return
    arrivals.spans.set(request, active)
    arrivals.used = true
  } catch {
    // The middleware will meet the same tracer, and tell of it.
  }
}

/** Whether a span was active already when this request came. */
export function wasActiveBefore(span: Span, req: object): boolean {
  return arrivals.used && arrivals.spans.get(req) === span
}
