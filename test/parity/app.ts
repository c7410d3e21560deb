/**
 * The application of the parity test, as an Express and as a Koa server: traced by dd-trace's integrations, or by spanlog.
 *
 * `node app.ts '{"set":"express5-koa3","by":"spanlog"}'`
 */
import type { Mode } from './mode'

const mode = JSON.parse(process.argv[2]) as Mode
const tracer = require('dd-trace')
tracer.init({ plugins: mode.by === 'dd-trace', flushInterval: 0 })

const { serveApps } = require('../serve-apps')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const load = createRequire(join(__dirname, '..', 'frameworks', mode.set, 'package.json'))

/** The options of both, for the cases that compare options. dd-trace gets them by `tracer.use`. */
const options = {
  service: 'checkout',
  headers: ['x-team', 'X-Plan:plan'],
  validateStatus: (code: number) => code < 400 || code === 409,
  hooks: { request: (span: any, _req: unknown, res: any) => span.setTag('hook.status', String(res?.statusCode)) },
}
if (mode.options && mode.by === 'dd-trace') for (const name of ['http', 'express', 'koa']) tracer.use(name, options)

class PaymentError extends Error {
  override name = 'PaymentError'
}

const thrown: { [kind: string]: () => unknown } = {
  error: () => new Error('broken'),
  class: () => new PaymentError('declined'),
  teapot: () => Object.assign(new Error('short and stout'), { status: 418 }),
  unavailable: () => Object.assign(new Error('later'), { status: 503 }),
  empty: () => new Error(),
  code: () => Object.assign(new Error(), { code: 'ECONNREFUSED' }),
  cause: () => new Error('broken', { cause: new Error('the disk is full') }),
  string: () => 'no such user',
  object: () => ({ reason: 'none' }),
  long: () => new Error('x'.repeat(20_000)),
  getter: () => Object.defineProperty(new Error('hidden'), 'message', { get: () => fail('a getter') }),
}

function fail(what: string): never {
  throw new Error(what)
}

function expressApp() {
  const express = load('express')
  const app = express()
  const { spanlog, recordErrors } = require('spanlog/express')
  const silent = { logger: () => ({ child: () => undefined }) }
  if (mode.by === 'spanlog') app.use(spanlog({ ...silent, ...(mode.options && options) }))
  const text = (_req: any, res: any) => res.type('text').send('ok')
  app.get('/', text)
  app.all('/ok', text)
  app.get('/users/:id', text)
  app.get('/again/:id', (_req: any, _res: any, next: any) => next('route'))
  app.get('/again/me', text)
  app.get('/status/:code', (req: any, res: any) => res.status(Number(req.params.code)).end())
  app.get('/headers', (_req: any, res: any) => res.set(answered).send('ok'))
  app.get('/hang', () => undefined)
  app.get('/throw/:kind', (req: any) => {
    throw thrown[req.params.kind]()
  })
  app.get('/pass/:kind', (req: any, _res: any, next: any) => next(thrown[req.params.kind]()))
  app.get('/recovered/:status', () => fail('recovered from'))
  const team = express.Router({ mergeParams: true })
  team.get('/users/:id', text)
  team.get('/broken', () => fail('in a router'))
  app.use('/teams/:team', team)
  if (mode.by === 'spanlog') app.use(recordErrors())
  app.use('/recovered', (_error: unknown, req: any, res: any, _next: unknown) => {
    res.status(Number(req.path.slice(1))).end()
  })
  app.use((error: any, _req: any, res: any, _next: unknown) => res.status(error?.status ?? 500).end())
  return app
}

const answered = { 'x-team': 'core', 'x-plan': 'pro', 'set-cookie': ['a=1', 'b=2'], 'x-count': '7' }

function koaApp() {
  const Koa = load('koa')
  const Router = load('@koa/router')
  const app = new Koa()
  app.silent = true
  const { spanlog, recordErrors } = require('spanlog/koa')
  const silent = { logger: () => ({ child: () => undefined }) }
  if (mode.by === 'spanlog') app.use(spanlog({ ...silent, ...(mode.options && options) }))
  app.use(async (ctx: any, next: any) => {
    try {
      await next()
    } catch (error) {
      if (!ctx.path.startsWith('/recovered')) throw error
      ctx.status = Number(ctx.path.split('/').pop())
    }
  })
  if (mode.by === 'spanlog') app.use(recordErrors())
  const text = (ctx: any) => {
    ctx.body = 'ok'
  }
  const router = new Router()
  router.get('/', text)
  router.all('/ok', text)
  router.get('/users/:id', text)
  router.get('/status/:code', (ctx: any) => {
    ctx.status = Number(ctx.params.code)
  })
  router.get('/headers', (ctx: any) => {
    ctx.set(answered)
    ctx.body = 'ok'
  })
  router.get('/hang', (ctx: any) => new Promise(done => ctx.res.on('close', done)))
  router.get('/throw/:kind', (ctx: any) => {
    throw thrown[ctx.params.kind]()
  })
  router.get('/recovered/:status', () => fail('recovered from'))
  const team = new Router({ prefix: '/teams/:team' })
  team.get('/users/:id', text)
  team.get('/broken', () => fail('in a router'))
  app.use(router.routes()).use(team.routes())
  return app.callback()
}

serveApps({ express: expressApp(), koa: koaApp() })
