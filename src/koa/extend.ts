import { type EventEmitter, errorMonitor } from 'node:events'
import { defineId, defineLog, oncePer } from '../frameworks/accessors'
import { type Emit, emitInRequest } from '../store'
import { hintMountedLate } from '../warnings/hints'
import { attempt } from '../warnings/warn'
import { type KoaContext, type KoaServed, requestOfContext, routeStateOf, tieContext } from './requests'
import { type KoaApp, noteKoaRoute, watchKoaRoutes } from './route'

// Koa documents `app.context` for extensions: every `ctx` inherits from it.

const logWarning = {
  code: 'SPANLOG_LOG',
  message: '`ctx.log` could not be added to `app.context`; `getLog()` works all the same',
}

/** Ties a `ctx` to its request, and defines `log` for all contexts of its application. */
export function extend(ctx: KoaContext, request: KoaServed): void {
  if (requestOfContext(ctx) === request) return
  extendApplication(ctx.app)
  attempt(logWarning, tie, ctx, request)
  if (request.id !== undefined) extendApplicationWithId(ctx.app)
}

function tie(ctx: KoaContext, request: KoaServed): void {
  tieContext(ctx, request)
  const state = routeStateOf(ctx)
  if (state) noteKoaRoute(ctx, state)
}

const extendApplication = oncePer((app: KoaApp) => {
  watchKoaRoutes(app, routeStateOf)
  hintMountedLate(...routersAround(app as { middleware?: unknown }))
  watchErrors(app as Partial<EventEmitter>)
  attempt(logWarning, emitErrorsInRequest, app as WithEmit)
  attempt(logWarning, defineLog, app.context ?? {}, requestOfContext)
})

/** How many routers of koa-router and @koa/router are used before our middleware, and how many after it. */
function routersAround({ middleware }: { middleware?: unknown }): [before: number, behind: number] {
  if (!Array.isArray(middleware)) return [0, 0]
  const at = middleware.findIndex(one => one?.name === 'spanlogMiddleware')
  const count = (some: { router?: unknown }[]) => some.filter(one => one?.router !== undefined).length
  return at < 0 ? [0, 0] : [count(middleware.slice(0, at)), count(middleware.slice(at))]
}

const extendApplicationWithId = oncePer((app: KoaApp) => {
  attempt(logWarning, defineId, app.context ?? {}, requestOfContext)
})

/**
 * Records errors that a middleware answers itself and reports by `ctx.app.emit('error', error, ctx)`. A listener on `error` would stop
 * Koa from printing errors. A listener on `errorMonitor` does not.
 */
function watchErrors(app: Partial<EventEmitter>): void {
  if (!app.listeners?.(errorMonitor).includes(recordEmitted)) app.on?.(errorMonitor, recordEmitted)
}

function recordEmitted(error: unknown, ctx?: KoaContext): void {
  const request = ctx && requestOfContext(ctx)
  if (request && !request.error) request.noteError(error, ctx.req, ctx.res)
}

type WithEmit = object & { emit?: Emit & { [emitKey]?: true } }
const emitKey = Symbol.for('spanlog.emit')

/** Koa emits `error` outside the request's async context. This calls the listeners inside it. */
function emitErrorsInRequest(app: WithEmit): void {
  const { emit } = app
  if (typeof emit !== 'function' || emit[emitKey]) return
  const value: Emit = function (...args) {
    const [event, , ctx] = args
    const request = event === 'error' && ctx ? requestOfContext(ctx) : undefined
    return request ? emitInRequest(request, emit, this, args) : emit.apply(this, args)
  }
  Object.defineProperty(app, 'emit', {
    value: Object.assign(value, { [emitKey]: true }),
    configurable: true,
    writable: true,
  })
}
