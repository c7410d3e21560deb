import { type EventEmitter, errorMonitor } from 'node:events'
import { defineLog, oncePer } from '../accessors'
import { attempt } from '../warn'
import { type KoaContext, type KoaServed, requestOfContext, tieContext } from './requests'
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
}

function tie(ctx: KoaContext, request: KoaServed): void {
  tieContext(ctx, request)
  noteKoaRoute(ctx, request.route)
}

const extendApplication = oncePer((app: KoaApp) => {
  watchKoaRoutes(app, ctx => requestOfContext(ctx)?.route)
  watchErrors(app as Partial<EventEmitter>)
  attempt(logWarning, defineLog, app.context ?? {}, requestOfContext)
})

/**
 * A middleware that answers an error itself reports it by `ctx.app.emit('error', error, ctx)`. With a listener on `error` Koa would
 * no longer print errors, and a listener on the monitor does not count as one.
 */
function watchErrors(app: Partial<EventEmitter>): void {
  if (!app.listeners?.(errorMonitor).includes(noteEmitted)) app.on?.(errorMonitor, noteEmitted)
}

function noteEmitted(error: unknown, ctx?: object): void {
  const request = ctx && requestOfContext(ctx)
  if (request && !request.error) request.noteError(error)
}
