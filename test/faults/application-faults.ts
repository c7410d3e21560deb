import { Readable } from 'node:stream'
import { get, head, leaving, talk } from './client'
import { type Fault, gone, type Tools } from './fault'

const on = (framework: 'express' | 'koa') => [framework] as const
const hang = () => {}
/** Since Node 26, reading `req.headers` throws once where the application has replaced `req.rawHeaders`. */
const readsRawHeaders = Number.parseInt(process.versions.node, 10) < 26
const frozen = (message: string) => Object.freeze(new Error(message))
const same = (error: unknown) => (_error: unknown, _req: any, res: any, _next: any) =>
  res.status(500).end(_error === error ? 'the same' : 'another')

/** An Express application that throws `value`, and answers whether that very value came to its error handler. */
const expressThrows = (value: unknown) => ({
  express({ express, spanlog, recordErrors }: Tools) {
    const app = express()
    app.use(spanlog())
    app.get('/at/:id', () => {
      throw value
    })
    app.use(recordErrors())
    app.use(same(value))
    return app
  },
})

/** No framework: a function that calls the middleware, and throws. */
function plain({ spanlog }: Tools) {
  const middleware = spanlog()
  return (req: any, res: any) => {
    try {
      middleware(req, res, () => {
        throw thrown[0]
      })
    } catch (error) {
      res.end(error === thrown[0] ? 'the same' : 'another')
    }
  }
}

const hostile = new Proxy(new Error('trap'), {
  get() {
    throw new Error('trapped')
  },
})
const getters = new Error('x')
String(getters.stack) // Node makes it when first asked
for (const name of ['message', 'stack']) {
  Object.defineProperty(getters, name, {
    get() {
      throw new Error(`no ${name}`)
    },
  })
}
const thrown = [frozen('frozen'), hostile, getters, { code: 7 }, Symbol('boom')] as const

