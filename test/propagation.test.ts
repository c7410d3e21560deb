import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, Agent as HttpAgent, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { quietTracer } from './quiet-tracer'
import { generator, randomHeaders } from './tracer/random-headers'

Object.assign(process.env, {
  ...quietTracer,
  DD_SERVICE: 'shop',
  DD_TRACE_CLIENT_IP_ENABLED: 'true',
  DD_TRACE_HEADER_TAGS: 'x-team,baggage',
  DD_TRACE_RESOURCE_RENAMING_ENABLED: 'true',
  NODE_ENV: 'test',
})
const tracer = require('dd-trace').init({ plugins: false, flushInterval: 0 })
const { storage } = require('dd-trace/packages/datadog-core')
const express = require('express')
const Koa = require('koa')

let agent: Agent
before(async () => {
  agent = await startAgent()
  tracer.setUrl(agent.url)
})
after(() => agent.close())

interface Call {
  /** What the application would send on to another service. */
  readonly sent: { [header: string]: string }
  readonly line: { dd?: { trace_id?: string; span_id?: string } }
}
interface App {
  readonly server: Server
  readonly calls: Call[]
  /** What a middleware before ours does. */
  earlier: () => void
  /** What the handler does first, in the same tick as the middleware. */
  does: () => void
}
type Framework = 'express' | 'koa'

async function start(t: TestContext, framework: Framework, options: object = {}): Promise<App> {
  const app: App = {
    server: createServer({ maxHeaderSize: 1_000_000 }),
    calls: [],
    earlier: () => undefined,
    does: () => undefined,
  }
  let line = {}
  const logger = (fields: object) => ({ info: () => Object.assign(line, fields) })
  const handle = (log: any) => {
    const sent = {}
    line = {}
    app.does()
    tracer.inject(tracer.scope().active(), 'http_headers', sent)
    log.info()
    app.calls.push({ sent, line })
  }
  const listeners = { express: expressApp, koa: koaApp }
  app.server.on(
    'request',
    listeners[framework]({ logger, ...options }, () => app.earlier(), handle),
  )
  await once(app.server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    app.server.close()
    app.server.closeAllConnections()
  })
  return app
}

function expressApp(options: object, earlier: () => void, handle: (log: unknown) => void) {
  const app = express()
  app.use((_req: unknown, _res: unknown, next: () => void) => {
    earlier()
    next()
  })
  app.use(require('spanlog/express').spanlog(options))
  app.get('/throw', () => assert.fail('broken'))
  app.use((req: any, res: any) => {
    handle(req.log)
    res.end('ok')
  })
  app.use((_error: unknown, _req: unknown, res: any, _next: unknown) => res.status(500).end())
  return app
}

function koaApp(options: object, earlier: () => void, handle: (log: unknown) => void) {
  const app = new Koa()
  app.silent = true
  app.use((_ctx: unknown, next: () => unknown) => {
    earlier()
    return next()
  })
  app.use(require('spanlog/koa').spanlog(options))
  app.use((ctx: any) => {
    if (ctx.path === '/throw') assert.fail('broken')
    handle(ctx.log)
    ctx.body = 'ok'
  })
  return app.callback()
}

/** One socket for all requests. */
const oneSocket = new HttpAgent({ keepAlive: true, maxSockets: 1 })
after(() => oneSocket.destroy())

type Headers = { [header: string]: string | string[] }

async function get({ server }: App, headers: Headers = {}, path = '/ok', method = 'GET') {
  const { port } = server.address() as AddressInfo
  const req = request({ host: '127.0.0.1', port, agent: oneSocket, method, path, headers })
  const [res] = await once(req.end(), 'response')
  await once(res.resume(), 'end')
  return res
}

/** The span of the last call. */
function spanOf({ calls }: App): Promise<Span> {
  const id = calls.at(-1)?.line.dd?.span_id
  return agent.waitForSpan(span => span.spanId === id)
}

const traceId = '640cfd8d00000000abcdef0123456789'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

