/**
 * An application that answers each request with the line that it has logged. It tells its parent what it holds when asked.
 *
 * `node --expose-gc service.ts express|koa`
 */
import { createServer, IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { queryObjects } from 'node:v8'

const tracer = require('dd-trace').init({ plugins: false, flushInterval: 3_600_000 })
const { getSpan } = require('spanlog')

/** What a request logs with: spanlog makes one for each request, and a stand-in that counts as one too. */
class RequestLogger {
  constructor(readonly fields: object) {}

  /** Every 200th request sends what there is, so that the number of payloads does not depend on the time. */
  line(id: string) {
    if (Number(id) % 200 === 199) tracer._tracer._exporter.flush()
    return JSON.stringify({ id, ...this.fields, span: getSpan().context().toSpanId() })
  }
}
const options = { logger: (fields: object) => new RequestLogger(fields) }

const applications: { [framework: string]: () => RequestListener } = {
  express() {
    const app = require('express')()
    app.use(require('spanlog/express').spanlog(options))
    app.get('/items/:id', async (req: any, res: any) => {
      await turn()
      res.end(req.log.line(req.params.id))
    })
    return app
  },
  koa() {
    const app = new (require('koa'))()
    app.use(require('spanlog/koa').spanlog(options))
    app.use(async (ctx: any) => {
      await turn()
      ctx.body = ctx.log.line(ctx.path.split('/')[2])
    })
    return app.callback()
  },
}

const count = (type: object) => (queryObjects as any)(type, { format: 'count' })

/** `queryObjects` collects the garbage before it counts. */
process.on('message', async () => {
  await turn()
  process.send?.({
    loggers: count(RequestLogger),
    requests: count(IncomingMessage),
    spans: count(Span),
    sockets: process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length,
  })
})

const Span = tracer.startSpan('any').constructor
const server = createServer(applications[process.argv[2]]())
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
