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

/** A Datadog agent for tests and for the desk: it keeps what the tracer sends, and lets code wait for it. */
export interface Agent extends Recorded {
  /** What to put into `DD_TRACE_AGENT_URL`. */
  readonly url: string
  readonly port: number
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
