import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { quietTracer } from '../quiet-tracer'
import type { Mode } from './mode'

export type Framework = 'express' | 'koa'

/** A request as a client sends it; `raw` byte by byte. */
export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: { readonly [name: string]: string | string[] }
  readonly raw?: string
  /** Whether the client leaves before it has an answer. */
  readonly leaves?: boolean
}

/** A process of parity/app.ts and the agent that it reports to. */
export class TracedApp {
  #agent!: Agent
  #process!: ChildProcess
  #ports!: { [framework in Framework]: number }

  constructor(
    readonly mode: Mode,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  async start(): Promise<void> {
    this.#agent = await startAgent()
    this.#process = fork(join(__dirname, 'app.ts'), [JSON.stringify(this.mode)], {
      execArgv: ['--require', 'sucrase/register/ts'],
      env: { ...process.env, ...defaults, DD_TRACE_AGENT_URL: this.#agent.url, ...this.env },
    })
    const [ports] = await once(this.#process, 'message')
    this.#ports = ports
    await this.entrySpan('express', { path: '/ok' }) // the first answer of an agent decides how traces are sampled
  }

  async stop(): Promise<void> {
    this.#process.kill()
    await this.#agent.close()
  }

  /** The one entry span that is exported for a request. */
  async entrySpan(framework: Framework, sent: Sent): Promise<Span> {
    this.#agent.clear()
    const span = this.#agent.waitForSpan(isEntry, { timeout: 5000 })
    await send(this.#ports[framework], sent)
    return span
  }

  /** Text without what differs from process to process. */
  without(text: string): string {
    return Object.values(this.#ports).reduce((text, port) => text.replaceAll(`:${port}`, ''), text)
  }
}

const defaults = {
  ...quietTracer,
  DD_SERVICE: 'shop',
  DD_ENV: 'prod',
  DD_VERSION: '1.2.0',
  NODE_ENV: 'test',
}

const isEntry = (span: Span) => span.meta['span.kind'] === 'server' && span.type === 'web'

async function send(port: number, { method = 'GET', path = '/ok', headers, raw, leaves }: Sent): Promise<void> {
  if (raw !== undefined) return sendRaw(port, raw)
  const sent = request({ port, host: '127.0.0.1', method, path, headers: { 'user-agent': 'parity/1', ...headers } })
  if (leaves) {
    sent.on('error', () => undefined).end()
    setTimeout(() => sent.destroy(), 50)
    return
  }
  const [res] = await once(sent.end(), 'response')
  await once(res.resume(), 'close')
}

async function sendRaw(port: number, raw: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  socket.write(raw, 'latin1') // no `end`: to Node a client that has closed its half has left
  await once(socket.resume(), 'close')
}
