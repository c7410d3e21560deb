import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { agent, integrations, openResponses, portOf, serverSpans, start, useIntegrations } from './hosts/traced'

const WebSocket = require('ws')
const expressWs = require('express-ws')
const koaWebsocket = require('koa-websocket')
const engine = require('engine.io')
const Koa = require('koa')
const { getLog } = require('spanlog')
const { spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')

const lines: any[] = []
const logger = (fields: object) => ({ info: (message: string) => lines.push({ ...fields, message }) })

function expressServer(set: string) {
  const express = createRequire(join(__dirname, 'frameworks', set, 'package.json'))('express')
  const app = express()
  expressWs(app)
  app.use(onExpress({ logger }))
  app.ws('/echo/:room', (ws: any, req: any) => {
    req.log.info('opened')
    ws.on('message', (text: Buffer) => {
      req.log.info('message')
      ws.send(`${req.params.room} ${text}`)
    })
  })
  return app.listen(0, '127.0.0.1')
}

function koaServer() {
  const app = koaWebsocket(new Koa())
  app.use(onKoa({ logger }))
  app.ws.use(onKoa({ logger }))
  app.ws.use((ctx: any) => {
    ctx.log.info('opened')
    getLog().info('opened')
    ctx.websocket.on('message', (text: Buffer) => {
      ctx.log.info('message')
      ctx.websocket.send(`7 ${text}`)
    })
  })
  return app.listen(0, '127.0.0.1')
}

const servers = {
  'express-ws on Express 4': () => expressServer('express4-koa2'),
  'express-ws on Express 5': () => expressServer('express5-koa3'),
  'koa-websocket': koaServer,
}

before(start)
after(() => agent.close())

for (const mode of integrations) {
  describe(`An upgrade, with dd-trace's integrations ${mode}:`, () => {
    beforeEach(() => {
      useIntegrations(mode)
      agent.clear()
      lines.length = 0
    })

    for (const [library, serve] of Object.entries(servers)) {
      it(`${library} works, has no request span, and its lines carry no ids of a trace that is never sent`, async () => {
        const server = serve()
        await once(server, 'listening')
        const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}/echo/7`)
        await once(client, 'open')
        client.send('hello')
        const [text] = await once(client, 'message')
        assert.equal(String(text), '7 hello')
        client.close(1000)
        const [code] = await once(client, 'close')
        assert.equal(code, 1000)
        server.close()
        const spans = await serverSpans()
        assert.deepEqual(
          spans.filter(({ meta }) => meta['http.upgraded'] === undefined), // dd-trace has its own span for `ws`
          [],
        )
        assert.ok(lines.length >= 2)
        for (const { dd } of lines)
          assert.deepEqual([dd?.service, dd?.trace_id, dd?.span_id], ['shop', undefined, undefined])
        assert.equal(openResponses(), 0)
      })
    }

    it('engine.io, on which socket.io stands, may use the middleware', async () => {
      const server = engine.listen(0)
      server.use(onExpress({ logger }))
      server.on('connection', (socket: any) => socket.send('welcome'))
      await once(server.httpServer, 'listening')
      const port = portOf(server.httpServer)
      const client = new WebSocket(`ws://127.0.0.1:${port}/engine.io/?EIO=4&transport=websocket`)
      const texts: string[] = []
      client.on('message', (text: Buffer) => texts.push(String(text)))
      while (texts.length < 2) await once(client, 'message')
      assert.equal(texts[1], '4welcome')
      const polled = await fetch(`http://127.0.0.1:${port}/engine.io/?EIO=4&transport=polling`)
      assert.equal(polled.status, 200)
      client.close()
      await once(client, 'close')
      server.close()
      server.httpServer.closeAllConnections()
      server.httpServer.close()
      const spans = await serverSpans()
      assert.deepEqual(
        spans
          .filter(({ meta }) => !meta['http.upgraded'])
          .map(({ meta }) => [meta['http.status_code'], meta['http.aborted']]),
        [['200', undefined]],
      )
    })
  })
}
