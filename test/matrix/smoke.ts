import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { keysOf } from '../json-line'
import { installPacked, link, root } from '../packed'
import { type Combination, partsOf } from './combination'

/** What must come of a request. */
interface Outcome {
  readonly path: string
  readonly status: number | 'none'
  readonly route?: string
  readonly error?: string
  /** The messages of its lines, and the name of the span of each one where the application made that span itself. */
  readonly lines: readonly [message: string, span?: string][]
}

const outcomes: Outcome[] = [
  {
    path: '/posts/good/7',
    status: 200,
    route: '/posts/good/:id',
    lines: [['loading'], ['in a child span', 'inner'], ['GET /posts/good/:id 200']],
  },
  { path: '/nowhere', status: 404, lines: [['GET 404']] },
  {
    path: '/posts/broken/7',
    status: 500,
    route: '/posts/broken/:id',
    error: 'no such post',
    lines: [['in the error handler'], ['GET /posts/broken/:id 500']],
  },
  {
    path: '/posts/slow/7',
    status: 'none',
    route: '/posts/slow/:id',
    lines: [['the client has left'], ['GET /posts/slow/:id 200 aborted']],
  },
]

/** The folder above the projects: spanlog as packed, and what every application has besides. */
export async function makeHome(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'spanlog-matrix-'))
  await installPacked(home)
  link(home, 'pino')
  return home
}

/** A running process of the matrix, the agent that it reports to, and what both must say of each request. */
export class Smoke {
  /** The version of Node or Bun that runs it. */
  runtime = ''
  /** What it wrote to stderr. */
  errors = ''
  readonly #lines: { app: string; line: string }[] = []
  #agent!: Agent
  #process!: ChildProcess
  #urls: { [app: string]: string } = {}

  constructor(readonly combination: Combination) {}

  async start(home: string): Promise<void> {
    const { executable, ddTrace } = await partsOf(this.combination)
    const { node, integrations, injection } = this.combination
    const project = mkdtempSync(join(home, 'project-'))
    link(project, 'dd-trace', ddTrace)
    this.#agent = await startAgent()
    const mode = JSON.stringify({ project, integrations, injection })
    const typescript = node === 'bun' ? [] : ['--require', 'sucrase/register/ts']
    this.#process = spawn(executable, [...typescript, join(__dirname, 'app.ts'), mode], {
      cwd: root,
      env: { ...process.env, ...quietTracer, DD_TRACE_AGENT_URL: this.#agent.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process.stderr?.setEncoding('utf8').on('data', chunk => (this.errors += chunk))
    const [{ urls, runtime }] = await Promise.race([this.#collect(), this.#ended()])
    this.#urls = urls
    this.runtime = runtime
  }

  /** Keeps every line of a logger; the first line of all says where the applications listen. */
  #collect() {
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })
    lines.on('line', line => line.startsWith('{"app"') && this.#lines.push(JSON.parse(line)))
    return once(lines, 'line').then(([line]) => [JSON.parse(line)])
  }

  async #ended(): Promise<never> {
    const [code] = await once(this.#process, 'exit')
    throw new Error(`the process ended with ${code}: ${this.errors}`)
  }

  async stop(): Promise<void> {
    this.#process?.kill()
    await this.#agent?.close()
  }

  /** Sends a good request, one of nothing, one that fails and one that is given up; checks what came of each. */
  async check(app: string): Promise<void> {
    const answers = await Promise.all(outcomes.map(({ path }) => send(this.#urls[app] + path)))
    for (const [index, outcome] of outcomes.entries()) {
      assert.equal(answers[index], outcome.status, outcome.path)
      const server = await this.#serverSpan(app, outcome)
      this.#checkSpan(app, server, outcome)
      await this.#checkLines(app, server, outcome)
    }
  }

  async #serverSpan(app: string, { path }: Outcome): Promise<Span> {
    const isIt = (span: Span) => isServerSpan(span) && span.meta['http.url'] === this.#urls[app] + path
    const span = await this.#agent.waitForSpan(isIt)
    assert.equal(this.#agent.spans.filter(isIt).length, 1, `one server span of ${path}`)
    return span
  }

  #checkSpan(app: string, server: Span, { path, status, route, error }: Outcome): void {
    const { name, service, resource, parentId, meta } = server
    const [framework] = app.split(' ')
    assert.deepEqual(
      {
        name,
        service,
        resource,
        parentId,
        route: meta['http.route'],
        error: meta['error.message'],
        isError: server.error,
      },
      {
        name: this.#adopts ? `${framework}.request` : 'web.request',
        service: 'shop',
        resource: route ? `GET ${route}` : 'GET',
        parentId: '0',
        route,
        error,
        isError: error ? 1 : 0,
      },
      path,
    )
    if (status === 'none') assert.equal(meta['http.aborted'], 'true', path)
    else assert.equal(meta['http.status_code'], String(status), path)
  }

  get #adopts(): boolean {
    return this.combination.integrations
  }

  /** Each line has exactly one `dd`, with the trace of the request and the span that was active. */
  async #checkLines(app: string, server: Span, { path, lines }: Outcome): Promise<void> {
    const printed = await this.#linesOf(app, server, lines.length)
    const messages = printed.map(({ msg }) => msg.replace(duration, '')).sort()
    assert.deepEqual(messages, lines.map(([message]) => message).sort(), path)
    for (const { msg, dd } of printed) {
      const linked = await this.#agent.waitForSpan(({ spanId }) => spanId === dd.span_id)
      assert.deepEqual({ ...dd, span_id: '' }, { trace_id: server.traceId, span_id: '', ...unified })
      assert.equal(linked.traceId, server.traceId)
      const [, span] = lines.find(([message]) => message === msg) ?? []
      if (span) assert.equal(linked.name, span, msg)
      else if (!this.#adopts) assert.equal(linked.spanId, server.spanId, msg)
    }
  }

  async #linesOf(app: string, { traceId }: Span, count: number) {
    const own = () => this.#lines.filter(({ app: name, line }) => name === app && line.includes(traceId))
    for (let waited = 0; own().length < count && waited < 5000; waited += 10) await sleep(10)
    return own().map(({ line }) => {
      assert.deepEqual(
        keysOf(line).filter(key => /^dd\b/.test(key)),
        ['dd'],
        `one dd: ${line}`,
      )
      return JSON.parse(line)
    })
  }

  /** Lines whose trace is none of the requests'. */
  strayLines(): string[] {
    const known = new Set(this.#agent.spans.map(({ traceId }) => traceId))
    return this.#lines.map(({ line }) => line).filter(line => !known.has(JSON.parse(line).dd?.trace_id))
  }
}

/** In the message of an access line. */
const duration = / [\d.]+ m?s$/

const isServerSpan = (span: Span) => span.meta['span.kind'] === 'server'

const unified = { service: 'shop', env: 'prod', version: '1.2.0' }

const quietTracer = {
  DD_SERVICE: unified.service,
  DD_ENV: unified.env,
  DD_VERSION: unified.version,
  DD_TRACE_FLUSH_INTERVAL: '20',
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  NODE_ENV: 'test',
}

/** The status of the answer; of a slow one only its first bytes are awaited. */
function send(url: string): Promise<number | 'none'> {
  return new Promise((done, fail) => {
    const req = request(url, res => {
      if (!url.includes('/slow/')) return res.resume().on('end', () => done(res.statusCode as number))
      req.destroy()
      done('none')
    })
    req.on('error', fail).end()
  })
}
