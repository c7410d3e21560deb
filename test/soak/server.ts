/**
 * Express and Koa under load: child spans, log lines, errors, and clients that leave.
 *
 * `node --expose-gc server.ts als|namespace|integrations`
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

const mode = process.argv[2]
const tracer = require('dd-trace').init({ plugins: mode === 'integrations' })
const { consoleLogger, getLog, getSpan, shutdown } = require('spanlog')

const counts = { started: 0, finished: 0, lines: 0, unlinked: 0, accessLines: 0 }
/** Spans that have ended and whose access line is still to come. */
const awaited = new Set<string>()
const namespace = mode === 'namespace' ? require('cls-hooked').createNamespace('soak') : undefined
const options = {
  namespace,
  logger: consoleLogger({ stream: { write: check } }),
  accessLog: true,
  hooks: {
    request(span: any) {
      counts.finished++
      awaited.add(span.context().toSpanId())
    },
  },
}

/** Each line says which span it must be linked to. */
function check(line: string): void {
  const { message, dd, outcome } = JSON.parse(line)
  if (outcome) {
    if (awaited.delete(dd?.span_id)) counts.accessLines++
    else counts.unlinked++
    return
  }
  counts.lines++
  if (dd?.span_id !== message) counts.unlinked++
}

const say = (span: any) => getLog()?.info(span.context().toSpanId())

async function handle(req: any, res: any): Promise<void> {
  counts.started++
  const own = getSpan()
  res.on('close', () => sayOwn(own))
  await tracer.trace('work', async (work: any) => {
    say(work)
    await turn()
    say(work)
  })
  await turn()
  sayOwn(own)
  if (req.url.startsWith('/error')) throw new Error('by turns')
  if (!req.url.startsWith('/hang')) res.end('done')
}

/** With dd-trace's integrations a middleware's span may be the innermost one. */
const sayOwn = (own: any) => (mode === 'integrations' ? say(innermost(own)) : say(own))
function innermost(own: any) {
  const active = tracer.scope().active()
  return active && active.context()._trace === own.context()._trace ? active : own
}

function expressApp() {
  const { spanlog, recordErrors } = require('spanlog/express')
  const app = require('express')()
  app.set('env', 'test')
  app.use(spanlog(options))
  app.get('/:what/:id', (req: any, res: any, next: any) => void handle(req, res).catch(next))
  app.use(recordErrors())
  app.use((_error: unknown, _req: unknown, res: any, _next: unknown) => res.status(500).end('failed'))
  return app
}

function koaApp() {
  const app = new (require('koa'))()
  app.silent = true
  app.use(require('spanlog/koa').spanlog(options))
  app.use(async (ctx: any) => {
    await handle(ctx.req, Object.create(ctx.res, { end: { value: (text: string) => (ctx.body = text) } }))
    if (ctx.url.startsWith('/hang')) await new Promise(done => ctx.res.on('close', done))
  })
  return app.callback()
}

process.on('message', async (message: string) => {
  if (message === 'end') await shutdown()
  for (let i = 0; i < 2; i++) {
    ;(globalThis as any).gc()
    await turn()
  }
  const open = (globalThis as any)[Symbol.for('spanlog.open')].size
  process.send?.({ ...counts, open, heap: process.memoryUsage().heapUsed / 1e6 })
})

async function start() {
  const ports: number[] = []
  for (const app of [expressApp(), koaApp()]) {
    const server = createServer({ keepAliveTimeout: 60_000 }, app)
    await new Promise<void>(done => server.listen(0, done))
    ports.push((server.address() as AddressInfo).port)
  }
  process.send?.({ ports })
}
start()
