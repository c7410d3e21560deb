import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { keysOf } from '../json-line'
import { quietTracer } from '../quiet-tracer'
import type { Mode } from './mode'

interface Line {
  app: string
  line: string
}
interface Said {
  id: string
  expected: 'own' | 'active' | 'inner'
  where: string
}

/** Each path, the status, and the lines that a request of it must print, by where they are logged. */
const requests: { [path: string]: { status: number | 'none'; lines: string[]; held?: string[]; error?: boolean } } = {
  handler: { status: 200, lines: ['in the handler'] },
  child: { status: 200, lines: ['in a child span', 'by a child logger in a child span', 'after a child span'] },
  await: { status: 200, lines: ['after await', 'by getLog() after await'] },
  lost: { status: 200, lines: ['in a queue that something else drains'] },
  shared: { status: 200, lines: ["on a shared emitter, in another request's context"] },
  kick: { status: 200, lines: ['before emitting for others'] },
  error: {
    status: 500,
    lines: ['in the error handler'],
    held: ['held in a child span', 'held in a queue that something else drains'],
    error: true,
  },
  abort: { status: 'none', lines: ['in `close` of an abort', 'by getLog() in `close` of an abort'] },
  upload: { status: 200, lines: ['in `end` of an upload', 'by getLog() in `end` of an upload'] },
  later: { status: 200, lines: ['after the response'] },
}

/** A running application of contract/app.ts, the agent that it reports to, and what both must say of each request. */
export class Contract {
  #agent!: Agent
  #process!: ChildProcess
  #urls: { [app: string]: string } = {}
  #lines: Line[] = []
  #ids = 0

  constructor(readonly mode: Mode) {}

