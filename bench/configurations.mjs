// What is compared, by name. Each says how it starts its tracer, and what stands before the handler of each framework.
import { minimum, spanOnly } from './minimum.mjs'
import { require } from './require.mjs'
import { automatic, openTelemetry, plain } from './tracing.mjs'

const someIds = {
  trace_id: '6b02aa8f9c3e4d1752f0c3a9b1e2d4f6',
  span_id: '8281234567890123456',
  service: 'bench',
  version: '1.0.0',
  env: 'bench',
}
const shared = logger => () => logger
const ofRequest = () => req => req.log

export const configurations = {
  /** The framework alone; its handler logs nothing. */
  bare: { logOf: () => () => undefined },
  'bare + pino': { logOf: shared },
  'pino-http': { middleware: pinoHttp, logOf: ofRequest },
  'dd-trace automatic + pino': { trace: automatic, logOf: shared },
  'dd-trace automatic + pino-http': { trace: automatic, middleware: pinoHttp, logOf: ofRequest },
  'OpenTelemetry + pino': { trace: openTelemetry, logOf: shared },
  'span only': { trace: plain, middleware: ({ framework, tracer }) => spanOnly[framework](tracer), logOf: shared },
  /** The least that a span and lines with its ids can cost: no logger of the request, but as many bytes in each line. */
  'span and bytes': {
    trace: plain,
    middleware: ({ framework, tracer }) => spanOnly[framework](tracer),
    logOf: logger => {
      const log = logger.child({ dd: someIds })
      return () => log
    },
  },
  minimum: {
    trace: plain,
    middleware: ({ framework, tracer, logger }) => minimum[framework](tracer, logger),
    logOf: ofRequest,
  },
  spanlog: { trace: plain, middleware: spanlog, logOf: ofRequest },
  'spanlog with a constant resource': { trace: plain, middleware: withoutRoutes, logOf: ofRequest },
  'cls-hooked': { middleware: namespaceAlone, logOf: shared },
  'spanlog + namespace': {
    trace: plain,
    middleware: context => spanlog(context, { namespace: namespace() }),
    logOf: ofRequest,
  },
  /** What the tracer charges for a middleware, whatever it does: a span of its own. */
  'automatic + empty middleware': { trace: automatic, middleware: empty, logOf: shared },
  'spanlog adopting': { trace: automatic, middleware: spanlog, logOf: ofRequest },
}

function spanlog({ framework, logger, dist }, options) {
  return require(`${dist}/${framework}`).spanlog({ logger, ...options })
}

function empty({ framework }) {
  return framework === 'express' ? (_req, _res, next) => next() : (_ctx, next) => next()
}

/** The same middleware with the part that finds the route replaced: what stays is what it costs to know the template. */
function withoutRoutes(context) {
  const folder = { express: 'express-route', koa: 'koa-route' }[context.framework]
  const path = require.resolve(`${context.dist}/${folder}`)
  const nothing = () => undefined
  const template = () => '/shops/:shop/items/:id'
  class Taken {}
  const exports = {
    express: { RouteTaken: Taken, watchRoutes: nothing, noteRoute: nothing, expressRoute: template },
    koa: { KoaRouteTaken: Taken, watchKoaRoutes: nothing, noteKoaRoute: nothing, koaRoute: template },
  }[context.framework]
  require.cache[path] = { id: path, filename: path, loaded: true, exports }
  return spanlog(context)
}

/** Without its access line, which no other configuration writes. */
function pinoHttp({ framework, logger }) {
  const middleware = require('pino-http')({ logger, autoLogging: false })
  if (framework === 'express') return middleware
  return (ctx, next) => {
    middleware(ctx.req, ctx.res)
    ctx.log = ctx.req.log
    return next()
  }
}

const namespace = () => require('cls-hooked').createNamespace('bench')

/** What any user of cls-hooked has in front: a context per request, one value, the emitters bound. */
function namespaceAlone({ framework }) {
  const ns = namespace()
  const enter = (req, res, next) =>
    ns.runAndReturn(() => {
      ns.bindEmitter(req)
      ns.bindEmitter(res)
      ns.set('request', {})
      return next()
    })
  return framework === 'express' ? enter : (ctx, next) => enter(ctx.req, ctx.res, next)
}
