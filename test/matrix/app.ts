/**
 * The process of one combination: one tracer, and an HTTP server for every version of Express and Koa. It prints where each one
 * listens, then each line of its loggers.
 *
 * `node app.ts '{"project":"/tmp/home","integrations":true,"injection":true}'`
 */
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const { project, integrations, injection } = JSON.parse(process.argv[2])
const load = createRequire(join(project, 'index.js'))
const tracer = load('dd-trace').init({ plugins: integrations, logInjection: injection })

const pino = load('pino')
const { apps } = require('./combination')
const { FrameworkSet } = require('../routes/frameworks')

/** The lines of a good request: one in the handler, one in a child span. */
async function sayBoth(log: any): Promise<void> {
  log.info('loading')
  await tracer.trace('inner', async () => log.info('in a child span'))
}

function expressApp(set: any, logger: object): RequestListener {
  const { spanlog, recordErrors } = load('spanlog/express')
  const express = set.load('express')
  const app = express()
  app.use(spanlog({ logger, accessLog: true }))
  const router = express.Router()
  router.get('/good/:id', (req: any, res: any, next: any) => {
    sayBoth(req.log).then(() => res.send('ok'), next)
  })
  router.get('/broken/:id', () => {
    throw new Error('no such post')
  })
  router.get('/slow/:id', (req: any, res: any) => {
    res.on('close', () => req.log.info('the client has left'))
    res.write('the client leaves after this')
  })
  app.use('/posts', router)
  app.use(recordErrors())
  app.use((_error: unknown, req: any, res: any, _next: unknown) => {
    req.log.info('in the error handler')
    res.status(500).end()
  })
  return app
}

function koaApp(set: any, logger: object): RequestListener {
  const { spanlog } = load('spanlog/koa')
  const Koa = set.load('koa')
  const routers = set.load('@koa/router')
  const Router = routers.Router ?? routers
  const app = new Koa()
  app.on('error', (_error: unknown, ctx: any) => ctx.log.info('in the error handler'))
  app.use(spanlog({ logger, accessLog: true }))
  const router = new Router({ prefix: '/posts' })
  router.get('/good/:id', async (ctx: any) => {
    await sayBoth(ctx.log)
    ctx.body = 'ok'
  })
  router.get('/broken/:id', () => {
    throw new Error('no such post')
  })
  router.get('/slow/:id', (ctx: any) => {
    ctx.respond = false
    ctx.res.statusCode = 200
    ctx.res.on('close', () => ctx.log.info('the client has left'))
    ctx.res.write('the client leaves after this')
  })
  app.use(router.routes())
  return app.callback()
}

async function listen(name: string): Promise<string> {
  const [framework, folder] = name.split(' ')
  const write = (line: string) => console.log(JSON.stringify({ app: name, line: line.trimEnd() }))
  const make = framework === 'koa' ? koaApp : expressApp
  const server = createServer(make(new FrameworkSet(folder), pino({}, { write })))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function start() {
  const urls: { [app: string]: string } = {}
  for (const name of apps) urls[name] = await listen(name)
  console.log(JSON.stringify({ urls, runtime: process.versions.bun ?? process.versions.node }))
}

start()