/** Faults in the application itself. */
export const applicationFaults: { [title: string]: Fault } = {
  'a handler that throws makes the span an error, and the answer is as without spanlog': {
    express: () => {
      throw new Error('no such order')
    },
    koa: () => {
      throw new Error('no such order')
    },
    span: { status: 500, error: 'no such order' },
  },
  'a handler whose promise rejects makes the span an error': {
    express: async (_req, _res, next, { expressMajor }) => {
      const error = new Error('rejected')
      if (expressMajor === 4) return next(error)
      throw error
    },
    koa: async () => Promise.reject(new Error('rejected')),
    span: { status: 500, error: 'rejected' },
  },
  'an unhandled rejection in a handler has the same effect as without spanlog': {
    raw: (_req, res, { error }) => {
      void Promise.reject(error('nobody cares'))
      res.end('ok')
    },
  },
  'an uncaught exception after a handler has the same effect as without spanlog': {
    raw: (_req, res, { error }) => {
      setTimeout(() => {
        res.end('ok')
        throw error('behind')
      }, 5)
    },
  },
  'when a handler throws after the headers, Express breaks off, and the span is an error': {
    on: on('express'),
    express: (_req, res) => {
      res.write('begun')
      throw new Error('midway')
    },
    span: { status: 200, error: 'midway' },
  },
  'when a handler throws after the headers, Koa leaves the client waiting, and the span is an error': {
    on: on('koa'),
    koa: ctx => {
      ctx.respond = false
      ctx.res.writeHead(200).write('begun')
      throw new Error('midway')
    },
    send: leaving({ after: 50 }),
    span: { status: 200, error: 'midway' },
  },
  'a handler that throws after its client has left counts as a client that left': {
    express: async (req, res, next) => {
      res.write('begun')
      await gone(req)
      next(new Error('too late'))
    },
    koa: async ctx => {
      ctx.respond = false
      ctx.res.writeHead(200).write('begun')
      await gone(ctx.req)
      throw new Error('too late')
    },
    send: leaving({ after: 30 }),
    span: { status: 200, aborted: true },
  },
  'a client that leaves after an answered error counts as a client that left': {
    on: on('express'),
    app: {
      express({ express, spanlog, recordErrors }) {
        const app = express()
        app.use(spanlog())
        app.use(() => {
          throw new Error('answered')
        })
        app.use(recordErrors())
        app.use((_error: unknown, _req: any, res: any, _next: any) => res.status(500).write('sorry'))
        return app
      },
    },
    send: leaving({ after: 30 }),
    span: { status: 500, aborted: true, route: 'none' },
    lines: 0,
  },
  'a response that is ended twice has one span': {
    raw: (_req, res) => {
      res.end('x')
      res.end('y')
    },
  },
  'writing after the end has the same effect as without spanlog': {
    raw: (_req, res) => {
      res.end('x')
      res.write('y', hang)
    },
  },
  'an answer longer than its content-length makes end() throw, as without spanlog': {
    express: (_req, res) => {
      res.strictContentLength = true
      res.setHeader('content-length', '2')
      res.end('too long')
    },
    koa: ctx => {
      ctx.respond = false
      ctx.status = 200
      ctx.res.strictContentLength = true
      ctx.res.setHeader('content-length', '2')
      ctx.res.end('too long')
    },
    send: leaving({ after: 60 }),
    span: {
      status: 200,
      error: "Response body's content-length of 8 byte(s) does not match the content-length of 2 byte(s) set in header",
    },
  },
  'setting headers after they were sent throws into the handler, as without spanlog': {
    raw: (_req, res, { error }) => {
      res.end('x')
      try {
        res.setHeader('a', 'b')
      } catch {
        setImmediate(() => {
          throw error('headers sent')
        })
      }
    },
  },
  'next() after the answer has the same effect as without spanlog': {
    on: on('express'),
    express: (_req, res, next) => {
      res.end('x')
      next()
    },
    span: { status: 200 },
  },
  'an error thrown in the error handler is the one on the span': {
    on: on('express'),
    app: {
      express({ express, spanlog, recordErrors }) {
        const app = express()
        app.set('env', 'production')
        app.use(spanlog())
        app.get('/at/:id', () => {
          throw new Error('first')
        })
        app.use(recordErrors())
        app.use((_error: unknown, _req: any, _res: any, _next: any) => {
          throw new Error('second')
        })
        app.use(recordErrors())
        return app
      },
    },
    span: { status: 500, error: 'second' },
    lines: 0,
  },
  'an error that the application answers with a success leaves the span without error': {
    on: on('express'),
    app: {
      express({ express, spanlog, recordErrors }) {
        const app = express()
        app.use(spanlog())
        app.get('/at/:id', () => {
          throw new Error('handled')
        })
        app.use(recordErrors())
        app.use((_error: unknown, _req: any, res: any, _next: any) => res.end('never mind'))
        return app
      },
    },
    span: { status: 200 },
    lines: 0,
  },
  'a thrown string reaches the error handler unchanged': {
    on: on('express'),
    app: expressThrows('just text'),
    span: { status: 500, error: 'just text' },
    lines: 0,
  },
  'a frozen error reaches the error handler unchanged': {
    on: on('express'),
    app: expressThrows(thrown[0]),
    span: { status: 500, error: 'frozen' },
    lines: 0,
  },
  'a thrown Proxy whose traps throw reaches the error handler unchanged': {
    on: on('express'),
    app: expressThrows(thrown[1]),
    span: { status: 500, error: true },
    lines: 0,
  },
  'an error with getters that throw reaches the error handler unchanged': {
    on: on('express'),
    app: expressThrows(thrown[2]),
    span: { status: 500, error: true },
    lines: 0,
  },
  'a thrown object that is no error reaches the error handler unchanged': {
    on: on('express'),
    app: expressThrows(thrown[3]),
    span: { status: 500, error: '7' },
    lines: 0,
  },
  'a thrown symbol reaches the error handler unchanged': {
    on: on('express'),
    app: expressThrows(thrown[4]),
    span: { status: 500, error: 'Symbol(boom) was thrown' },
    lines: 0,
  },
  'an outer middleware of Koa catches the same error that was thrown': {
    on: on('koa'),
    before: {
      koa: () => (ctx: any, next: any) =>
        next().catch((error: unknown) => {
          ctx.status = 500
          ctx.body = error === thrown[0] ? 'the same' : 'another'
        }),
    },
    koa: () => {
      throw thrown[0]
    },
    span: { status: 500, error: 'frozen' },
  },
  'a frozen error leaves Koa without an answer, as without spanlog': {
    on: on('koa'),
    koa: () => {
      throw frozen('frozen')
    },
    send: leaving({ after: 60 }),
    span: { status: 499, aborted: true },
  },
  'an error with status 404 leaves the span without error': {
    on: on('express'),
    express: (_req, _res, next) => next(Object.assign(new Error('not here'), { status: 404 })),
    span: { status: 404 },
  },
  'next(null) calls the next handler': {
    on: on('express'),
    express: (_req, _res, next) => next(null as never),
    span: { status: 404 },
  },
  'where no route matched, the resource is the method alone': {
    send: to => talk(to, head(`/no${to.path}`)),
    span: { status: 404, route: 'none' },
  },
  'ctx.respond = false leaves the answer to the handler': {
    on: on('koa'),
    koa: ctx => {
      ctx.respond = false
      setTimeout(() => ctx.res.writeHead(202).end('later'), 30)
    },
    span: { status: 202 },
  },
  'ctx.throw(404) leaves the span without error': {
    on: on('koa'),
    koa: ctx => ctx.throw(404, 'not here'),
    span: { status: 404 },
  },
  'ctx.throw(503) makes the span an error': {
    on: on('koa'),
    koa: ctx => ctx.throw(503, 'busy'),
    span: { status: 503, error: 'busy' },
  },
  'a body of null is answered with 204': { on: on('koa'), koa: ctx => (ctx.body = null), span: { status: 204 } },
  'a stream as body has one span with its status': {
    on: on('koa'),
    koa: ctx => (ctx.body = Readable.from(['a', 'b'])),
  },
  'a stream as body that fails at once makes the span an error': {
    on: on('koa'),
    koa: ctx =>
      (ctx.body = new Readable({
        read() {
          this.destroy(new Error('unreadable'))
        },
      })),
    span: { status: 500, error: 'unreadable' },
  },
  'a stream as body that fails midway makes the span an error, though Koa 2 leaves the client waiting': {
    on: on('koa'),
    koa: ctx => {
      const body = new Readable({ read() {} })
      body.push('begun')
      setTimeout(() => body.destroy(new Error('midway')), 20)
      ctx.body = body
    },
    send: leaving({ after: 80 }),
    span: { status: 200, error: 'midway' },
  },
  'an error listener of Koa that throws has the same effect as without spanlog': {
    on: on('koa'),
    app: {
      koa({ Koa, spanlog, error }) {
        const app = new Koa()
        app.use(spanlog())
        app.on('error', () => {
          throw error('in the error listener')
        })
        app.use(() => {
          throw new Error('first')
        })
        return app
      },
    },
    send: leaving({ after: 60 }),
    span: { status: 499, aborted: true, route: 'none' },
    lines: 0,
  },
  'spanlog mounted twice makes one span': {
    app: {
      express({ express, spanlog }) {
        const app = express()
        app.use(spanlog(), spanlog())
        app.get('/at/:id', spanlog(), (req: any, res: any) => {
          req.log?.info('here')
          res.end('x')
        })
        return app
      },
      koa({ Koa, Router, spanlog }) {
        const app = new Koa()
        app.use(spanlog())
        app.use(spanlog())
        app.use(
          new Router()
            .get('/at/:id', spanlog(), (ctx: any) => {
              ctx.log?.info('here')
              ctx.body = 'x'
            })
            .routes(),
        )
        return app
      },
    },
    lines: 1,
  },
  'spanlog mounted in a router serves the requests of that router': {
    app: {
      express({ express, spanlog }) {
        const router = express.Router()
        router.use(spanlog())
        router.get('/:id', (req: any, res: any) => {
          req.log?.info('here')
          res.end('x')
        })
        return express().use('/at', router)
      },
      koa({ Koa, Router, spanlog }) {
        const router = new Router({ prefix: '/at' })
        router.use(spanlog())
        router.get('/:id', (ctx: any) => {
          ctx.log?.info('here')
          ctx.body = 'x'
        })
        return new Koa().use(router.routes())
      },
    },
    lines: 1,
  },
  'spanlog mounted at a route serves the requests of that route': {
    app: {
      express({ express, spanlog }) {
        return express().get('/at/:id', spanlog(), (req: any, res: any) => {
          req.log?.info('here')
          res.end('x')
        })
      },
      koa({ Koa, Router, spanlog }) {
        const router = new Router().get('/at/:id', spanlog(), (ctx: any) => {
          ctx.log?.info('here')
          ctx.body = 'x'
        })
        return new Koa().use(router.routes())
      },
    },
    lines: 1,
  },
  'a client that left before spanlog began makes a 499': {
    before: {
      express: () => (req: any, _res: any, next: any) => void gone(req).then(() => next()),
      koa: () => (ctx: any, next: any) => gone(ctx.req).then(next),
    },
    raw: (_req, res) => res.writeHead(200).end('late'),
    send: leaving({ after: 20 }),
    span: { status: 499, aborted: true },
    lines: 1,
  },
  'a client of a waiting response that left before spanlog began makes a 499': {
    before: {
      express: () => (req: any, _res: any, next: any) => void gone(req).then(() => next()),
      koa: () => (ctx: any, next: any) => gone(ctx.req).then(next),
    },
    raw: (_req, res) => res.end('late'),
    send: to => talk(to, head(to.path, { keep: true }) + head(to.path, { keep: true }), { after: 20 }),
    span: { status: 499, aborted: true },
    spans: 2,
    lines: 'some',
  },
  'a response that was answered before spanlog has one span': {
    before: {
      express: () => (_req: any, res: any, next: any) => {
        res.end('early')
        setTimeout(next, 20)
      },
      koa: () => async (ctx: any, next: any) => {
        ctx.respond = false
        ctx.res.writeHead(200).end('early')
        await new Promise(done => setTimeout(done, 20))
        return next()
      },
    },
    raw: hang,
    span: { status: 200 },
    lines: 1,
  },
  'a sub-application has req.log': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const sub = express()
        sub.get('/:id', (req: any, res: any) => {
          req.log?.info('in the sub-application')
          res.end('x')
        })
        return express().use(spanlog()).use('/at', sub)
      },
    },
    lines: 1,
  },
  'a sub-application with its own spanlog makes no second span': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const sub = express().use(spanlog())
        sub.get('/:id', (req: any, res: any) => {
          req.log?.info('in the sub-application')
          res.end('x')
        })
        return express().use(spanlog()).use('/at', sub)
      },
    },
    lines: 1,
  },
  'a sub-application that Router#use mounted has req.log at its first request': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const router = express.Router()
        const sub = express()
        sub.get('/:id', (req: any, res: any) => {
          res.on('close', () => req.log?.info('closed'))
          req.log?.info('in the sub-application')
          res.end('x')
        })
        router.use('/at', sub)
        return express().use(spanlog()).use(router)
      },
    },
    lines: 2,
  },
  'an application that a function calls has req.log if it mounts spanlog too': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const other = express().use(spanlog())
        other.get('/at/:id', (req: any, res: any) => {
          req.log?.info('in the other application')
          res.end('x')
        })
        return express()
          .use(spanlog())
          .use((req: any, res: any) => other(req, res))
      },
    },
    lines: 1,
  },
  'an application that a function calls has req.log from its second request on': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const other = express()
        other.get('/at/:id', (req: any, res: any) => {
          req.log?.info('in the other application')
          res.end('x')
        })
        return express()
          .use(spanlog())
          .use((req: any, res: any) => other(req, res))
      },
    },
    send: async to => (await talk(to, head(to.path))) + (await talk(to, head(to.path))),
    spans: 2,
    lines: 1,
  },
  'a Koa application that another one calls has ctx.log if it uses spanlog too': {
    on: on('koa'),
    app: {
      koa({ Koa, Router, spanlog }) {
        const inner = new Koa().use(spanlog()).use(
          new Router()
            .get('/at/:id', (ctx: any) => {
              ctx.log?.info('inside')
              ctx.body = 'x'
            })
            .routes(),
        )
        const callback = inner.callback()
        return new Koa().use(spanlog()).use(async (ctx: any) => {
          ctx.respond = false
          await callback(ctx.req, ctx.res)
        })
      },
    },
    span: { status: 200 },
    lines: 1,
  },
  'a router without an application has spans and lines': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const router = express.Router()
        router.use(spanlog())
        router.get('/at/:id', (req: any, res: any) => {
          req.log?.info('bare')
          res.end('x')
        })
        return (req: any, res: any) => router(req, res, () => res.writeHead(404).end())
      },
    },
    span: { route: 'any' },
    lines: 1,
  },
  'an application that removes all listeners of the response loses no span': {
    raw: (_req, res) => {
      res.removeAllListeners('close')
      res.end('x')
    },
    lines: 1,
  },
  'a finish listener that throws has the same effect as without spanlog, and no span is lost': {
    raw: (_req, res, { error }) => {
      res.on('finish', () => {
        throw error('in finish')
      })
      res.end('x')
    },
  },
  'a close listener that throws has the same effect as without spanlog, and no span is lost': {
    before: {
      express:
        ({ error }) =>
        (_req: any, res: any, next: any) => {
          res.on('close', () => {
            throw error('in close')
          })
          next()
        },
      koa:
        ({ error }) =>
        (ctx: any, next: any) => {
          ctx.res.on('close', () => {
            throw error('in close')
          })
          return next()
        },
    },
    express: (_req, res) => res.end('x'),
    koa: ctx => (ctx.body = 'x'),
    lines: 1,
  },
  'a write after the end without an error listener has the same effect as without spanlog': {
    raw: (_req, res, { error }) => {
      res.on('close', () => {}) // a `close` listener must not swallow it; an `error` listener of ours would
      setTimeout(() => {
        if (res.listenerCount('error') > 0) throw error('somebody listens')
      }, 5)
      res.end('x')
    },
  },
  'an application with ten listeners, as many as Node allows, gets no warning': {
    raw: (_req, res) => {
      for (let own = 1; own < 10; own++) res.on('close', hang) // one is there: it says `close`
      res.end('x')
    },
  },
  'an error thrown through spanlog reaches its caller, and a successful answer stays without error': {
    on: on('express'),
    app: { express: tools => plain(tools) },
    lines: 0,
    span: { status: 200, route: 'none' },
  },
  'with a namespace, an error thrown through spanlog is the same object': {
    on: on('express'),
    options: ({ namespace }) => ({ namespace }),
    app: { express: tools => plain(tools) },
    lines: 0,
    span: { status: 200, route: 'none' },
  },
  'a request is served where `app.request` cannot be extended': {
    on: on('express'),
    app: {
      express({ express, spanlog }) {
        const app = express()
        Object.freeze(app.request)
        Object.freeze(app.response)
        app.use(spanlog())
        app.get('/at/:id', (_req: any, res: any) => res.end('x'))
        return app
      },
    },
    lines: 0,
    warns: ['SPANLOG_LOG'],
  },
  'a req that the handler seals keeps its log and its span': {
    on: on('express'),
    express: (req, res) => {
      req.on('close', hang) // Node itself can serve no request that it cannot add this to
      Object.preventExtensions(req)
      req.log?.info('sealed')
      res.end('x')
    },
    lines: 3,
  },
  'requests that share their raw headers have a log and a span each': {
    on: on('express'),
    before: {
      express: () => {
        const shared: string[] = []
        return (req: any, _res: any, next: any) => {
          req.rawHeaders = shared
          next()
        }
      },
    },
    express: (_req, res) => void setTimeout(() => res.end('x'), 20),
    send: async to => (await Promise.all([talk(to, head(to.path)), talk(to, head(to.path))])).join(),
    ...(readsRawHeaders ? { spans: 2 } : { span: false, lines: 'some', warns: ['SPANLOG_REQUEST'] }),
  },
  'a req whose raw headers the application replaces keeps its log': {
    on: on('express'),
    express: (req, res) => {
      req.rawHeaders = []
      req.log?.info('replaced')
      res.end('x')
    },
    lines: 3,
  },
  'a req with frozen raw headers has its log and its span': {
    on: on('express'),
    before: {
      express: () => (req: any, _res: any, next: any) => {
        Object.freeze(req.rawHeaders)
        next()
      },
    },
    express: (req, res) => {
      req.log?.info('frozen')
      res.end('x')
    },
    lines: 3,
  },
  'a ctx that was sealed before spanlog came still has its span': {
    on: on('koa'),
    app: {
      koa({ Koa, spanlog }) {
        const seal = (ctx: any, next: any) => next(Object.preventExtensions(ctx))
        return new Koa()
          .use(seal)
          .use(spanlog())
          .use((ctx: any) => (ctx.body = 'x'))
      },
    },
    span: { route: 'none' },
    lines: 0,
    warns: ['SPANLOG_LOG'],
  },
  'a req.log that was assigned before spanlog stays': {
    before: {
      express: () => (req: any, _res: any, next: any) => {
        req.log = { info: hang, mine: true }
        next()
      },
      koa: () => (ctx: any, next: any) => {
        ctx.log = { info: hang, mine: true }
        return next()
      },
    },
    express: (req, res) => res.end(String(req.log.mine)),
    koa: ctx => (ctx.body = String(ctx.log.mine)),
    lines: 0,
  },
  'a req.log that is assigned after spanlog stays': {
    express: (req, res) => {
      req.log = { mine: true }
      res.end(JSON.stringify([req.log, Object.keys(req).includes('log')]))
    },
    koa: ctx => {
      ctx.log = { mine: true }
      ctx.body = JSON.stringify([ctx.log, Object.keys(ctx).includes('log')])
    },
    warns: ['SPANLOG_LOG_REPLACED'],
  },
  'a log that the application defined on its extension object stays': {
    app: {
      express({ express, spanlog }) {
        const app = express()
        app.request.log = { mine: 1 }
        app.use(spanlog())
        app.get('/at/:id', (req: any, res: any) => res.json(req.log))
        return app
      },
      koa({ Koa, Router, spanlog }) {
        const app = new Koa()
        app.context.log = { mine: 1 }
        return app.use(spanlog()).use(new Router().get('/at/:id', (ctx: any) => (ctx.body = ctx.log)).routes())
      },
    },
    lines: 0,
  },
  'a line that is written after the response is linked to its request': {
    raw: (_req, res, { with: ours }) => {
      const { getLog } = require('spanlog')
      setTimeout(() => ours && getLog()?.info('after'), 30)
      res.end('x')
    },
    lines: 3,
  },
  'a request that is never answered ends when its client leaves': {
    raw: hang,
    send: leaving({ after: 120 }),
    span: { status: 499, aborted: true },
  },
  'tags set by getSpan() until `finish` are on the span': {
    raw: (_req, res, { with: ours }) => {
      const span = ours ? require('spanlog').getSpan() : undefined
      res.on('finish', () => span?.setTag('late', 'yes'))
      res.end('x')
    },
    span: { meta: { late: 'yes' } },
  },
  'with a namespace, an error reaches the error handler unchanged': {
    options: ({ namespace }) => ({ namespace }),
    express: (_req, _res, next) =>
      next(Object.freeze(Object.assign(new Error('frozen in a namespace'), { status: 500 }))),
    koa: ctx => {
      ctx.status = 500
      ctx.body = 'frozen'
    },
    span: { status: 500, error: true },
  },
  'a HEAD of a missing page has one span': {
    send: to => get({ method: 'HEAD' })({ ...to, path: `/no${to.path}` }),
    span: { method: 'HEAD', status: 404, route: 'none' },
  },
}