for (const framework of ['express', 'koa'] as const) {
  describe(`The trace context of a caller, on ${framework}`, () => {
    it('the trace is continued, and sent on to the next service', async t => {
      const app = await start(t, framework)
      await get(app, { traceparent, baggage: 'user.id=7,plan=pro' })
      const span = await spanOf(app)
      const { sent, line } = app.calls[0]
      assert.deepEqual(
        [span.traceId, span.parentId, line.dd?.trace_id],
        [traceId, String(0x00f067aa0ba902b7n), traceId],
      )
      assert.equal(sent.traceparent, `00-${traceId}-${BigInt(span.spanId).toString(16).padStart(16, '0')}-01`)
      assert.equal(sent.baggage, 'user.id=7,plan=pro')
    })

    it('nothing reaches the next request on the socket, not even one that is skipped', async t => {
      const app = await start(t, framework, { skip: (incoming: any) => incoming.url === '/skipped' })
      await get(app, { traceparent, baggage: 'user.id=7' })
      await get(app, {}, '/skipped')
      await get(app)
      await get(app, { traceparent })
      assert.deepEqual(
        app.calls.map(({ sent }) => sent.baggage),
        ['user.id=7', undefined, undefined, undefined],
      )
    })

    it('what the application left in the context of the socket does not reach it either', async t => {
      const app = await start(t, framework)
      app.does = () => tracer.setBaggageItem('user.id', '7')
      await get(app)
      app.does = () => undefined
      await get(app)
      assert.deepEqual(
        app.calls.map(({ sent }) => sent.baggage),
        ['user.id=7', undefined],
      )
    })

    it('a span that has ended is never the parent of ours', async t => {
      const app = await start(t, framework)
      app.earlier = () => {
        const left = tracer.startSpan('left')
        storage('legacy').enterWith({ span: left })
        left.finish()
      }
      await get(app, { traceparent })
      const { traceId: trace, parentId } = await spanOf(app)
      assert.deepEqual([trace, parentId], [traceId, String(0x00f067aa0ba902b7n)])
    })

    it('at most 16 headers and 10 kB are sent on', async t => {
      const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`ot-baggage-${i}`, 'x'.repeat(20)]))
      const baggage = Array.from({ length: 70 }, (_, i) => `key${i}=${'é'.repeat(5)}%20`).join(',')
      const tracestate = Array.from({ length: 30 }, (_, i) => `vendor${i}=${'x'.repeat(60)}`).join(',')
      const datadog = { 'x-datadog-trace-id': '7', 'x-datadog-parent-id': '8', 'x-datadog-origin': 'o'.repeat(100) }
      const app = await start(t, framework)
      await get(app, {
        ...many,
        ...datadog,
        baggage: baggage.replaceAll('é', '%C3%A9'),
        tracestate,
        traceparent,
      })
      const { sent } = app.calls[0]
      assert.ok(Object.keys(sent).length <= 16, `${Object.keys(sent)}`)
      assert.ok(JSON.stringify(sent).length <= 10_000, `${JSON.stringify(sent).length}`)
    })

    for (const [title, trustIncoming] of Object.entries<boolean | (() => boolean)>({
      'with `trustIncoming: false`': false,
      'where `trustIncoming` returns false': () => false,
      'where `trustIncoming` throws': () => assert.fail('trust'),
    })) {
      it(`nothing of it is used ${title}`, async t => {
        const tracestate = 'dd=s:2;o:rum'
        const app = await start(t, framework, { trustIncoming })
        await get(app, { traceparent, tracestate, baggage: 'user.id=7' })
        const span = await spanOf(app)
        assert.notEqual(span.traceId, traceId)
        assert.deepEqual([span.parentId, span.metrics._sampling_priority_v1], ['0', 1])
        assert.deepEqual([span.meta['_dd.origin'], span.meta['baggage.user.id']], [undefined, undefined])
        assert.equal(app.calls[0].sent.baggage, undefined)
      })
    }

    it('all of it is used where `trustIncoming` returns true', async t => {
      const incoming = framework === 'koa' ? (ctx: any) => ctx.path === '/ok' : (req: any) => req.path === '/ok'
      const app = await start(t, framework, { trustIncoming: incoming })
      await get(app, { traceparent })
      assert.equal((await spanOf(app)).traceId, traceId)
    })

    it('the answer has the trace id of the lines in the header that `traceHeader` names', async t => {
      const app = await start(t, framework, {
        traceHeader: 'X-Trace-Id',
        skip: (incoming: any) => incoming.url === '/skipped',
      })
      assert.equal((await get(app, { traceparent })).headers['x-trace-id'], traceId)
      const { headers } = await get(app)
      assert.match(headers['x-trace-id'], /^[\da-f]{32}$/)
      assert.equal(headers['x-trace-id'], app.calls[1].line.dd?.trace_id)
      const failed = await get(app, { traceparent }, '/throw')
      assert.deepEqual([failed.statusCode, failed.headers['x-trace-id']], [500, traceId])
      assert.equal((await get(app, { traceparent }, '/skipped')).headers['x-trace-id'], undefined)
    })
  })
}

