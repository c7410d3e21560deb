/**
 * A small service in a separate process, for what concerns a whole process: how it ends, what it keeps, how its tracer was set up.
 *
 * `node process.ts '{"set":"express5-koa3","tracer":"early"}'`
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Service } from './service'

const { set, tracer: when, timeout, namespace: withNamespace, dist, ddTrace } = JSON.parse(process.argv[2]) as Service
const load = createRequire(join(__dirname, '..', 'frameworks', set, 'package.json'))
const tracer = require(ddTrace ?? 'dd-trace')
if (when === 'early') tracer.init({ plugins: false })
const namespace = withNamespace ? require('cls-hooked').createNamespace('service') : undefined
const { consoleLogger, getLog, getSpan, shutdown } = require('spanlog')

const options = { logger: consoleLogger(), namespace }
const kept: { [what: string]: WeakRef<object>[] } = { state: [], req: [], res: [], body: [] }
const forgotten: NodeJS.Timeout[] = []

function watch(req: object, res: object): void {
  const state = (globalThis as any)[Symbol.for('spanlog.store')].requests.getStore()
  const body = { of: 'a request' }
  for (const [what, value] of Object.entries({ state, req, res, body })) kept[what].push(new WeakRef(value))
}

const handlers: { [path: string]: (req: any, res: any) => unknown } = {
  '/fast': (_req, res) => res.end('ok'),
  '/log': (_req, res) => {
    getLog()?.info('logged')
    res.end('ok')
  },
  '/slow': (_req, res) => setTimeout(() => res.end('ok'), 200),
  '/hang': (_req, res) => res.write('begun'),
  '/child': () => tracer.trace('endless', () => new Promise(() => {})),
  '/watch': (req, res) => {
    watch(req, res)
    res.end('ok')
  },
  '/forget': (req, res) => {
    watch(req, res)
    forgotten.push(setInterval(() => {}, 1000))
    forgotten.at(-1)?.unref()
    res.end('ok')
  },
  '/late': (_req, res) => {
    setTimeout(() => getLog()?.info('after the response'), 50)
    res.end(getSpan() ? 'span' : 'none')
  },
}

function expressApp() {
  const { spanlog } = require(dist ? join(dist, 'express') : 'spanlog/express')
  const app = load('express')()
  app.use(spanlog(options))
  if (dist) app.use(require('spanlog/express').spanlog(options))
  for (const [path, handler] of Object.entries(handlers)) app.get(path, handler)
  return app
}

function koaApp() {
  const { spanlog } = require(dist ? join(dist, 'koa') : 'spanlog/koa')
  const app = new (load('koa'))()
  app.use(spanlog(options))
  if (dist) app.use(require('spanlog/koa').spanlog(options))
  app.use((ctx: any) => {
    ctx.respond = false
    ctx.status = 200
    handlers[ctx.path]?.(ctx.req, ctx.res)
  })
  return app.callback()
}

const servers = [createServer(expressApp()), createServer(koaApp())]

process.once('SIGTERM', async () => {
  for (const server of servers) server.close()
  const began = Date.now()
  await shutdown({ timeout })
  process.send?.({ bye: Date.now(), took: Date.now() - began }, () => process.exit())
})

process.on('message', async (message: { ask: string }) => {
  if (message.ask === 'init') tracer.init({ plugins: false })
  if (message.ask === 'kept') {
    for (let i = 0; i < 4; i++) {
      ;(globalThis as any).gc()
      await new Promise(done => setTimeout(done, 20))
    }
  }
  const left = Object.fromEntries(
    Object.entries(kept).map(([what, refs]) => [what, [refs.filter(ref => ref.deref()).length, refs.length]]),
  )
  process.send?.({ left, heap: process.memoryUsage().heapUsed })
})

async function start() {
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>(done => server.listen(0, done))
    ports.push((server.address() as AddressInfo).port)
  }
  process.send?.({ ports })
}
start()
