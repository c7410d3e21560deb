// What is compared, by name: which tracer starts, what stands in front of the handler, and which logger the handler uses.
import { byHand, spanOnly } from './by-hand.mjs'
import { require, requireSpanlog } from './install.mjs'
import { automatic, automaticEntryOnly, plain } from './tracing.mjs'

const shared = logger => () => logger
const ofRequest = () => req => req.log

export const configurations = {
  'bare + pino': { logOf: shared },
  'pino-http': { middleware: pinoHttp, logOf: ofRequest },
  'span only': { trace: plain, middleware: ({ framework, tracer }) => spanOnly[framework](tracer), logOf: shared },
  'by hand': {
    trace: plain,
    middleware: ({ framework, tracer, logger }) => byHand[framework](tracer, logger),
    logOf: ofRequest,
  },
  spanlog: { trace: plain, middleware: spanlog, logOf: ofRequest },
  'automatic + pino': { trace: automatic, logOf: shared },
  'automatic + pino-http': { trace: automatic, middleware: pinoHttp, logOf: ofRequest },
  /** dd-trace makes a span for each middleware, whatever the middleware does. */
  'automatic + empty middleware': { trace: automatic, middleware: empty, logOf: shared },
  'spanlog adopting': { trace: automatic, middleware: spanlog, logOf: ofRequest },
  'automatic + entry spans only': { trace: automaticEntryOnly, logOf: shared },
  'spanlog adopting + entry spans only': { trace: automaticEntryOnly, middleware: spanlog, logOf: ofRequest },
  'spanlog + namespace': {
    trace: plain,
    middleware: context => spanlog(context, { namespace: require('cls-hooked').createNamespace('bench') }),
    logOf: ofRequest,
  },
}

function spanlog({ framework, logger, checkout }, options) {
  return requireSpanlog(`spanlog/${framework}`, checkout).spanlog({ logger, ...options })
}

function empty({ framework }) {
  return framework === 'express' ? (_req, _res, next) => next() : (_ctx, next) => next()
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
