import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import dd from 'dd-trace'
import express from 'express'
import pino from 'pino'
import { getLog, getSpan, jobRunner, setRoute } from 'spanlog'
import {
  type Agent,
  type LogLine,
  linesOf,
  parseLine,
  type Span,
  startAgent,
  type TestTracer,
  testTracer,
  traceText,
} from 'spanlog/agent'
import { recordErrors, spanlog } from 'spanlog/express'

type Headers = { [name: string]: string }

describe('A test tracer', () => {
  let agent: Agent
  before(async () => {
    agent = await startAgent()
    dd.init({ plugins: false, flushInterval: 0, service: 'blog', startupLogs: false })
    dd.setUrl(agent.url)
  })
  after(() => agent.close())

  for (const path of ['/posts/7', '/broken', '/nowhere', '/graphql', '/callback', '/kinds']) {
    it(`records of ${path} what dd-trace sends to an agent`, async () => {
      const tracer = testTracer({ service: 'blog' })
      const real = await serve(dd as never, path, () => agent.waitForSpan(isOf(path)))
      const recorded = await serve(tracer, path, () => tracer.waitForSpan(isOf(path)))
      const sent = agent.traces.find(trace => trace.traceId === real.told.traceId)
      const kept = tracer.traces.find(trace => trace.traceId === recorded.told.traceId)
      assert.ok(sent && kept)
      assert.deepEqual(byName(kept.spans), byName(sent.spans))
      assert.equal(traceText(kept, recorded.lines), traceText(sent, real.lines))
      assert.equal(linesOf(kept, recorded.lines).length, recorded.lines.length)
    })
  }

  it('links each line to the span that it was written in, in requests that run at the same time', async () => {
    const tracer = testTracer()
    const { lines } = await serve(tracer, '/posts/7', async url => {
      await Promise.all([1, 2, 3, 4].map(() => fetch(`${url}/posts/7`)))
    })
    assert.equal(tracer.traces.length, 5)
    for (const trace of tracer.traces) {
      const inner = trace.spans.find(({ name }) => name === 'posts.load')
      const loading = linesOf(trace, lines).find(({ message }) => message === 'loading')
      assert.equal(loading?.spanId, inner?.spanId)
      assert.equal(inner?.parentId, trace.request?.spanId)
      const access = linesOf(trace, lines).find(({ fields }) => 'outcome' in fields)
      assert.equal(access?.fields.duration, trace.request?.duration)
    }
  })

  it('hands a trace on when each of its spans has ended', async () => {
    const tracer = testTracer()
    const root = tracer.startSpan('root')
    const child = tracer.startSpan('child', { childOf: root })
    root.finish()
    assert.equal(tracer.traces.length, 0)
    child.finish()
    assert.deepEqual(
      tracer.spans.map(({ name }) => name),
      ['root', 'child'],
    )
    const late = tracer.startSpan('late', { childOf: root })
    late.finish()
    assert.equal(tracer.traces.length, 1)
    assert.equal(tracer.traces[0]?.spans.length, 3)
  })

  for (const [kind, headers] of Object.entries<Headers>({
    'W3C’s': { traceparent: '00-640cfd8d00000000abcdef1234567890-00000000000000ff-01' },
    'Datadog’s': {
      'x-datadog-trace-id': BigInt('0xabcdef1234567890').toString(),
      'x-datadog-parent-id': '255',
      'x-datadog-tags': '_dd.p.tid=640cfd8d00000000',
    },
  })) {
    it(`continues the trace that a caller sends in ${kind} headers, and sends it on`, async () => {
      const tracer = testTracer()
      const serving = serve(tracer, '/posts/7', () => tracer.waitForRequest('GET /posts/:id'), headers)
      const { trace, span } = (await serving).told
      assert.equal(trace.traceId, '640cfd8d00000000abcdef1234567890')
      assert.equal(span.parentId, '255')
      const carrier: { [name: string]: string } = {}
      const next = tracer.startSpan('next', { childOf: tracer.extract('http_headers', headers) })
      tracer.inject(next, 'http_headers', carrier)
      assert.equal(tracer.extract('http_headers', carrier)?.toTraceId(true), trace.traceId)
      assert.equal(tracer.extract('http_headers', carrier)?.toSpanId(), next.context().toSpanId())
    })
  }

  it('runs jobs', async () => {
    const tracer = testTracer()
    const lines: LogLine[] = []
    const runJob = jobRunner({ tracer, logger: logger(lines) })
    await runJob('send-email', async () => getLog()?.info('sending'))
    const { spans } = await tracer.waitForTrace(trace => trace.root?.resource === 'send-email')
    assert.equal(lines[0]?.spanId, spans[0]?.spanId)
  })

  it('keeps a wrapped function as it is, in its own span, and binds one to a span', async () => {
    const tracer = testTracer()
    const shop = {
      tax: 2,
      price: tracer.wrap('price', { resource: 'book' }, function (this: { tax: number }, net: number) {
        return net * this.tax
      }),
    }
    assert.equal(shop.price(4), 8)
    assert.equal((await tracer.waitForSpan(({ name }) => name === 'price')).resource, 'book')
    const span = tracer.startSpan('outer')
    const bound = tracer.scope().bind((of: object) => [of, tracer.scope().active()], span)
    assert.deepEqual(bound(shop), [shop, span])
    assert.equal(tracer.scope().active(), null)
  })

  it('says what it has where a wait ends without result, and forgets all on demand', async () => {
    const tracer = testTracer()
    tracer.trace('work', () => undefined)
    await assert.rejects(
      tracer.waitForRequest('GET /posts/:id', { timeout: 20 }),
      /These traces came: "work" \(spans: 1\)/,
    )
    tracer.clear()
    assert.deepEqual(tracer.spans, [])
  })
})

