/** Express 5 and Koa 3 with a handler that does whatever the first letters of the path tell, and counts. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'

require('dd-trace').init({ plugins: false })
const { consoleLogger, getLog, getSpan, shutdown } = require('spanlog')

const report = { started: 0, unlinked: 0, uncaught: [] as string[], warnings: [] as string[], open: 0 }
process.on('uncaughtException', error => report.uncaught.push(String(error.stack)))
process.on('unhandledRejection', error => report.uncaught.push(String(error)))
process.on('warning', warning => report.warnings.push(String(warning)))

const options = {
  logger: consoleLogger({ stream: { write: check } }),
  traceHeader: 'x-trace-id',
  headers: ['x-request-id', 'cookie'],
}

/** Each line says the id of the span that it must be linked to. */
function check(line: string): void {
  const { message, dd } = JSON.parse(line)
  if (dd?.span_id !== message) report.unlinked++
}

const say = (id: string) => getLog()?.info(id)

function handle(req: any, res: any): void {
  report.started++
  const id = getSpan().context().toSpanId()
  say(id)
  res.on('close', () => say(id))
  const turn = report.started % 6
  if (turn === 0) throw new Error('by turns')
  if (turn === 1) res.write('begun')
  if (turn === 2) req.on('error', () => {}).resume()
  if (turn === 5) return
  setTimeout(() => res.end('done'), turn * 2)
}

function expressApp() {
  const { spanlog, recordErrors } = require('spanlog/express')
  const app = require('express')()
  app.set('env', 'test')
  app.use(spanlog(options))
  app.use(handle)
  app.use(recordErrors())
  return app
}

function koaApp() {
  const app = new (require('koa'))()
  app.silent = true
  app.use(require('spanlog/koa').spanlog(options))
  app.use((ctx: any) => {
    ctx.respond = false
    handle(ctx.req, ctx.res)
  })
  return app.callback()
}

const servers: Server[] = []

/** Resolves when all requests of the clients were handled. Connections may wait in the kernel while the process is busy. */
async function settle(): Promise<void> {
  const { [Symbol.for('spanlog.open')]: open } = globalThis as any
  for (let quiet = 0, turns = 0; quiet < 4 && turns < 2000; turns++) {
    const started = report.started
    await new Promise(done => setTimeout(done, 5))
    const connections = await Promise.all(servers.map(server => promisify(server.getConnections).call(server)))
    quiet = started === report.started && open.size === 0 && connections.every(count => count === 0) ? quiet + 1 : 0
  }
  report.open = open.size
}

process.on('message', async (message: 'settle' | 'end') => {
  await settle()
  if (message === 'end') await shutdown({ timeout: 20_000 })
  process.send?.(report)
})

async function start() {
  const ports: { [framework: string]: number } = {}
  for (const [framework, app] of Object.entries({ express: expressApp(), koa: koaApp() })) {
    const server = createServer(app)
    servers.push(server)
    await new Promise<void>(done => server.listen(0, done))
    ports[framework] = (server.address() as AddressInfo).port
  }
  process.send?.({ ports })
}
start()
