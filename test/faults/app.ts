/**
 * All faults of one pair of framework majors in one process: each with its own server, with spanlog and without.
 *
 * `node app.ts express5-koa3`
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createH2Server, createSecureServer } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Fault, type Framework, frameworks, type Tools } from './fault'
import { faults } from './faults'
import { serverTls } from './tls'

const set = process.argv[2]
const load = createRequire(join(__dirname, '..', 'frameworks', set, 'package.json'))
const tracer = require('dd-trace').init({ plugins: false })
const libraries = {
  tracer,
  express: load('express'),
  Koa: load('koa'),
  Router: load('@koa/router'),
  namespace: require('cls-hooked').createNamespace('faults'),
  expressMajor: Number(load('express/package.json').version[0]),
}
const { consoleLogger } = require('spanlog')

const lines: { key: string; line: string }[] = []
const uncaught: string[] = []
const warnings: { code: string; name: string }[] = []
const record = (kind: string) => (error: any) =>
  uncaught.push(`${error?.from ?? '?'} ${kind}: ${error?.message ?? error}`)
process.on('uncaughtException', record('uncaughtException'))
process.on('unhandledRejection', record('unhandledRejection'))
process.on('warning', (warning: any) => warnings.push({ code: warning.code, name: warning.name }))

function toolsOf(fault: Fault, framework: Framework, key: string, withSpanlog: boolean, server: Server): Tools {
  const logger = consoleLogger({ stream: { write: (line: string) => lines.push({ key, line }) } })
  const adapter = framework === 'express' ? require('spanlog/express') : require('spanlog/koa')
  const nothing = () =>
    framework === 'express' ? (_req: any, _res: any, next: any) => next() : (_ctx: any, next: any) => next()
  const tools: Tools = {
    ...libraries,
    server,
    with: withSpanlog,
    spanlog: withSpanlog
      ? (options = {}) => adapter.spanlog({ logger, accessLog: true, ...fault.options?.(tools), ...options })
      : nothing,
    recordErrors:
      withSpanlog && framework === 'express'
        ? adapter.recordErrors
        : () => (error: any, _req: any, _res: any, next: any) => next(error),
    error: message =>
      Object.assign(new Error(message), { from: key.replace(/-(ours|bare)$/, withSpanlog ? '' : ' without') }),
  }
  return tools
}

/** Logs whose request it is, at the start and in `close`. */
function say(log: any, res: ServerResponse): void {
  log?.info('start')
  res.on('close', () => log?.info('close'))
}

function expressApp(fault: Fault, tools: Tools) {
  if (fault.app) return fault.app.express?.(tools)
  const app = tools.express()
  app.set('env', 'production')
  if (fault.before?.express) app.use(fault.before.express(tools))
  app.use(tools.spanlog())
  app.use((req: any, res: any, next: any) => {
    say(req.log, res)
    next()
  })
  app.all('/at/:id', (req: any, res: any, next: any) =>
    (fault.express ?? fault.raw)?.(req, res, fault.express ? next : (tools as any), tools),
  )
  app.use(tools.recordErrors())
  return app
}

function koaApp(fault: Fault, tools: Tools) {
  const app = fault.app ? fault.app.koa?.(tools) : new tools.Koa()
  app.silent = true
  if (fault.app) return app.callback()
  if (fault.before?.koa) app.use(fault.before.koa(tools))
  app.use(tools.spanlog())
  app.use((ctx: any, next: any) => {
    say(ctx.log, ctx.res)
    return next()
  })
  const router = new tools.Router()
  router.all('/at/:id', async (ctx: any, next: any) => {
    if (fault.koa) return fault.koa(ctx, next, tools)
    ctx.respond = false
    ctx.status = 200
    await fault.raw?.(ctx.req, ctx.res, tools)
  })
  app.use(router.routes())
  return app.callback()
}

function serverOf(framework: Framework, options: object = {}): Server {
  if (framework === 'koa over h2c') return createH2Server(options) as never
  if (framework === 'koa over h2') return createSecureServer({ ...serverTls, ...options }) as never
  return createServer(options)
}

async function listen(fault: Fault, framework: Framework, key: string, withSpanlog: boolean): Promise<number> {
  const server = serverOf(framework, fault.serverOptions)
  const tools = toolsOf(fault, framework, key, withSpanlog, server)
  const app = framework === 'express' ? expressApp(fault, tools) : koaApp(fault, tools)
  server.on('request', () => process.send?.({ arrived: key }))
  server.on('request', app as (req: IncomingMessage, res: ServerResponse) => void)
  fault.server?.(server, tools)
  await new Promise<void>(done => server.listen(0, done))
  return (server.address() as AddressInfo).port
}

async function start() {
  const ports: { [key: string]: number } = {}
  for (const [index, [, fault]] of Object.entries(faults).entries()) {
    for (const framework of fault.on ?? frameworks.slice(0, 2)) {
      const name = `f${index}-${framework.replaceAll(' ', '-')}`
      for (const [suffix, on] of [
        ['ours', true],
        ['bare', false],
      ] as const) {
        ports[`${name}-${suffix}`] = await listen(fault, framework, `${name}-${suffix}`, on)
      }
    }
  }
  process.send?.({ ports })
}

process.on('message', () => {
  const open = (globalThis as any)[Symbol.for('spanlog.open')]?.size ?? -1
  process.send?.({ lines, uncaught, warnings, open })
})
start().catch(error => {
  console.error(error)
  process.exit(1)
})
