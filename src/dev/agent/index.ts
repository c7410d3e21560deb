import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Recorded, withRecorded } from './recorded'
import { createAgentServer } from './server'
import { Traces } from './traces'

export { type TestTracer, type TestTracerOptions, testTracer } from '../test-tracer'
export type { Span } from './decode'
export { type Follower, type FollowOptions, followTraces } from './follow'
export { type LogLine, linesOf, parseLine } from './lines'
export type { Recorded, RequestTrace } from './recorded'
export { traceText } from './text'
export type { Trace, WaitOptions } from './traces'
export { type PrintOptions, printTrace } from './tree'

/** Options of `startAgent()`. */
export interface AgentOptions {
  /**
   * TCP port; 0 for a free one.
   *
   * @default 0
   */
  port?: number
  /**
   * Address to listen on. The agent has no password, so use the loopback interface only.
   *
   * @default '127.0.0.1'
   */
  host?: string
  /**
   * Number of traces that are kept. The oldest are deleted first, also when all spans together take about 256 MB.
   *
   * @default 1000
   */
  keep?: number
  /**
   * Largest body in bytes, before and after gunzip. A larger one is answered with 413.
   *
   * @default 52428800 (50 MB, as in Datadog's agent)
   */
  maxBody?: number
}

/** A Datadog agent for tests and development: it keeps the spans that tracers send, and code can wait for them. */
export interface Agent extends Recorded {
  /** The value for `DD_TRACE_AGENT_URL`. */
  readonly url: string
  readonly port: number
  /** Stops listening, closes open connections, and rejects the promises of all open waits. */
  close(): Promise<void>
}

/**
 * Starts an agent for dd-trace 5 and 6 on the loopback interface.
 *
 * It may run in the traced process itself: dd-trace does not trace it. It does not keep the process alive, even if it is not closed.
 *
 * @example
 * const agent = await startAgent()
 * tracer.init({ flushInterval: 0 }).setUrl(agent.url)
 * const trace = await agent.waitForTrace(trace => trace.root?.resource === 'GET /posts/:id')
 *
 * @throws if it cannot listen there, or an option is wrong
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
  return withRecorded(traces, {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close: () => {
      traces.close()
      return new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  })
}

function requirePositive(options: Record<string, number>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1)
      throw new TypeError(`\`${name}\` must be a whole number from 1 on, not ${value}`)
  }
}