/** `SPANLOG_FUZZ=20000 npm test` sends them all; a seed of another run repeats it: `SEED=…`. */
const rounds = Number(process.env.SPANLOG_FUZZ ?? 500)

describe(`${rounds} requests with random headers`, () => {
  for (const framework of ['express', 'koa'] as const) {
    it(`are all answered on ${framework}, with valid ids and tags of limited length`, { timeout: 600_000 }, async t => {
      const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
      t.diagnostic(`SEED=${seed}`)
      const random = generator(seed)
      const app = await start(t, framework, { traceHeader: 'x-trace-id' })
      let spans = 0
      const stop = agent.onTrace(trace => {
        for (const span of trace.spans) checkSpan(span)
        spans += trace.spans.length
      })
      for (let round = 0; round < rounds / 2; round++) {
        const headers = { ...randomHeaders(random), ...otherHeaders(random) }
        const path = `/${textOf(random, pathCharacters)}`
        const { statusCode } = await get(app, headers, path)
        assert.equal(statusCode, 200, shown({ path, headers }))
        checkCall(app.calls.pop() as Call, headers)
        if (round % 500 === 499) agent.clear()
      }
      stop()
      assert.ok(spans >= rounds / 2 - 50, `${spans} spans`)
    })
  }
})

const shown = (value: unknown) => inspect(value, { maxStringLength: 200 })

function checkSpan(span: Span): void {
  assert.ok(!/^0+$/.test(span.traceId.slice(16)), 'trace id 0')
  assert.notEqual(span.spanId, '0')
  const { error, resource, meta, metrics } = span
  assert.deepEqual([error, resource], [0, 'GET'])
  assert.ok([-1, 0, 1, 2].includes(metrics._sampling_priority_v1), `${metrics._sampling_priority_v1}`)
  assert.ok(Object.keys(meta).length < 64, `${Object.keys(meta)}`)
  for (const [tag, value] of Object.entries(meta)) {
    assert.ok(value.length <= 8192, `${tag} has ${value.length} characters`)
    assert.doesNotMatch(value, /\p{Surrogate}/u, `${tag} is no text`)
  }
}

function checkCall({ sent, line }: Call, headers: Headers): void {
  const told = shown({ sent, headers })
  assert.match(line.dd?.trace_id ?? '', /^(?!0+$)(?:[\da-f]{32}|\d{1,20})$/, told)
  assert.match(line.dd?.span_id ?? '', /^[1-9]\d{0,19}$/, told)
  assert.ok(Object.keys(sent).length <= 16 && JSON.stringify(sent).length <= 10_000, told)
  for (const value of Object.values(sent)) assert.doesNotMatch(value, /[^\t\x20-\x7e]/, told)
}

const pathCharacters = [
  ...'abc019/-_.~%?&=:@!$\'()*+,;[]"|^`{}<>',
  '%00',
  '%ff',
  '%0d%0a',
  '%F0%9F',
  'token=',
  '//',
  '..',
]
const valueCharacters = [...'abcXYZ019 ,;:="\'-_./[]%<>\\{}()@\t\x80\x9b\xe9\xff', '::1', '10.0.0.1', '8.8.8.8', 'for=']
const names = [
  'host',
  'user-agent',
  'x-forwarded-for',
  'x-real-ip',
  'true-client-ip',
  'forwarded',
  'cf-connecting-ipv6',
  'x-team',
  'referer',
  'x-datadog-endpoint-scan',
  'x-datadog-security-test',
  'x-dd-proxy',
]

/** Headers that become tags. Node itself refuses other characters, on both sides. */
function otherHeaders(random: () => number): Headers {
  const headers: Headers = {}
  for (const name of names) if (random() < 0.3) headers[name] = textOf(random, valueCharacters).trim()
  headers.host ||= 'shop.example'
  return headers
}

function textOf(random: () => number, of: readonly string[]): string {
  const length = random() < 0.02 ? 5000 : Math.floor(random() * 20)
  return Array.from({ length }, () => of[Math.floor(random() * of.length)]).join('')
}
