import type { Span } from './decode'
import { isRequest, type Trace, type Traces, type WaitOptions } from './traces'

/** A trace with the span of one of its requests. */
export interface RequestTrace {
  readonly trace: Trace
  /** Of the request itself. */
  readonly span: Span
}

/** What was recorded, and how code waits for it: at an agent and at a test tracer alike. */
export interface Recorded {
  /** The last traces, oldest first. */
  readonly traces: readonly Trace[]
  /** The spans of those traces. */
  readonly spans: readonly Span[]
  /**
   * The first trace for which `predicate` is true: one that is here already, or the next to come. It is asked again whenever
   * something of a trace arrives. Keeps the process alive until then.
   *
   * @throws when none came in time; the message tells what did come. Also what `predicate` throws.
   */
  waitForTrace(predicate: (trace: Trace) => boolean, options?: WaitOptions): Promise<Trace>
  /** Like `waitForTrace`, for a single span. */
  waitForSpan(predicate: (span: Span) => boolean, options?: WaitOptions): Promise<Span>
  /**
   * Like `waitForTrace`, for the request that a server answered under this resource, such as `GET /posts/:id`. Its span need not be the root of
   * the trace: where a test itself fetches, and its own `fetch` is traced, the root is that call.
   */
  waitForRequest(resource: string, options?: WaitOptions): Promise<RequestTrace>
  /** Calls `listener` whenever something of a trace arrives. Returns a function that ends this. */
  onTrace(listener: (trace: Trace) => void): () => void
  /** Forgets all traces. */
  clear(): void
}

/** Makes what is recorded in `traces` a part of `own`. */
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
