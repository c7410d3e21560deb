/**
 * An Express and a Koa application with all options that tell a request as a whole.
 *
 * `node app.ts '{"integrations":true}'`
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const { integrations } = JSON.parse(process.argv[2])
const tracer = require('dd-trace').init({ plugins: integrations })
const express = require('express')
const Koa = require('koa')
const { Router } = require('@koa/router')
const pino = require('pino')
const { addFields, getLog, getRequestId, getSpan, jobRunner, recordError, setRoute } = require('spanlog')

const logger = pino({ level: 'info' })
const options = {
  logger,
  accessLog: { skip: (of: any) => (of.originalUrl ?? of.url) === '/quiet', fields: () => ({ region: 'eu' }) },
  requestId: true,
  fields: () => ({ tenant: 'acme' }),
  tagFields: ['tenant', 'user', 'plan', 'missing'],
  keepOnError: true,
}

/** What the handlers of both frameworks do. Returns the answer's body, or throws. */
const actions: { [path: string]: (log: any, res: any) => unknown } = {
  '/named-too-late': (_log, res) => {
    const child = tracer.startSpan('slow', { childOf: getSpan() }) // the trace is sent when this ends
    res.on('close', () => {
      setRoute('/late')
      setTimeout(() => {
        setRoute('/later')
        child.finish()
      }, 20)
    })
    return 'ok'
  },
  '/listener-that-throws': (_log, res) => {
    res.on('close', () => {
      throw new Error('of a listener')
    })
    return new Promise(() => {})
  },
  '/id': () => getRequestId(),
  '/quiet': () => 'quiet',
  '/fields': async log => {
    addFields({ user: 7 })
    await null
    addFields({ user: 8, plan: { name: 'pro' } })
    log.info('with fields')
    return 'ok'
  },
  '/name-it': async () => {
    await null
    setRoute('/graphql CreateOrder')
    return 'ok'
  },
  '/fail': () => {
    throw new Error('no such order')
  },
  '/child-at-the-end': () =>
    tracer.trace('inner', () => {
      getLog().info('in the child')
      return 'ok'
    }),
  '/recorded': () => {
    recordError(new Error('found by a filter'))
    return undefined
  },
  '/job': async log => {
    const answer = await runJob('nested', async () => {
      getLog().info('in the nested job')
      addFields({ user: 'of the job' })
      setRoute('/never')
      return 'from the job'
    })
    log.info('after the job')
    return answer
  },
}

function makeUnreadable(of: object) {
  const get = () => {
    throw new Error('unreadable')
  }
  Object.defineProperty(of, 'id', { get })
}

process.on('uncaughtException', error => {
  if (error.message !== 'of a listener') throw error
})

function expressApp() {
  const { spanlog, recordErrors } = require('spanlog/express')
  const app = express()
  app.use((req: any, _res: any, next: any) => {
    if (req.headers['x-set-before']) req.id = req.headers['x-set-before']
    if (req.headers['x-unreadable']) makeUnreadable(req)
    next()
  })
  app.use(spanlog(options))
  for (const [path, action] of Object.entries(actions)) {
    app.get(path, async (req: any, res: any, next: any) => {
      try {
        const body = await action(req.log, res)
        if (body === undefined) res.status(500).end()
        else res.end(`${body} ${req.id}`)
      } catch (error) {
        next(error)
      }
    })
  }
  app.use(recordErrors())
  app.use((_error: unknown, _req: any, res: any, _next: any) => res.status(500).end())
  return app
}

function koaApp() {
  const { spanlog } = require('spanlog/koa')
  const app = new Koa()
  app.silent = true
  app.use((ctx: any, next: any) => {
    if (ctx.headers['x-set-before']) ctx.id = ctx.headers['x-set-before']
    if (ctx.headers['x-unreadable']) makeUnreadable(ctx)
    return next()
  })
  app.use(spanlog(options))
  const router = new Router()
  for (const [path, action] of Object.entries(actions)) {
    router.get(path, async (ctx: any) => {
      const body = await action(ctx.log, ctx.res)
      if (body === undefined) ctx.status = 500
      else ctx.body = `${body} ${ctx.id}`
    })
  }
  app.use(router.routes())
  return app.callback()
}

const runJob = jobRunner({ logger, accessLog: true, keepOnError: true, tagFields: ['user'], tags: { queue: 'mail' } })

const jobs: { [name: string]: () => unknown } = {
  'send-email': async () => {
    addFields({ user: 3 })
    getLog().info('sending')
    return 'sent'
  },
  'broken-email': async () => {
    throw new Error('no address')
  },
  synchronous: () => 'at once',
}

async function listen(listener: any): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

process.on('message', async ({ job, carrier }: any) => {
  try {
    const running = runJob(job, jobs[job], { carrier })
    const isPromise = running instanceof Promise
    process.send?.({ job, result: await running, isPromise })
  } catch (error: any) {
    process.send?.({ job, error: error.message })
  }
})

async function start() {
  process.send?.({ ports: { express: await listen(expressApp()), koa: await listen(koaApp()) } })
}
start()
