/** An application whose spans are judged: `node app.ts`. Prints each line of its loggers, and sends its ports. */

const tracer = require('dd-trace').init({ plugins: false, flushInterval: 50 })
const { serveApps } = require('../serve-apps')
const express = require('express')
const Koa = require('koa')
const Router = require('@koa/router')
const { consoleLogger } = require('spanlog')

const options = { service: 'My Shop Web', tags: { plan: 'pro', retries: 2, big: 'x'.repeat(20_000) } }

function expressApp() {
  const { spanlog, recordErrors } = require('spanlog/express')
  const app = express()
  app.use(spanlog({ logger: require('pino')(), ...options }))
  app.all('/users/:id', (req: any, res: any) => {
    req.log.info('hello')
    tracer.trace('inner', () => req.log.info('from within'))
    res.status(Number(req.params.id)).end()
  })
  app.get('/throw', (req: any) => {
    req.log.info('hello')
    throw new Error('broken', { cause: new Error('the disk is full') })
  })
  app.use(recordErrors())
  app.use((_error: unknown, _req: unknown, res: any, _next: unknown) => res.status(500).end())
  app.use((req: any, res: any) => {
    req.log.info('nothing here')
    res.status(404).end()
  })
  return app
}

function koaApp() {
  const { spanlog } = require('spanlog/koa')
  const app = new Koa()
  app.silent = true
  app.use(spanlog({ logger: consoleLogger() }))
  const router = new Router()
  router.get('/users/:id', (ctx: any) => {
    ctx.log.info('hello')
    ctx.status = Number(ctx.params.id)
  })
  router.get('/throw', (ctx: any) => {
    ctx.log.info('hello')
    throw 'no such user'
  })
  router.get('/hang', (ctx: any) => {
    ctx.log.info('hello')
    return new Promise(done => ctx.res.on('close', done))
  })
  app.use(router.routes())
  return app.callback()
}

serveApps({ express: expressApp(), koa: koaApp() })
