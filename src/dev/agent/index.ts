import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Span } from './decode'
import { createAgentServer } from './server'
import { isRequest, type Trace, Traces, type WaitOptions } from './traces'

export type { Span } from './decode'
export { type Follower, type FollowOptions, followTraces } from './follow'
export { type LogLine, linesOf, parseLine } from './lines'
export { traceText } from './text'
export type { Trace, WaitOptions } from './traces'
export { type PrintOptions, printTrace } from './tree'

/** Where the agent listens and what it keeps. */
export interface AgentOptions {
  /**
   * TCP port; 0 takes a free one.
   *
   * @default 0
   */
  port?: number
  /**
   * Address to listen on. Nothing asks for a password here: leave it on the loopback interface.
   *
   * @default '127.0.0.1'
   */
  host?: string
  /**
   * How many traces to keep. The oldest go first; they also go when all spans together take about 256 MB.
   *
   * @default 1000
   */
  keep?: number
  /**
   * Largest body in bytes, after gzip too. A larger one is answered with 413.
   *
   * @default 52428800 (50 MB, as in Datadog's agent)
   */
  maxBody?: number
}

/** A trace with the span of one of its requests. */
export interface RequestTrace {
  readonly trace: Trace
  /** Of the request itself. */
  readonly span: Span
}

/** A Datadog agent for tests and for the desk: it keeps what the tracer sends, and lets code wait for it. */
export interface Agent {
  /** What to put into `DD_TRACE_AGENT_URL`. */
  readonly url: string
  readonly port: number
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
  /** Stops listening, ends open connections, and rejects what still waits. */
  close(): Promise<void>
}

/**
 * Starts an agent for dd-trace 5 and 6 on the loopback interface.
 *
 * It may run in the traced process itself: dd-trace does not see it. The agent never keeps a process alive by itself, closed or not.
 *
 * @example
 * const agent = await startAgent()
 * tracer.init({ flushInterval: 0 }).setUrl(agent.url)
 * const trace = await agent.waitForTrace(trace => trace.root?.resource === 'GET /posts/:id')
 *
 * @throws when it cannot listen there, or an option is wrong
 */
export async function startAgent(options: AgentOptions = {}): Promise<Agent> {
  const { port = 0, host = '127.0.0.1', keep = 1000, maxBody = 50 * 1024 * 1024 } = options
  requirePositive({ keep, maxBody })
  const traces = new Traces(keep)
  const server = createAgentServer(spans => traces.add(spans), maxBody)
  server.on('connection', socket => socket.unref())
  await once(server.listen(port, host), 'listening')
  server.unref()
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
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
    close: () => {
      traces.close()
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function requestIn(trace: Trace, resource: string): RequestTrace | undefined {
  const span = trace.spans.find(span => isRequest(span) && span.resource === resource)
  return span && { trace, span }
}

function requirePositive(options: Record<string, number>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1)
      throw new TypeError(`\`${name}\` must be a whole number from 1 on, not ${value}`)
  }
}

function brief(predicate: (value: never) => boolean): string {
  const text = predicate.toString().replace(/\s+/g, ' ')
  return `\`${text.length > 120 ? `${text.slice(0, 120)}…` : text}\``
}
