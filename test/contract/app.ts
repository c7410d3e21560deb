/**
 * The application that every contract test runs: one process, one tracer, and in it an HTTP server for each framework, logger and
 * context store. What a handler logs says which span the line belongs to; the test reads it off the printed line.
 *
 * `node app.ts '{"set":"express5-koa3","integrations":true,"injection":true}'`
 */
import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Mode } from './mode'

const mode = JSON.parse(process.argv[2]) as Mode
const load = createRequire(join(__dirname, '..', 'frameworks', mode.set, 'package.json'))
const tracer = require('dd-trace')
tracer.init({ plugins: mode.integrations, logInjection: mode.injection })

const express = load('express')
const Koa = load('koa')
const Router = load('@koa/router')
const { createNamespace } = require('cls-hooked')
const { getLog } = require('spanlog')

/** What a handler receives in each framework. */
interface Call {
  log: any
  req: IncomingMessage
  res: ServerResponse
  /** Logs a line that says whose it is: `own` the server span itself, `active` any span of this request, `inner` the child. */
  say(expected: 'own' | 'active' | 'inner', where: string): void
}
type Handler = (call: Call) => unknown

const waiting: (() => void)[] = []
setInterval(() => {
  for (const callback of waiting.splice(0)) callback()
}, 5).unref()
const shared = new EventEmitter().setMaxListeners(0)
let kicker: NodeJS.Timeout | undefined

const handlers: { [path: string]: Handler } = {
  '/handler/:id': ({ say }) => say('active', 'in the handler'),
  '/child/:id': async ({ log, say, req }) => {
    const kid = log.child({ kid: true })
    await tracer.trace('inner', async () => {
      say('inner', 'in a child span')
      await sleep(1)
      kid.info(message(req, 'inner', 'by a child logger in a child span'))
    })
    say('active', 'after a child span')
  },
  '/await/:id': async ({ say, req }) => {
    await sleep(2)
    await null
    say('active', 'after await')
    getLog(outside).info(message(req, 'active', 'by getLog() after await'))
  },
  '/lost/:id': ({ say }) =>
    new Promise<void>(done => {
      waiting.push(() => {
        say('own', 'in a queue that something else drains')
        done()
      })
    }),
  '/shared/:id': ({ say }) =>
    new Promise<void>(done => {
      shared.once('kick', () => {
        say('own', "on a shared emitter, in another request's context")
        done()
      })
    }),
  '/kick/:id': ({ say }) => {
    clearInterval(kicker)
    kicker = setInterval(() => shared.emit('kick'), 5) // in the context of this request, for the listeners of others
    say('active', 'before emitting for others')
  },
  '/error/:id': async ({ log, req }) => {
    await tracer.trace('inner', async () => log.debug?.(message(req, 'inner', 'held in a child span')))
    await new Promise<void>(done => {
      waiting.push(() => {
        log.debug?.(message(req, 'own', 'held in a queue that something else drains'))
        done()
      })
    })
    throw new Error('no such order')
  },
  '/abort/:id': ({ say, res, req }) =>
    new Promise<void>(done => {
      res.on('close', () => {
        say('active', 'in `close` of an abort')
        getLog(outside).info(message(req, 'active', 'by getLog() in `close` of an abort'))
        done()
      })
      res.write('the client leaves after this')
    }),
  '/upload/:id': ({ say, req }) =>
    new Promise<void>(done => {
      req.on('data', () => undefined)
      req.on('end', () => {
        say('active', 'in `end` of an upload')
        getLog(outside).info(message(req, 'active', 'by getLog() in `end` of an upload'))
        done()
      })
    }),
  '/later/:id': ({ say }) => {
    setTimeout(() => say('active', 'after the response'), 30)
  },
}

const message = (req: IncomingMessage, expected: string, where: string) =>
  JSON.stringify({ id: new URL(req.url as string, 'http://x').searchParams.get('id'), expected, where }).replace(
    '{',
    '<',
  )

const outside = { info: (text: string) => print('outside', JSON.stringify({ message: text })) }

function callOf(log: unknown, req: IncomingMessage, res: ServerResponse): Call {
  const say = (expected: string, where: string) => (log as any).info(message(req, expected, where))
  return { log, req, res, say }
}

/** All options of the access line, the request id and the fields. */
const story = {
  accessLog: true,
  requestId: true,
  fields: () => ({ tenant: 'acme' }),
  tagFields: ['tenant'],
  keepOnError: true,
  debugOnError: true,
}

function expressApp(options: object) {
  const { spanlog, recordErrors } = require('spanlog/express')
  const app = express()
  app.use(spanlog(options))
  const router = express.Router()
  for (const [path, handler] of Object.entries(handlers)) {
    router.all(path, async (req: any, res: any, next: any) => {
      try {
        await handler(callOf(req.log, req, res))
        if (!res.writableEnded) res.end()
      } catch (error) {
        next(error)
      }
    })
  }
  app.use('/of/:tenant', router)
  app.use(recordErrors())
  app.use((_error: unknown, req: any, res: any, _next: unknown) => {
    callOf(req.log, req, res).say('active', 'in the error handler')
    res.status(500).end()
  })
  return app
}

function koaApp(options: object) {
  const { spanlog } = require('spanlog/koa')
  const app = new Koa()
  app.use(spanlog(options))
  app.on('error', (_error: unknown, ctx: any) => {
    callOf(ctx.log, ctx.req, ctx.res).say('active', 'in the error handler')
  })
  const router = new Router({ prefix: '/of/:tenant' })
  for (const [path, handler] of Object.entries(handlers)) {
    router.all(path, async (ctx: any) => {
      await handler(callOf(ctx.log, ctx.req, ctx.res))
      ctx.body = 'ok'
    })
  }
  app.use(router.routes())
  return app.callback()
}

const print = (app: string, line: string) =>
  process.stdout.write(`${JSON.stringify({ app, line: String(line).trimEnd() })}\n`)

/** Each logger, writing to `write`. */
const loggers: { [name: string]: (write: (line: string) => void) => unknown } = {
  pino: write => require('pino')({}, { write }),
  winston: write => {
    const winston = require('winston')
    const stream = new Writable({
      write(chunk, _encoding, done) {
        write(String(chunk))
        done()
      },
    })
    return winston.createLogger({ transports: [new winston.transports.Stream({ stream })] })
  },
  bunyan: write => require('bunyan').createLogger({ name: 'contract', streams: [{ stream: { write } }] }),
  console: write => require('spanlog').consoleLogger({ stream: { write } }),
  function: write => (fields: object) => plain(fields, write),
}

/** A logger of the application's own. */
function plain(fields: object, write: (line: string) => void) {
  return {
    info: (text: string) => write(JSON.stringify({ ...fields, message: text })),
    child: (more: object) => plain({ ...fields, ...more }, write),
  }
}

async function listen(listener: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function start() {
  const shop = createNamespace('shop') // one for all: each costs every promise of the process
  const urls: { [app: string]: string } = {}
  for (const [name, make] of Object.entries(loggers)) {
    for (const [variant, options] of Object.entries({ als: {}, namespace: { namespace: shop }, story })) {
      const logger = (framework: string) => make(line => print(`${framework} ${name} ${variant}`, line)) as object
      urls[`express ${name} ${variant}`] = await listen(expressApp({ logger: logger('express'), ...options }))
      urls[`koa ${name} ${variant}`] = await listen(koaApp({ logger: logger('koa'), ...options }))
    }
  }
  process.send?.({ urls })
}

start()
