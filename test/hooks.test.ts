import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, it } from 'node:test'
import { agent, ask, integrations, listen, serverSpans, start, useIntegrations } from './hosts/traced'

const express = require('express')
const Koa = require('koa')
const { spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')
const logger = () => ({ info: () => undefined })

before(start)
after(() => agent.close())

for (const mode of integrations) {
  it(`a hook on Express is given Express's req and res, with dd-trace's integrations ${mode}`, async () => {
    const request = (span: any, req: any, res: any, incoming: unknown) => {
      assert.equal(incoming, req)
      span.setTag('seen', `${req.user} ${res.locals.plan}`)
    }
    const app = express()
    app.use(onExpress({ logger, hooks: { request } }))
    app.get('/', (req: any, res: any) => {
      req.user = 'ann'
      res.locals.plan = 'pro'
      res.end()
    })
    await checkSeen(mode, app, 'ann pro')
  })

  it(`a hook on Koa is given Node's req and res, then ctx, with dd-trace's integrations ${mode}`, async () => {
    const request = (span: any, req: unknown, res: unknown, ctx: any) => {
      assert.ok(req instanceof IncomingMessage && res instanceof ServerResponse)
      span.setTag('seen', `${ctx.state.user} ${ctx.path}`)
    }
    const app = new Koa()
    app.use(onKoa({ logger, hooks: { request } }))
    app.use((ctx: any) => {
      ctx.state.user = 'ann'
      ctx.body = 'ok'
    })
    await checkSeen(mode, app.callback(), 'ann /')
  })
}

async function checkSeen(mode: 'on' | 'off', app: any, seen: string): Promise<void> {
  useIntegrations(mode)
  agent.clear()
  const server = await listen(app)
  await ask(server, '/')
  server.close()
  const [{ meta }] = await serverSpans()
  assert.equal(meta.seen, seen)
}
