import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { quietTracer } from './quiet-tracer'

// Before dd-trace is loaded, which reads them then.
Object.assign(process.env, {
  ...quietTracer,
  DD_SERVICE: 'shop',
  DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED: 'true',
  DD_TRACE_PARTIAL_FLUSH_MIN_SPANS: '50',
  NODE_ENV: 'test',
})
/** Another dd-trace, such as version 6, by the folder that it is installed in: it must be the first one in the process. */
const { DD_TRACE_FROM: from } = process.env
const tracer = (from ? createRequire(join(from, 'package.json')) : require)('dd-trace')
tracer.init({ flushInterval: 0 })
tracer.use('http', { client: false }) // the test's own requests say what is sent

const { getSpan } = require('spanlog')
const lines: any[] = []
const logger = (fields: object) => ({ info: (message: string) => lines.push({ ...fields, message }) })
const options = {
  logger,
  tags: { plan: 'pro' },
  headers: ['x-team'],
  traceHeader: 'x-trace-id',
  hooks: { request: (span: any, _req: unknown, res: any) => span.setTag('hook.status', String(res.statusCode)) },
}

interface Setup {
  readonly options?: object
  /** Middleware before ours. `next` is our middleware. */
  readonly before?: (next: () => unknown) => unknown
}
type Server = (setup: Setup) => (req: any, res: any) => void

function expressServer(set: string): Server {
  const express = createRequire(join(__dirname, 'frameworks', set, 'package.json'))('express')
  const { spanlog, recordErrors } = require('spanlog/express')
  return ({ options: more, before = next => next() }) => {
    const app = express()
    const middleware = spanlog({ ...options, ...more })
    app.use((req: any, res: any, next: any) => before(() => middleware(req, res, next)))
    app.get('/', (req: any, res: any) => {
      req.log.info('home')
      res.set('x-team', 'core').send('ok')
    })
    const users = express.Router({ mergeParams: true })
    users.get('/users/:id', (req: any, res: any) => {
      req.log.info(getSpan()?.context().toSpanId() ?? 'none')
      res.send('ok')
    })
    users.get('/broken', (_req: any, _res: any, next: any) => next('no such user'))
    users.get('/hang', () => undefined)
    users.get('/accepted/hang', (_req: any, res: any) => res.status(202))
    app.use('/teams/:team', users)
    app.use(recordErrors())
    app.use((_error: unknown, _req: any, res: any, _next: any) => res.status(500).end())
    return app
  }
}

function koaServer(set: string): Server {
  const load = createRequire(join(__dirname, 'frameworks', set, 'package.json'))
  const Koa = load('koa')
  const Router = load('@koa/router')
  const { spanlog } = require('spanlog/koa')
  return ({ options: more, before = next => next() }) => {
    const app = new Koa()
    app.silent = true
    const middleware = spanlog({ ...options, ...more })
    app.use((ctx: any, next: any) => before(() => middleware(ctx, next)))
    const router = new Router()
    router.get('/', (ctx: any) => {
      ctx.log.info('home')
      ctx.set('x-team', 'core')
      ctx.body = 'ok'
    })
    const users = new Router({ prefix: '/teams/:team' })
    users.get('/users/:id', (ctx: any) => {
      ctx.log.info(getSpan()?.context().toSpanId() ?? 'none')
      ctx.body = 'ok'
    })
    users.get('/broken', () => {
      throw 'no such user'
    })
    users.get('/hang', (ctx: any) => new Promise(done => ctx.res.on('close', done)))
    users.get('/accepted/hang', (ctx: any) => {
      ctx.status = 202
      return new Promise(done => ctx.res.on('close', done))
    })
    app.use(router.routes()).use(users.routes())
    return app.callback()
  }
}

const servers: { [name: string]: [name: string, server: Server] } = {
  'Express 5': ['express', expressServer('express5-koa3')],
  'Express 4': ['express', expressServer('express4-koa2')],
  'Koa 3': ['koa', koaServer('express5-koa3')],
  'Koa 2': ['koa', koaServer('express4-koa2')],
}

let agent: Agent
before(async () => {
  agent = await startAgent()
  tracer.setUrl(agent.url)
})
after(() => agent.close())

interface Answer {
  readonly status?: number
  readonly traceId?: string
  /** All exported server spans of the request. */
  readonly entries: readonly Span[]
}

let count = 0

