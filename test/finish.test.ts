import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import Koa from 'koa'
import { spanlog as expressSpanlog } from 'spanlog/express'
import { spanlog as koaSpanlog } from 'spanlog/koa'
import { quietTracer } from './quiet-tracer'

Object.assign(process.env, {
  ...quietTracer,
  DD_TRACE_AGENT_URL: 'http://127.0.0.1:9',
})
const real = (require('dd-trace') as typeof import('dd-trace').default).init({ plugins: false })

/** How many times each span was finished. dd-trace ignores the second time, so its export does not show it. */
const finishes: number[] = []
const tracer = {
  startSpan(...args: Parameters<typeof real.startSpan>) {
    const span = real.startSpan(...args)
    const finish = span.finish.bind(span)
    const at = finishes.push(0) - 1
    return Object.assign(span, {
      finish(time?: number) {
        finishes[at]++
        finish(time)
      },
    })
  },
  scope: () => real.scope(),
  extract: (...args: Parameters<typeof real.extract>) => real.extract(...args),
  inject: (...args: Parameters<typeof real.inject>) => real.inject(...args),
}
const logger = () => ({})
const silent = { logger, tracer } as never

/** Ends of a response in which Node emits `finish`, `close` or both, and the client may have gone first. */
const handlers: { [path: string]: (res: import('node:http').ServerResponse) => void } = {
  '/answered': res => void res.end('ok'),
  '/streamed': res => {
    res.write('a')
    setImmediate(() => res.end('b'))
  },
  '/destroyed': res => void res.destroy(),
  '/broken-off': res => {
    res.write('a')
    setImmediate(() => res.destroy())
  },
  '/abandoned': res => void setTimeout(() => res.end('late'), 50),
  '/twice': res => {
    res.end('ok')
    res.end()
  },
}

const apps = {
  express: () => {
    const app = express()
    app.use(expressSpanlog(silent))
    for (const [path, handle] of Object.entries(handlers)) app.all(path, (_req, res) => handle(res))
    return createServer(app)
  },
  koa: () => {
    const app = new Koa()
    app.use(koaSpanlog(silent))
    app.use(ctx => {
      ctx.respond = false
      handlers[ctx.path]?.(ctx.res)
    })
    return createServer(app.callback())
  },
}

for (const [framework, serve] of Object.entries(apps)) {
  describe(`a span of ${framework} is finished once`, () => {
    let server: Server
    before(async () => {
      server = serve().listen(0, '127.0.0.1')
      await once(server, 'listening')
    })
    after(() => void server.close().closeAllConnections())

    for (const method of ['GET', 'HEAD']) {
      for (const path of Object.keys(handlers)) {
        it(`by ${method} ${path}`, async () => {
          finishes.length = 0
          await send((server.address() as AddressInfo).port, method, path)
          for (let waited = 0; !finishes[0] && waited < 2000; waited += 5) await sleep(5)
          await sleep(20) // what would finish it again
          assert.deepEqual(finishes, [1])
        })
      }
    }
  })
}

function send(port: number, method: string, path: string): Promise<void> {
  return new Promise(resolve => {
    const req = request({ port, host: '127.0.0.1', method, path }, res => res.resume().on('close', resolve))
    req.on('error', () => resolve()).end()
    if (path === '/abandoned') setTimeout(() => req.destroy(), 10)
  })
}
