import { type EventEmitter, errorMonitor } from 'node:events'
import { defineId, defineLog, oncePer } from '../accessors'
import { type Emit, emitInRequest } from '../store'
import { attempt } from '../warn'
import { type KoaContext, type KoaServed, requestOfContext, routeStateOf, tieContext } from './requests'
import { type KoaApp, noteKoaRoute, watchKoaRoutes } from './route'

// Koa documents `app.context` for extensions: every `ctx` inherits from it.

const logWarning = {
  code: 'SPANLOG_LOG',
  message: '`ctx.log` could not be added to `app.context`; `getLog()` works all the same',
}

/** Gives a `ctx` its request, and its application's contexts their `log`. */
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
  watchErrors(app as Partial<EventEmitter>)
  attempt(logWarning, emitErrorsInRequest, app as WithEmit)
  attempt(logWarning, defineLog, app.context ?? {}, requestOfContext)
})

const extendApplicationWithId = oncePer((app: KoaApp) => {
  attempt(logWarning, defineId, app.context ?? {}, requestOfContext)
})

/**
 * A middleware that answers an error itself reports it by `ctx.app.emit('error', error, ctx)`. With a listener on `error` Koa would
 * no longer print errors, and a listener on the monitor does not count as one.
 */
function watchErrors(app: Partial<EventEmitter>): void {
  if (!app.listeners?.(errorMonitor).includes(noteEmitted)) app.on?.(errorMonitor, noteEmitted)
}

function noteEmitted(error: unknown, ctx?: KoaContext): void {
  const request = ctx && requestOfContext(ctx)
  if (request && !request.error) request.noteError(error, ctx.req, ctx.res)
}

type WithEmit = object & { emit?: Emit & { [emitKey]?: true } }
const emitKey = Symbol.for('spanlog.emit')

/** Koa tells its listeners of an error outside of the context in which the request ran. They are called as part of the request. */
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