/** Sends one request to a new server, and waits for all spans that the tracer exports for it. */
async function ask(listener: (req: any, res: any) => void, path: string, headers: object = {}): Promise<Answer> {
  const server = createServer(listener)
  const ended = new Promise(done => server.on('request', (_req, res) => res.on('close', done)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const name = `adoption/${++count}`
  const sent = request({ host: '127.0.0.1', port, path, headers: { ...headers, 'user-agent': name } }).end()
  const answer = await answerTo(sent, path)
  await ended
  await drain()
  server.close()
  const trace = agent.spans.find(span => span.meta['http.useragent'] === name)?.traceId
  const entries = agent.spans.filter(span => span.traceId === trace && span.meta['span.kind'] === 'server')
  return { ...answer, entries }
}

function answerTo(sent: ClientRequest, path: string): Promise<object> {
  if (path.endsWith('/hang')) setTimeout(() => sent.destroy(), 50)
  return new Promise(done => {
    sent.on('error', () => done({}))
    sent.on('response', res => {
      res.resume().on('close', () => done({ status: res.statusCode, traceId: res.headers['x-trace-id'] }))
    })
  })
}

/** dd-trace sends over one socket, in order: when this span has arrived, all earlier ones have. */
async function drain(): Promise<void> {
  const barrier = tracer.startSpan('barrier', { childOf: null })
  barrier.finish()
  const id = barrier.context().toSpanId()
  await agent.waitForSpan(span => span.spanId === id)
}

/** Another trace for each request, from the same parent. */
const traceparent = () => `00-640cfd8d00000000${randomBytes(8).toString('hex')}-00f067aa0ba902b7-01`
const parentId = String(0x00f067aa0ba902b7n)

for (const [title, [name, server]] of Object.entries(servers)) {
  describe(`With dd-trace's integrations on, on ${title}`, () => {
    it('there is one server span, that of dd-trace, with its own name and parent, and it is exported once', async () => {
      const { entries } = await ask(server({}), '/teams/9/users/7', { traceparent: traceparent() })
      assert.equal(entries.length, 1)
      const [{ name: is, parentId: parent, resource, meta }] = entries
      assert.deepEqual([is, parent, resource], [`${name}.request`, parentId, 'GET /teams/:team/users/:id'])
      assert.deepEqual([meta['_dd.integration'], meta['http.status_code']], [name, '200'])
    })

    it('`getSpan()` is that span, and a line of the request belongs to its trace', async () => {
      const { entries, traceId } = await ask(server({}), '/teams/9/users/7')
      const line = lines.at(-1)
      assert.equal(line.message, entries[0].spanId)
      assert.equal(line.dd.trace_id, entries[0].traceId)
      assert.equal(traceId, entries[0].traceId)
    })

    it('our tags, header tags, route and hook are on it as exported', async () => {
      const { entries } = await ask(server({}), '/', { 'x-team': 'web' })
      const [{ resource, meta }] = entries
      assert.equal(resource, 'GET /')
      assert.deepEqual(
        pick(meta, 'http.route', 'plan', 'http.request.headers.x-team', 'http.response.headers.x-team'),
        {
          'http.route': '/',
          plan: 'pro',
          'http.request.headers.x-team': 'web',
          'http.response.headers.x-team': 'core',
        },
      )
      assert.equal(meta['hook.status'], '200')
    })

    it('it has the type, message and stack of an error, which dd-trace does not write', async () => {
      const { status, entries } = await ask(server({}), '/teams/9/broken')
      const [{ error, resource, meta }] = entries
      assert.equal(status, 500)
      assert.deepEqual([error, resource], [1, 'GET /teams/:team/broken'])
      assert.deepEqual([meta['error.type'], meta['error.message']], ['string', 'no such user'])
    })

    it('it says that the client left, and is no error; its status is the one that was never sent', async () => {
      const unset = name === 'express' ? '200' : '404'
      for (const [path, status] of Object.entries({ '/teams/9/hang': unset, '/teams/9/accepted/hang': '202' })) {
        const [{ error, meta }] = (await ask(server({}), path)).entries
        assert.deepEqual([error, meta['http.aborted'], meta['http.status_code']], [0, 'true', status])
      }
    })

    it('it is found without middleware spans', async t => {
      configure(t, ['express', 'router', 'koa'], { middleware: false }, { middleware: true })
      await oneEntry(server({}))
    })

    it('it is found below a span of the application’s own', () =>
      oneEntry(server({ before: next => tracer.trace('outer', () => next()) })))

    it('it is the one above the active span, whatever other span is open', () =>
      oneEntry(server({ before: besideAnother })))

    it('it is found when the spans between have been flushed', () => oneEntry(server({ before: belowFlushed })))

    it('it is the one below the span of a proxy that dd-trace infers', async () => {
      const { entries } = await ask(server({}), '/', {
        'x-dd-proxy': 'aws-apigateway',
        'x-dd-proxy-request-time-ms': String(Date.now()),
        'x-dd-proxy-path': '/',
        'x-dd-proxy-httpmethod': 'GET',
        'x-dd-proxy-domain-name': 'shop.example',
        'x-dd-proxy-stage': 'prod',
      })
      const [proxy, entry] = ['aws.apigateway', `${name}.request`].map(
        name => entries.find(span => span.name === name)!,
      )
      assert.equal(entries.length, 2)
      assert.equal(entry.parentId, proxy.spanId)
      assert.deepEqual([entry.meta.plan, proxy.meta.plan], ['pro', undefined])
      assert.equal(entry.resource, 'GET /')
    })

    it('a hook that throws loses only its own tags', async () => {
      const hooks = { request: () => assert.fail('a hook') }
      const { status, entries } = await ask(server({ options: { hooks } }), '/')
      assert.deepEqual([status, entries.length, entries[0].meta.plan], [200, 1, 'pro'])
    })

    it('a request that is skipped keeps dd-trace’s span as it is, and its lines have no ids', async () => {
      const { entries, traceId } = await ask(server({ options: { skip: () => true } }), '/')
      assert.deepEqual([entries.length, entries[0].meta.plan, traceId], [1, undefined, undefined])
      assert.deepEqual([lines.at(-1).message, lines.at(-1).dd?.trace_id], ['home', undefined])
    })

    it('a request that the application’s own blocklist drops leaves no ids on lines', async t => {
      configure(t, ['http', name], { blocklist: ['/'] }, { blocklist: [] })
      const { status, traceId, entries } = await ask(server({}), '/')
      assert.deepEqual([status, traceId, entries], [200, undefined, []])
      const { message, dd } = lines.at(-1)
      assert.deepEqual([message, dd.service, dd.trace_id, dd.span_id], ['home', 'shop', undefined, undefined])
    })

    it('spanlog starts the span where dd-trace has started none', async t => {
      configure(t, ['http'], { server: false }, { server: {} })
      const { entries } = await ask(server({}), '/teams/9/users/7', { traceparent: traceparent() })
      assert.equal(entries.length, 1)
      const [{ name, parentId: parent, resource, meta }] = entries
      assert.deepEqual([name, parent, resource], ['web.request', parentId, 'GET /teams/:team/users/:id'])
      assert.equal(lines.at(-1).message, entries[0].spanId)
      assert.equal(meta.plan, 'pro')
    })

    async function oneEntry(listener: (req: any, res: any) => void) {
      const { entries } = await ask(listener, '/')
      assert.deepEqual(
        entries.map(span => [span.name, span.resource, span.meta.plan]),
        [[`${name}.request`, 'GET /', 'pro']],
      )
    }
  })
}

/** Configures integrations for one test. */
function configure(t: TestContext, plugins: string[], during: object, after: object): void {
  const use = (config: object) => {
    for (const plugin of plugins) tracer.use(plugin, plugin === 'http' ? { client: false, ...config } : config)
  }
  use(during)
  t.after(() => use(after))
}

const pick = (from: { [key: string]: unknown }, ...keys: string[]) =>
  Object.fromEntries(keys.map(key => [key, from[key]]))

/** Runs `next` while a server span of the application's own is open, which this request has nothing to do with. */
function besideAnother(next: () => unknown): unknown {
  const tags = { 'span.kind': 'server', 'span.type': 'web' }
  const other = tracer.startSpan('other', { childOf: tracer.scope().active(), tags })
  const outcome = next()
  other.setTag('span.kind', 'internal').finish()
  return outcome
}

/** Runs `next` in a span whose parent dd-trace has exported and removed already. */
function belowFlushed(next: () => unknown): unknown {
  const parent = tracer.startSpan('parent', { childOf: tracer.scope().active() })
  const inner = tracer.startSpan('inner', { childOf: parent })
  parent.finish()
  for (let i = 0; i < 60; i++) tracer.startSpan('work', { childOf: inner }).finish()
  assert.ok(!inner.context()._trace.started.includes(parent), 'the parent is still there')
  return tracer.scope().activate(inner, () => {
    const outcome = next()
    inner.finish()
    return outcome
  })
}
