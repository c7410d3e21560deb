import type { Span } from './decode'
import { isRequest, type Trace, type Traces, type WaitOptions } from './traces'

/** A trace, and the span of one of its requests. */
export interface RequestTrace {
  readonly trace: Trace
  /** The span of the request. */
  readonly span: Span
}

/** The recorded traces and the functions that wait for them, of an agent and of a test tracer. */
export interface Recorded {
  /** The last traces, oldest first. */
  readonly traces: readonly Trace[]
  /** The spans of those traces. */
  readonly spans: readonly Span[]
  /**
   * The first trace for which `predicate` is true: one that has arrived already, or the next one. `predicate` is called again whenever
   * a part of a trace arrives. The wait keeps the process alive.
   *
   * @throws if no such trace comes in time; the message lists the traces that came. Also every error that `predicate` throws
   */
  waitForTrace(predicate: (trace: Trace) => boolean, options?: WaitOptions): Promise<Trace>
  /** Like `waitForTrace`, for a single span. */
  waitForSpan(predicate: (span: Span) => boolean, options?: WaitOptions): Promise<Span>
  /**
   * Like `waitForTrace`, for a request that a server answered, by its resource, such as `GET /posts/:id`. Its span need not be the root
   * of the trace: if the `fetch` of a test is traced, that call is the root.
   */
  waitForRequest(resource: string, options?: WaitOptions): Promise<RequestTrace>
  /** Calls `listener` whenever a part of a trace arrives. Returns a function that removes the listener. */
  onTrace(listener: (trace: Trace) => void): () => void
  /** Forgets all traces. */
  clear(): void
}

/** Adds to `own` the properties and functions of `Recorded`, which read `traces`. */
export function withRecorded<T extends object>(traces: Traces, own: T): T & Recorded {
  return {
    get traces() {
      return traces.all
    },
    get spans() {
      return traces.all.flatMap(trace => trace.spans)
    },
    waitForTrace: (predicate, wait) =>
      traces.waitFor(trace => (predicate(trace) ? trace : undefined), `A trace with ${brief(predicate)}`, wait),
    waitForSpan: (predicate, wait) =>
      traces.waitFor(trace => trace.spans.find(predicate), `A span with ${brief(predicate)}`, wait),
    waitForRequest: (resource, wait) =>
      traces.waitFor(trace => requestIn(trace, resource), `A request \`${resource}\``, wait),
    onTrace: listener => traces.onTrace(listener),
    clear: () => traces.clear(),
    ...own,
  }
}

function requestIn(trace: Trace, resource: string): RequestTrace | undefined {
  const span = trace.spans.find(span => isRequest(span) && span.resource === resource)
  return span && { trace, span }
}

function brief(predicate: (value: never) => boolean): string {
  const text = predicate.toString().replace(/\s+/g, ' ')
  return `\`${text.length > 120 ? `${text.slice(0, 120)}…` : text}\``
}
