import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { clientTls, serverTls } from './faults/tls'
import { agent, ask, integrations, listen, portOf, serverSpans, start, tracer, useIntegrations } from './hosts/traced'

const http2 = require('node:http2')
const express = require('express')
const Koa = require('koa')
const { spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')
const logger = () => ({ info: () => undefined })

const apps: { [framework: string]: (around?: (next: () => unknown) => unknown) => any } = {
  Express: (around = next => next()) => {
    const app = express()
    app.use((_req: any, _res: any, next: any) => around(next))
    app.use(onExpress({ logger }))
    return app.get('/items/:id', (_req: any, res: any) => res.end('ok'))
  },
  Koa: (around = next => next()) => {
    const app = new Koa()
    app.use((_ctx: any, next: any) => around(next))
    app.use(onKoa({ logger }))
    app.use((ctx: any) => (ctx.body = 'ok'))
    return app.callback()
  },
}
const caller = { 'x-datadog-trace-id': '123456789', 'x-datadog-parent-id': '42', 'x-datadog-sampling-priority': '1' }

/** Starts a server inside a span that stays open until `end` is called. */
async function serverInside(name: string, app: any, tags = {}): Promise<{ server: Server; end(): void; id: string }> {
  const span = tracer.startSpan(name, { tags })
  const server = await tracer.scope().activate(span, () => listen(app))
  return { server, id: span.context().toSpanId(), end: () => span.finish() }
}

/** Asks paths over one session of HTTP/2, one after the other. */
async function askOverH2(server: Server, secure: boolean, paths: { [path: string]: object }): Promise<void> {
  const session = http2.connect(`${secure ? 'https' : 'http'}://localhost:${portOf(server)}`, secure ? clientTls : {})
  for (const [path, headers] of Object.entries(paths)) {
    const stream = session.request({ ':path': path, ...headers })
    await once(stream.resume(), 'close')
  }
  session.destroy()
}

before(start)
after(() => agent.close())

for (const mode of integrations) {
  for (const [framework, makeApp] of Object.entries(apps)) {
    describe(`A server of ${framework} that was started inside an open span, with dd-trace's integrations ${mode}:`, () => {
      before(() => useIntegrations(mode))

      for (const [name, tags] of Object.entries({
        main: {},
        'another request': { 'span.kind': 'server', 'span.type': 'web' },
      })) {
        it(`its requests are no children of ${name}, and do not wait for it`, async () => {
          agent.clear()
          const { server, end, id } = await serverInside(name, makeApp(), tags)
          for (const path of ['/items/1', '/items/2']) await ask(server, path)
          await ask(server, '/items/3', caller)
          const spans = await serverSpans()
          end()
          server.close()
          assert.equal(spans.length, 3)
          assert.equal(new Set(spans.map(span => span.traceId)).size, 3)
          for (const span of spans) assert.notEqual(span.parentId, id)
          const continued = spans.find(({ meta }) => meta['http.url'].endsWith('/items/3'))
          assert.equal(continued?.parentId, '42')
          assert.equal(BigInt(`0x${continued.traceId}`) & 0xffffffffffffffffn, 123456789n)
        })
      }

      it('a span that the application opens in the request is still the parent', async () => {
        agent.clear()
        const app = makeApp(next => tracer.trace('outer', { childOf: null }, () => next()))
        const { server, end } = await serverInside('main', app)
        await ask(server, '/items/1')
        end()
        server.close()
        const spans = (await serverSpans()).filter(({ meta }) => meta['http.url'])
        const outer = agent.spans.find(({ name }) => name === 'outer')
        assert.equal(spans.length, 1)
        if (mode === 'off') assert.equal(spans[0].parentId, outer?.spanId)
      })
    })
  }
}

for (const mode of integrations) {
  for (const secure of [false, true]) {
    describe(`A server of HTTP/2 ${secure ? 'with' : 'without'} TLS that was started inside an open span, with dd-trace's integrations ${mode}:`, () => {
      before(() => useIntegrations(mode))

      const listenOverH2 = async (app: any) => {
        const server: any = secure ? http2.createSecureServer(serverTls, app) : http2.createServer(app)
        await once(server.listen(0, 'localhost'), 'listening')
        return server as Server
      }

      it('its requests are no children of main, and do not wait for it', async () => {
        agent.clear()
        const main = tracer.startSpan('main')
        const server = await tracer.scope().activate(main, () => listenOverH2(apps.Koa()))
        await askOverH2(server, secure, { '/items/1': {}, '/items/2': {}, '/items/3': caller })
        await askOverH2(server, secure, { '/items/4': {} })
        const spans = await serverSpans()
        main.finish()
        server.close()
        const parents = spans.map(({ meta, parentId }) => [meta['http.url'].slice(-1), parentId])
        assert.deepEqual(Object.fromEntries(parents), { 1: '0', 2: '0', 3: '42', 4: '0' })
      })

      if (mode === 'on') return
      it('a span that the application opens in the request is still the parent', async () => {
        agent.clear()
        const app = apps.Koa(next => tracer.trace('outer', { childOf: null }, () => next()))
        const main = tracer.startSpan('main')
        const server = await tracer.scope().activate(main, () => listenOverH2(app))
        await askOverH2(server, secure, { '/items/1': {} })
        const [span] = await serverSpans()
        main.finish()
        server.close()
        assert.equal(span.parentId, agent.spans.find(({ name }) => name === 'outer')?.spanId)
      })
    })
  }
}
