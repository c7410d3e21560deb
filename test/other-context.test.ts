import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { agent, ask, listen, serverSpans, start, tracer, useIntegrations } from './hosts/traced'

const express = require('express')
const Koa = require('koa')
const pino = require('pino')
const { addFields, correlate, getLog, getSpan, pinoMixin } = require('spanlog')
const { spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')

const lines: any[] = []
const to = { write: (line: string) => lines.push(JSON.parse(line)) }
const logger = pino({ base: null }, to)
const mixed = pino({ base: null, mixin: pinoMixin() }, to)
const plain = pino({ base: null }, to)

before(start)
after(() => agent.close())

/** All functions of spanlog that find the current request. */
function sayBy(who: string): void {
  addFields({ user: who })
  getSpan()?.setTag('user', who)
  getLog(plain).info({ who }, 'getLog')
  mixed.info({ who }, 'pinoMixin')
  plain.info({ who, ...correlate() }, 'correlate')
}

/** Two requests whose callbacks run together, the first one in the context of the second. */
function pool(): { get(done: () => void): void } {
  let waiting: (() => void)[] = []
  return {
    get(done) {
      waiting.push(done)
      if (waiting.length < 2) return
      const all = waiting
      waiting = []
      setImmediate(() => {
        for (const each of all) each()
      })
    },
  }
}

async function checkBoth(app: any): Promise<void> {
  agent.clear()
  lines.length = 0
  const server = await listen(app)
  await Promise.all([ask(server, '/ann'), ask(server, '/bob')])
  server.close()
  const spans = await serverSpans()
  assert.equal(spans.length, 2)
  const traceOf = new Map(spans.map(({ meta, traceId }) => [meta['http.url'].slice(-3), traceId]))
  for (const { meta } of spans) assert.equal(meta.user, meta['http.url'].slice(-3), 'the tag of its own user')
  assert.equal(lines.length, 6)
  for (const { who, msg, user, dd } of lines) {
    assert.equal(dd.trace_id, traceOf.get(who), `${who} by ${msg}`)
    if (msg === 'getLog') assert.equal(user, who)
  }
}

describe('A callback that runs in the async context of another request', () => {
  it("logs as its own request on Express, where dd-trace's integrations restore the span", async () => {
    useIntegrations('on')
    const store = pool()
    const app = express()
    app.use(onExpress({ logger }))
    app.use((_req: any, _res: any, next: any) => store.get(next))
    app.get('/:who', (req: any, res: any) => {
      sayBy(req.params.who)
      res.end()
    })
    await checkBoth(app)
  })

  for (const [framework, serve] of Object.entries({ Express: serveExpress, Koa: serveKoa })) {
    it(`logs as its own request on ${framework} without integrations, where the application binds the span`, async () => {
      useIntegrations('off')
      await checkBoth(serve(pool()))
    })
  }

  it('logs as the running request where the application has begun another trace', async () => {
    useIntegrations('off')
    agent.clear()
    lines.length = 0
    const app = express()
    app.use(onExpress({ logger }))
    app.get('/:who', (req: any, res: any) => {
      tracer.trace('job', { childOf: null }, () => sayBy(req.params.who))
      res.end()
    })
    const server = await listen(app)
    await ask(server, '/ann')
    server.close()
    const [{ traceId, meta }] = await serverSpans()
    assert.equal(meta.user, 'ann')
    for (const { dd } of lines) assert.equal(dd.trace_id, traceId)
  })
})

const bound = (done: () => void) => tracer.scope().bind(done, tracer.scope().active())

function serveExpress(store: ReturnType<typeof pool>) {
  const app = express()
  app.use(onExpress({ logger }))
  app.get('/:who', (req: any, res: any) => {
    const answer = () => {
      sayBy(req.params.who)
      res.end()
    }
    store.get(bound(answer))
  })
  return app
}

function serveKoa(store: ReturnType<typeof pool>) {
  const app = new Koa()
  app.use(onKoa({ logger }))
  app.use(async (ctx: any) => {
    await new Promise<void>(done => {
      const say = () => {
        sayBy(ctx.path.slice(1))
        done()
      }
      store.get(bound(say))
    })
    ctx.body = 'ok'
  })
  return app.callback()
}