/** Serves one request and what `then` asks for, and returns the span that it gives with all lines. */
async function serve<T>(tracer: TestTracer, path: string, then: (url: string) => Promise<T>, headers: Headers = {}) {
  const lines: LogLine[] = []
  const server = blog(tracer, { tracer, logger: logger(lines), accessLog: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await (await fetch(url + path, { headers })).text()
    return { told: await then(url), lines }
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const logger = (lines: LogLine[]) => pino({}, { write: line => void lines.push(parseLine(line)) })

function blog(tracer: TestTracer, options: Parameters<typeof spanlog>[0]) {
  const app = express().set('env', 'test') // or Express prints each error
  app.use(spanlog(options))
  app.get('/posts/:id', async (req, res) => {
    req.log.info('asked')
    res.json(await tracer.trace('posts.load', { resource: 'SELECT', type: 'sql', tags: { rows: 1 } }, load))
  })
  app.get('/broken', async () => {
    await tracer.trace('posts.load', async () => {
      await sleep(1)
      throw new TypeError('no database')
    })
  })
  app.get('/callback', (_req, res) => {
    tracer.trace('posts.send', (_span, done) => setImmediate(() => done(new Error('no mail'))))
    const thrower = (_span: object, _done: () => void) => fail(tracer)
    assert.throws(() => tracer.trace('posts.fail', thrower), /thrown at once/)
    setTimeout(() => res.end(), 5)
  })
  app.get('/graphql', (_req, res) => {
    setRoute('/graphql Posts')
    res.end()
  })
  app.get('/kinds', (_req, res) => {
    const tags = {
      text: 'a',
      number: 1.5,
      yes: true,
      no: false,
      nothing: undefined,
      list: [1],
      plan: { name: 'pro', seats: 3 },
    }
    getSpan()?.addTags(tags)
    const span = tracer.startSpan('kinds', { childOf: getSpan(), tags: { ...tags, error: new RangeError('too many') } })
    assert.throws(() => tracer.scope().activate(span, () => fail(tracer)), /thrown at once/)
    span.finish()
    tracer.startSpan('told', { childOf: getSpan(), tags: { 'error.message': 'told by a tag alone' } }).finish()
    res.end()
  })
  app.use(recordErrors())
  return app
}

async function load(span: { setTag(key: string, value: unknown): void }) {
  await sleep(1)
  span.setTag('db', 'blog')
  getLog()?.info('loading')
  return { id: 7 }
}

function fail(tracer: TestTracer): void {
  tracer.trace('thrower', () => {
    throw new Error('thrown at once')
  })
}

const isOf = (path: string) => (span: Span) => span.meta['http.url']?.endsWith(path) ?? false

/** Spans without what differs from run to run, and what only dd-trace adds. */
function byName(spans: readonly Span[]) {
  return spans
    .map(({ name, resource, service, type, error, meta, metrics, parentId }) => ({
      ...{ name, resource, service, type, error },
      parent: spans.find(({ spanId }) => spanId === parentId)?.name,
      meta: own(meta),
      metrics: own(metrics),
    }))
    .sort((one, other) => one.name.localeCompare(other.name))
}

function own(tags: { [key: string]: string | number }) {
  const entries = Object.entries(tags).filter(([key]) => !ofDdTrace.test(key))
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      String(value)
        .split('\n')[0]
        .replace(/:\d+\//, ':port/'),
    ]),
  )
}

const ofDdTrace = /^(_dd\.|_sampling|process_id|language|runtime-id|service|version)/
