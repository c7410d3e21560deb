import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { quietTracer } from '../quiet-tracer'

/** test/requests/app.ts, and what it told its agent and its standard output. */
export class RunningApp {
  #agent!: Agent
  #child!: ChildProcess
  #ports: { [framework: string]: number } = {}
  readonly #lines: any[] = []

  constructor(
    readonly integrations: boolean,
    readonly env: NodeJS.ProcessEnv = {},
  ) {}

  async start() {
    this.#agent = await startAgent({ keep: 10_000 })
    this.#child = fork(join(__dirname, 'app.ts'), [JSON.stringify({ integrations: this.integrations })], {
      execArgv: ['--require', 'sucrase/register/ts'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        ...process.env,
        ...quietTracer,
        DD_SERVICE: 'shop',
        DD_TRACE_SAMPLE_RATE: '0',
        DD_TRACE_AGENT_URL: this.#agent.url,
        DD_TRACE_FLUSH_INTERVAL: '20',
        ...this.env,
      },
    })
    createInterface({ input: this.#child.stdout as never }).on('line', line => this.#lines.push(JSON.parse(line)))
    const [message] = await once(this.#child, 'message')
    this.#ports = message.ports
  }

  async stop() {
    this.#child.kill()
    await this.#agent.close()
  }

  async get(framework: string, path: string, headers: object = {}) {
    const sent = request({ port: this.#ports[framework], path, headers: headers as never }).end()
    const [res] = await once(sent, 'response')
    let body = ''
    for await (const part of res.setEncoding('latin1')) body += part
    return { status: res.statusCode, headers: res.headers, body, id: res.headers['x-request-id'] as string }
  }

  /** Asks, and leaves before the answer. */
  async leave(framework: string, path: string) {
    const sent = request({ port: this.#ports[framework], path }).end()
    sent.on('error', () => {}) // that we left
    await once(sent, 'finish')
    await sleep(50)
    sent.destroy()
  }

  async job(name: string, carrier?: object): Promise<any> {
    this.#child.send({ job: name, carrier })
    const [message] = await once(this.#child, 'message')
    return message
  }

  spanWhere(matches: (span: Span) => boolean): Promise<Span> {
    return this.#agent.waitForSpan(matches)
  }

  span(id: string): Promise<Span> {
    return this.spanWhere(span => span.meta['http.request_id'] === id)
  }

  linesOf(id: string): any[] {
    return this.#lines.filter(line => line['http.request_id'] === id || line.http?.request_id === id)
  }

  async line(matches: (line: any) => boolean): Promise<any> {
    for (let waited = 0; waited < 3000; waited += 5) {
      const found = this.#lines.findLast(matches)
      if (found) return found
      await sleep(5)
    }
    throw new Error(`no such line among ${JSON.stringify(this.#lines.slice(-5))}`)
  }

  /** The span of a request, its lines, and the access line, which is the last. */
  async told(id: string) {
    const access = await this.line(line => line.outcome && line.http?.request_id === id)
    const span = await this.span(id)
    const lines = this.linesOf(id)
    assert.equal(lines.filter(line => line.outcome).length, 1, 'access lines')
    return { span, access, lines }
  }
}
