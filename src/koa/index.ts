import { type EventEmitter, errorMonitor } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { byPrototype, defineLog, emitFor } from '../accessors'
import { usedElsewhere, usedWithoutCall } from '../check-options'
import { type Options, readOptions } from '../options'
import { end, expose, exposeAgain, open, run, type ServedRequest } from '../request'
import { onResponseEnd, tellEnd } from '../response-end'
import { apart, carrierOf } from '../span'
import type { Emit } from '../store'
import { warnOnce } from '../warn'
import {
  type KoaApp,
  KoaRouteTaken,
  koaRoute,
  noteKoaRoute,
  type KoaContext as RoutedContext,
  watchKoaRoutes,
} from './route'

/** Koa's `ctx`, by what spanlog reads. */
export interface KoaContext extends RoutedContext {
  app: KoaApp
  req: IncomingMessage
  res: ServerResponse
}

type KoaServed = ServedRequest<KoaRouteTaken>
/** A Koa context is made once per request and shares its shape with others: there a property costs less than a WeakMap. */
const requestKey = Symbol.for('spanlog.koa.request')
const contextKey = Symbol.for('spanlog.koa.context')
type Marked = KoaContext & { [requestKey]?: KoaServed }
type Message = { [contextKey]?: Marked; emit: Emit }

/**
 * The middleware for Koa 2 and 3: one span and one logger (`ctx.log`) per request. Use it first.
 *
 * @example app.use(spanlog({ logger: pino() }))
 * @throws TypeError for wrong options, with what to type instead
 */
export function spanlog<Context extends KoaContext = KoaContext>(options: Options<Context> = {}) {
  if (arguments.length > 1) throw usedWithoutCall('spanlog')
  const settings = readOptions(options as Options<KoaContext>, 'koa')
  return function spanlogMiddleware(ctx: Context & Marked, next: () => Promise<unknown>): Promise<unknown> {
    if (typeof next !== 'function') throw usedElsewhere('spanlog/koa', 'spanlog/express')
    const outer = ctx[requestKey] ?? requestOf(ctx.req)
    if (outer) {
      attach(ctx, outer) // mounted twice, or an application that another one called with its own context
      return next()
    }
    const carrier = carrierOf(settings, ctx, ctx.req)
    return apart(carrier, () => {
      const request = open(settings, ctx, ctx.req, carrier, new KoaRouteTaken())
      attach(ctx, request)
      watch(ctx, request)
      expose(request, ctx.res)
      return noted(request, ctx.res, run(request, next, true))
    })
  }
}

/** By `then`, since an async function makes two promises more, and under a tracer each promise is dear. */
function noted(request: KoaServed, res: ServerResponse, done: Promise<unknown>): Promise<unknown> {
  return Promise.resolve(done).then(undefined, error => {
    request.noteError(error)
    exposeAgain(request, res)
    throw error
  })
}

/**
 * A middleware that notes an error for the request's span and passes it on. Use it below a middleware of your own that answers
 * errors: what that one catches never comes up to `spanlog()`.
 */
export function recordErrors() {
  if (arguments.length > 1) throw usedWithoutCall('recordErrors')
  return async function recordErrorsMiddleware(ctx: KoaContext, next: () => Promise<unknown>): Promise<unknown> {
    try {
      return await next()
    } catch (error) {
      const { [requestKey]: request } = ctx as Marked
      request?.noteError(error)
      throw error
    }
  }
}

function attach(ctx: Marked, request: KoaServed): void {
  if (ctx[requestKey] === request) return
  try {
    extend(ctx.app)
    ctx[requestKey] = request
    noteKoaRoute(ctx, request.taken)
  } catch (error) {
    warnOnce('SPANLOG_LOG', '`ctx.log` could not be added to `app.context`; `getLog()` works all the same', error)
  }
}

function watch(ctx: Marked, request: KoaServed): void {
  mark(ctx.req as never, ctx, emitRequest)
  mark(ctx.res as never, ctx, emitResponse)
  const marked = requestOf(ctx.res) === request
  if (marked) request.open = onResponseEnd(ctx.req, ctx.res, onEnd, onClose)
  else request.open = onResponseEnd(ctx.req, ctx.res, () => endOf(ctx, request))
}

/** A message that the application has sealed only ends without telling in whose name. */
function mark(message: Message, ctx: Marked, emitOf: (message: object) => Emits): void {
  try {
    message[contextKey] = ctx
  } catch {
    return
  }
  const emits = emitOf(message)
  if (emits.prototype.emit !== emits.inherited) renew(emits) // somebody has wrapped it since
  if (message.emit === emits.inherited) message.emit = emits.emit
}

/** Our `emit` for the messages with one prototype. */
interface Emits {
  prototype: { emit: Emit }
  inherited: Emit
  emit: Emit
  end: typeof beforeEnd | undefined
}

const contextOf = (message: object) => (message as Message)[contextKey]
const requestOf = (message: object) => contextOf(message)?.[requestKey]
const emitRequest = byPrototype<Emits>(prototype => emitsOf(prototype as never))
const emitResponse = byPrototype<Emits>(prototype => emitsOf(prototype as never, beforeEnd))

function emitsOf(prototype: Emits['prototype'], end?: typeof beforeEnd): Emits {
  const { emit: inherited } = prototype
  return { prototype, inherited, emit: emitFor(requestOf, () => inherited, end), end }
}

function renew(emits: Emits): void {
  Object.assign(emits, emitsOf(emits.prototype, emits.end))
}

function beforeEnd(request: KoaServed, res: object): void {
  const ctx = contextOf(res)
  if (ctx && request.adopted) endOf(ctx, request)
}

function onClose(this: ServerResponse): void {
  tellEnd(requestOf(this)?.open)
}

function onEnd(this: ServerResponse): void {
  const ctx = contextOf(this)
  const request = ctx?.[requestKey]
  if (ctx && request) endOf(ctx, request)
}

function endOf(ctx: Marked, request: KoaServed): void {
  if (!request.ended) end(request, ctx.req, ctx.res, koaRoute(ctx, request.taken))
}

const extended = new WeakSet<KoaApp>()
let last: KoaApp | undefined

/** Once per application, on its own extension object `app.context`. */
function extend(app: KoaApp): void {
  if (app === last || extended.has(app)) return
  last = app
  extended.add(app)
  watchKoaRoutes(app, ctx => requestIn(ctx)?.taken)
  watchErrors(app as Partial<EventEmitter>)
  if (app.context) defineLog(app.context, requestIn)
}

const requestIn = (ctx: object) => (ctx as Marked)[requestKey]

/** Koa's way to tell of an error that a middleware has answered: `ctx.app.emit('error', error, ctx)`. A monitor is no listener to Koa. */
function watchErrors(app: Partial<EventEmitter>): void {
  if (!app.listeners?.(errorMonitor).includes(noteEmitted)) app.on?.(errorMonitor, noteEmitted)
}

function noteEmitted(error: unknown, ctx?: object): void {
  const request = ctx && requestIn(ctx)
  if (request && !request.error) request.noteError(error)
}
