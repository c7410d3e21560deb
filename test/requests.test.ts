import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunningApp } from './requests/running-app'

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

for (const integrations of [false, true]) {
  describe(`With dd-trace's integrations ${integrations ? 'on' : 'off'}`, () => {
    const app = new RunningApp(integrations)
    before(() => app.start())
    after(() => app.stop())

    for (const framework of ['express', 'koa'] as const) describe(framework, () => checkFramework(app, framework))
    describe('jobRunner', () => checkJobs(app, integrations))
  })
}

describe('With dd-trace switched off', () => {
  const app = new RunningApp(false, { DD_TRACE_ENABLED: 'false' })
  before(() => app.start())
  after(() => app.stop())

  for (const framework of ['express', 'koa']) {
    const lineOf = async (path: string) => {
      const { id } = await app.get(framework, path)
      return app.line(line => line.outcome && line.http?.request_id === id)
    }

    it(`${framework}: the access line of an error is an error`, async () => {
      const { level, error, http } = await lineOf('/fail')
      assert.deepEqual([level, error.message, http.status_code], [50, 'no such order', 500])
    })

    it(`${framework}: the access line has the route of setRoute()`, async () => {
      const { msg, http } = await lineOf('/name-it')
      assert.equal(http.route, '/graphql CreateOrder')
      assert.match(msg, /^GET \/graphql CreateOrder 200/)
    })
  }

  it('the access line of a job that failed is an error', async () => {
    await app.job('broken-email')
    const { level, error } = await app.line(line => line.job?.name === 'broken-email')
    assert.deepEqual([level, error.message], [50, 'no address'])
  })
})

function checkFramework(app: RunningApp, framework: 'express' | 'koa') {
  const get = (path: string, headers?: object) => app.get(framework, path, headers)

  it('a request that brings no id gets a UUID: on the response, the span, each line, and in the handler', async () => {
    const { headers, body, id } = await get('/id')
    assert.match(id, uuid)
    assert.equal(body, `${id} ${id}`)
    const { span, lines } = await app.told(id)
    assert.equal(span.meta['http.request_id'], id)
    assert.equal(headers['x-request-id'], id)
    assert.deepEqual(
      lines.map(line => line.http.request_id),
      [id],
    )
  })

  it('a valid id of the caller is used', async () => {
    const { id, body } = await get('/id', { 'x-request-id': `abc-1.2:3_${framework}` })
    assert.equal(id, `abc-1.2:3_${framework}`)
    assert.equal(body, `${id} ${id}`)
  })

  it('an id that an earlier middleware has set is used', async () => {
    const { id } = await get('/id', { 'x-set-before': `earlier-${framework}`, 'x-request-id': 'later' })
    assert.equal(id, `earlier-${framework}`)
  })

  for (const [what, hostile] of Object.entries({
    'with a space': 'a b',
    'of 129 characters': 'a'.repeat(129),
    'of 10 kB': 'a'.repeat(10_000),
    empty: '',
    'beyond ASCII': 'é',
    'sent twice': ['one', 'two'],
    'with quotes': '"},"level":"fatal',
  })) {
    it(`an id ${what} is replaced by a new one`, async () => {
      assert.match((await get('/id', { 'x-request-id': hostile })).id, uuid)
    })
  }

  it('the answer of an error has the id', async () => {
    const { id, status } = await get('/fail')
    assert.equal(status, 500)
    assert.match(id, uuid)
  })

  it('the access line has the values of the span', async () => {
    const { id } = await get('/fields')
    const { span, access } = await app.told(id)
    assert.equal(access.msg.replace(/[\d.]+ ms/, '? ms'), 'GET /fields 200 ? ms')
    assert.equal(access.level, 30)
    assert.equal(access.dd.span_id, span.spanId)
    assert.equal(access.duration, span.duration)
    assert.equal(access.http.url, span.meta['http.url'])
    assert.equal(access.http.route, '/fields')
    assert.equal(access.http.status_code, 200)
    assert.ok(access.network.bytes_written > 100)
    assert.equal(access.outcome, 'answered')
    assert.equal(access.region, 'eu')
    assert.equal(access.tenant, 'acme')
    assert.equal(access.user, 8)
  })

  it('the access line of an error is an error with its message', async () => {
    const { id } = await get('/fail')
    const { access, span } = await app.told(id)
    assert.equal(access.level, 50)
    assert.equal(access.error.message, 'no such order')
    assert.equal(span.error, 1)
  })

  it('the access line carries the request’s own span, whatever is active', async () => {
    const { id } = await get('/child-at-the-end')
    const { access, span, lines } = await app.told(id)
    assert.equal(access.dd.span_id, span.spanId)
    assert.notEqual(lines[0].dd.span_id, span.spanId)
  })

  it('a success for which `skip` returns true has no access line', async () => {
    const { id } = await get('/quiet')
    await app.span(id)
    await sleep(50)
    assert.deepEqual(app.linesOf(id), [])
  })

  it('fields in `tagFields` are tags of the span, with their last value', async () => {
    const { id } = await get('/fields')
    const { span } = await app.told(id)
    assert.equal(span.meta.tenant, 'acme')
    assert.equal(span.metrics.user ?? span.meta.user, 8)
    assert.equal(span.meta.plan, "{ name: 'pro' }")
    assert.ok(!('region' in span.meta) && !('missing' in span.meta))
  })

  it('setRoute() names resource and route', async () => {
    const { id } = await get('/name-it')
    const { span, access } = await app.told(id)
    assert.equal(span.resource, 'GET /graphql CreateOrder')
    assert.equal(span.meta['http.route'], '/graphql CreateOrder')
    assert.equal(access.http.route, '/graphql CreateOrder')
  })

  it('setRoute() after the end changes nothing: resource and route agree', async () => {
    const { id } = await get('/named-too-late')
    const { span } = await app.told(id)
    assert.deepEqual([span.resource, span.meta['http.route']], ['GET /named-too-late', '/named-too-late'])
  })

  it('a request that was left has its access line, although a listener of `close` throws', async () => {
    const path = `/listener-that-throws?${framework}`
    await app.leave(framework, path)
    const access = await app.line(line => line.http?.url.endsWith(path))
    assert.equal(access.outcome, 'aborted')
  })

  it('a request whose `id` cannot be read reaches its handler', async () => {
    const path = `/quiet?${framework}`
    await app.get(framework, path, { 'x-unreadable': '1' })
    const access = await app.line(line => line.http?.url.endsWith(path))
    assert.equal(access.http.route, '/quiet')
  })

  it('recordError() gives the span its error', async () => {
    const { id } = await get('/recorded')
    assert.equal((await app.told(id)).span.meta['error.message'], 'found by a filter')
  })

  it('keepOnError keeps the trace of a failed request that the sampler has dropped', async () => {
    const failed = await get('/fail')
    assert.equal((await app.told(failed.id)).span.metrics._sampling_priority_v1, 2)
    const answered = await get('/fields')
    assert.ok(((await app.told(answered.id)).span.metrics._sampling_priority_v1 as number) < 1)
  })

  it('a job in a request does not change the request', async () => {
    const { id, body } = await get('/job')
    assert.equal(body, `from the job ${id}`)
    const { span, lines, access } = await app.told(id)
    const [afterwards] = lines.filter(line => line.msg === 'after the job')
    assert.equal(afterwards.dd.trace_id, access.dd.trace_id)
    assert.ok(!('user' in span.meta) && !('user' in span.metrics))
    assert.equal(span.resource, 'GET /job')
    const inside = await app.line(line => line.msg === 'in the nested job' && line.dd.trace_id === access.dd.trace_id)
    assert.notEqual(inside.dd.span_id, span.spanId)
  })
}