  async start(): Promise<void> {
    this.#agent = await startAgent({ keep: 10_000 })
    this.#process = fork(join(__dirname, 'app.ts'), [JSON.stringify(this.mode)], {
      execArgv: ['--require', 'sucrase/register/ts'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        ...process.env,
        ...quietTracer,
        DD_SERVICE: 'shop',
        DD_ENV: 'prod',
        DD_VERSION: '1.2.0',
        DD_TRACE_AGENT_URL: this.#agent.url,
        DD_TRACE_FLUSH_INTERVAL: '20',
        NODE_ENV: 'test',
      },
    })
    this.#collect()
    const [message] = await once(this.#process, 'message')
    this.#urls = message.urls
  }

  #collect(): void {
    let rest = ''
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() as string
      for (const part of parts) if (part.startsWith('{"app"')) this.#lines.push(JSON.parse(part))
    })
  }

  async stop(): Promise<void> {
    this.#process.kill()
    await this.#agent.close()
  }

  /** Sends every kind of request at once, two of most, and checks all that came of them. */
  async check(app: string): Promise<void> {
    this.#lines = []
    this.#agent.clear()
    const paths = Object.keys(requests)
    const sent = [...paths, ...paths.filter(path => path !== 'upload')].map(path => this.#send(app, path))
    const answered = await Promise.all(sent)
    answered.push(await this.#send(app, 'await')) // on a socket that has served a request before
    for (const { path, id, status } of answered) {
      assert.equal(status, requests[path].status, path)
      const server = await this.#agent.waitForSpan(span => isServerSpanOf(span, id))
      this.#checkSpan(server, path, id)
      await this.#checkLines(app, server, path, id)
      if (app.endsWith(' story')) await this.#checkStory(app, server, path, id)
    }
  }

  async #send(app: string, path: string) {
    const id = `${app.replaceAll(' ', '-')}-${++this.#ids}`
    const status = await send(`${this.#urls[app]}/of/tenant-${id}/${path}/${id}?id=${id}`, path)
    return { path, id, status }
  }

  #checkSpan(server: Span, path: string, id: string): void {
    const method = path === 'upload' ? 'POST' : 'GET'
    assert.equal(server.resource, `${method} /of/:tenant/${path}/:id`)
    assert.equal(server.meta['http.route'], `/of/:tenant/${path}/:id`)
    assert.equal(server.error, requests[path].error ? 1 : 0, path)
    assert.equal(server.parentId, '0', 'no span of an earlier request on the same socket is still active')
    if (requests[path].error) assert.equal(server.meta['error.message'], 'no such order')
    if (!this.mode.integrations && path === 'abort') assert.equal(server.meta['http.aborted'], 'true')
    const servers = this.#agent.spans.filter(span => isServerSpanOf(span, id))
    assert.equal(servers.length, 1, 'exactly one server span, exported once')
  }

  async #checkLines(app: string, server: Span, path: string, id: string): Promise<void> {
    const holds = app.endsWith(' story') && !app.includes(' function ')
    const held = (holds && requests[path].held) || []
    const lines = [...requests[path].lines, ...held]
    await until(
      () => this.#said(app, id).length >= lines.length,
      () => `lines of ${path} in ${app}: ${this.#said(app, id).map(l => l.line)}`,
    )
    const said = this.#said(app, id)
    assert.deepEqual(said.map(line => line.where).sort(), [...lines].sort())
    assert.deepEqual(
      said.map(line => line.where).filter(where => held.includes(where)),
      held,
      'held lines in order',
    )
    for (const line of said) await this.#checkLine(line, server)
  }

  /** One access line that says what the span says, one id, and a field that is a tag. */
  async #checkStory(app: string, server: Span, path: string, id: string): Promise<void> {
    const access = () =>
      this.#lines
        .filter(line => line.app === app)
        .map(({ line }) => JSON.parse(line))
        .filter(line => line.outcome && line.http.url === server.meta['http.url'])
    await until(
      () => access().length > 0,
      () => `the access line of ${path} in ${app}`,
    )
    const [line, ...others] = access()
    assert.equal(others.length, 0, `one access line: ${JSON.stringify(others)}`)
    assert.equal(line.dd.span_id, server.spanId)
    assert.equal(line.dd.trace_id, server.traceId)
    // On Koa, after a client has left, dd-trace finishes its own span only when the middleware has returned.
    if (path === 'abort' && this.mode.integrations) assert.ok(line.duration <= server.duration, path)
    else assert.equal(line.duration, server.duration, path)
    assert.equal(line.http.route, server.meta['http.route'])
    if (line.http.status_code) assert.equal(String(line.http.status_code), server.meta['http.status_code'])
    assert.equal(line.outcome, path === 'abort' ? 'aborted' : 'answered')
    assert.equal(line.error?.message, server.meta['error.message'])
    assert.equal(line.http.request_id, server.meta['http.request_id'])
    assert.equal(server.meta.tenant, 'acme')
    for (const { line: text } of this.#said(app, id)) {
      const said = JSON.parse(text)
      if (this.#lines.some(one => one.app === app && one.line === text)) {
        assert.equal(said['http.request_id'], server.meta['http.request_id'])
        assert.equal(said.tenant, 'acme')
      }
    }
  }

  #said(app: string, id: string): (Said & { line: string })[] {
    return this.#lines
      .filter(line => (line.app === app || line.app === 'outside') && line.line.includes(`\\"${id}\\"`))
      .map(({ line }) => ({ ...saidIn(line), line }))
  }

  async #checkLine({ expected, where, line }: Said & { line: string }, server: Span): Promise<void> {
    assert.deepEqual(
      keysOf(line).filter(key => key === 'dd' || key.startsWith('dd.')),
      ['dd'],
      `one dd, ${where}: ${line}`,
    )
    const { dd } = JSON.parse(line)
    assert.deepEqual(
      { ...dd, span_id: '' },
      { trace_id: server.traceId, span_id: '', service: 'shop', env: 'prod', version: '1.2.0' },
    )
    if (expected === 'own') return assert.equal(dd.span_id, server.spanId, where)
    const span = await this.#agent.waitForSpan(span => span.spanId === dd.span_id)
    if (expected === 'inner') return assert.equal(span.name, 'inner', where)
    assert.ok(this.#isUnder(span, server), `${where}: ${span.name} is no span of the request`)
    if (!this.mode.integrations) assert.equal(span.spanId, server.spanId, where)
  }

  #isUnder(span: Span | undefined, server: Span): boolean {
    if (!span) return false
    return (
      span.spanId === server.spanId ||
      this.#isUnder(
        this.#agent.spans.find(s => s.spanId === span.parentId),
        server,
      )
    )
  }
}

function isServerSpanOf(span: Span, id: string): boolean {
  return span.meta['span.kind'] === 'server' && Boolean(span.meta['http.url']?.includes(`/${id}?`))
}

/** The message of a line, whichever key its logger gives it. */
function saidIn(line: string): Said {
  const record = JSON.parse(line)
  return JSON.parse(String(record.msg ?? record.message).replace('<', '{'))
}

const upload = Buffer.alloc(5_000_000, 'x')

function send(url: string, path: string): Promise<number | 'none'> {
  return new Promise((done, fail) => {
    const req = request(url, { method: path === 'upload' ? 'POST' : 'GET' }, res => {
      if (path === 'abort') {
        req.destroy()
        return done('none')
      }
      res
        .resume()
        .on('end', () => done(res.statusCode as number))
        .on('error', fail)
    })
    req.on('error', error => (path === 'abort' ? done('none') : fail(error)))
    req.setTimeout(10_000, () => req.destroy(new Error(`no answer to ${url}`)))
    req.end(path === 'upload' ? upload : undefined)
  })
}

async function until(test: () => boolean, what: () => string): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited > 5000) throw new Error(`waited in vain for ${what()}`)
    await sleep(10)
  }
}
