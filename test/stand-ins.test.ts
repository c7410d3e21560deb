import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { agent, openResponses, serverSpans, start, useIntegrations } from './hosts/traced'

const mocks = require('node-mocks-http')
const Koa = require('koa')
const { getLog } = require('spanlog')
const { recordErrors: recordExpress, spanlog: onExpress } = require('spanlog/express')
const { recordErrors: recordKoa, spanlog: onKoa } = require('spanlog/koa')

const lines: any[] = []
const logger = (fields: object) => ({ info: (message: string) => lines.push({ ...fields, message }) })
const nothing = () => undefined

/** Objects that a test or a library passes to a middleware instead of Node's. */
const standIns: { [what: string]: () => { req: any; res: any } } = {
  'node-mocks-http without events': () => {
    const req = mocks.createRequest({ url: '/items/7' })
    return { req, res: mocks.createResponse({ req }) }
  },
  'plain objects': () => ({ req: {}, res: {} }),
  'objects without a prototype': () => ({ req: Object.create(null), res: Object.create(null) }),
  'no response at all': () => ({ req: { headers: {} }, res: undefined }),
  'a response with `on` alone': () => ({ req: { headers: {} }, res: { on: nothing, once: nothing } }),
  'frozen objects': () => ({ req: Object.freeze({ headers: {} }), res: Object.freeze({ on: nothing }) }),
  'a request without headers': () => ({ req: { method: 'GET', url: '/' }, res: new EventEmitter() }),
  'an upgrade': () => ({ req: { headers: {}, upgrade: true }, res: new EventEmitter() }),
}

before(start)
after(() => agent.close())

describe('A request or response without events', () => {
  const warnings: Error[] = []
  before(() => {
    useIntegrations('off')
    process.on('warning', warning => warnings.push(warning))
  })

  for (const [what, make] of Object.entries(standIns)) {
    it(`passes through Express's middleware unchanged: ${what}`, () => {
      const { req, res } = make()
      let passed = 0
      onExpress({ logger, fields: () => ({ plan: 'pro' }) })(req, res, () => {
        passed++
        getLog().info('inside')
      })
      recordExpress()(new Error('x'), req, res, () => passed++)
      assert.equal(passed, 2)
      assert.deepEqual([lines.at(-1).plan, lines.at(-1).dd?.trace_id], ['pro', undefined])
    })

    it(`passes through Koa's middleware unchanged: ${what}`, async () => {
      const { req, res } = make()
      const ctx = Object.assign(Object.create(null), { app: new Koa(), req, res })
      const answer = await onKoa({ logger })(ctx, async () => {
        getLog().info('inside')
        return 'answer'
      })
      assert.equal(answer, 'answer')
      await assert.rejects(
        recordKoa()(ctx, async () => {
          throw new Error('its own')
        }),
        { message: 'its own' },
      )
    })
  }

  it('is answered by Koa as without spanlog', async () => {
    const app = new Koa()
    app.use(onKoa({ logger }))
    app.use((ctx: any) => (ctx.body = 'ok'))
    const req = mocks.createRequest({ url: '/items/7' })
    const res = mocks.createResponse({ req })
    await app.callback()(req, res)
    assert.deepEqual([res.statusCode, res._getData()], [200, 'ok'])
  })

  it('leaves nothing behind: no span, no open response, and one warning, for `req.log` of the frozen ones', async () => {
    assert.deepEqual(await serverSpans(), [])
    assert.equal(openResponses(), 0)
    assert.deepEqual(
      warnings.filter(({ name }) => name === 'SpanlogWarning').map(warning => (warning as { code?: string }).code),
      ['SPANLOG_LOG'],
    )
  })
})