function checkJobs(app: RunningApp, integrations: boolean) {
  it('a job has its own span, logger and access line, and returns its result', async () => {
    const { result, isPromise } = await app.job('send-email')
    assert.equal(result, 'sent')
    assert.ok(isPromise)
    const access = await app.line(line => line.job?.name === 'send-email')
    const span = await app.spanWhere(one => one.spanId === access.dd.span_id)
    assert.equal(span.name, 'job.run')
    assert.equal(span.resource, 'send-email')
    assert.equal(span.type, 'worker')
    assert.equal(span.meta['span.kind'], 'consumer')
    assert.equal(span.meta.queue, 'mail')
    assert.equal(span.metrics.user, 3)
    assert.equal(span.error, 0)
    assert.equal(access.duration, span.duration)
    assert.match(access.msg, /^send-email [\d.]+ ms$/)
    const line = await app.line(one => one.msg === 'sending' && one.dd.trace_id === access.dd.trace_id)
    assert.equal(line.dd.span_id, span.spanId)
  })

  it('a job that throws makes its span an error, keeps the trace, and throws the same error', async () => {
    assert.equal((await app.job('broken-email')).error, 'no address')
    const access = await app.line(line => line.job?.name === 'broken-email')
    const span = await app.spanWhere(one => one.spanId === access.dd.span_id)
    assert.equal(span.error, 1)
    assert.equal(span.meta['error.message'], 'no address')
    assert.equal(span.metrics._sampling_priority_v1, 2)
    assert.equal(access.level, 50)
    assert.equal(access.error.message, 'no address')
  })

  it('a job that returns no promise gets none back', async () => {
    const { result, isPromise } = await app.job('synchronous')
    assert.equal(result, 'at once')
    assert.ok(!isPromise)
  })

  it('a job continues the trace of its message', async () => {
    const upper = integrations ? '6b094a1200000001' : '6b094a1200000002'
    await app.job('send-email', { Traceparent: `00-${upper}00000000000000aa-00000000000000bb-01` })
    const span = await app.spanWhere(one => one.traceId === `${upper}00000000000000aa`)
    assert.equal(span.parentId, '187')
  })
}
