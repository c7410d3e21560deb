import { IncomingMessage, ServerResponse } from 'node:http'
import { defineId, defineLog, emitFor, oncePer } from '../frameworks/accessors'
import type { Emit } from '../store'
import { hintMountedLate } from '../warnings/hints'
import { watchFastify } from '../warnings/no-route'
import { attempt } from '../warnings/warn'
import { applicationsWithin, routesAround, topmost } from './applications'
import { type ExpressServed, requestOf, routeStateOf } from './requests'
import { watchRoutes } from './route'
import type { ExpressApp, ExpressRequest } from './types'

// Express documents `app.request` and `app.response` for extensions: every request and response inherits from them.

/** Called before a response emits `finish` or `close`. */
export type BeforeEnd = (request: ExpressServed, res: object) => void

const logWarning = {
  code: 'SPANLOG_LOG',
  message: '`req.log` could not be added to `app.request`; `getLog()` works all the same',
}

/**
 * Defines `log` for the requests of an application. A router without an application has no extension objects, so it is defined on
 * `req`.
 */
export function extend(req: ExpressRequest, res: ServerResponse, beforeEnd: BeforeEnd): void {
  const app = req.app as ExpressApp | undefined
  if (app) extendApplication(app, req, beforeEnd)
  else {
    watchFastify(req)
    attempt(logWarning, defineOn, req, res, beforeEnd)
  }
}

const extendApplication = oncePer((app: ExpressApp, req: ExpressRequest, beforeEnd: BeforeEnd) => {
  watchFastify(req)
  attempt(logWarning, defineWithin, app, beforeEnd)
})

function defineWithin(app: ExpressApp, beforeEnd: BeforeEnd): void {
  const top = topmost(app)
  watchRoutes(app, routeStateOf)
  hintMountedLate(...routesAround(app, 'spanlogMiddleware'))
  for (const { request, response } of new Set([top, app, ...applicationsWithin(top)])) {
    if (request && response) defineOn(request, response, beforeEnd)
  }
}

/** Defines `id` for the requests of an application. Called only where the option `requestId` is on. */
export function extendWithId(req: ExpressRequest): void {
  if (req.app) extendApplicationWithId(req.app as ExpressApp)
  else attempt(logWarning, defineId, req, requestOf)
}

const extendApplicationWithId = oncePer((app: ExpressApp) => {
  const { request } = topmost(app)
  if (request && !('id' in request)) attempt(logWarning, defineId, request, requestOf)
})

/** Does not define `log` where it is inherited from a parent application, or where the application has its own. */
function defineOn(request: object, response: object, beforeEnd: BeforeEnd): void {
  if (!('log' in request)) defineLog(request, requestOf)
  defineEmit(request, IncomingMessage.prototype, requestOf)
  defineEmit(response, ServerResponse.prototype, res => requestOf((res as ServerResponse).req), beforeEnd)
}

/** Does nothing if another copy of spanlog has defined its `emit`: that one finds our requests too. */
function defineEmit(
  prototype: { emit?: Emit & { [emitKey]?: true } },
  node: { emit: unknown },
  requestOf: (of: object) => ExpressServed | undefined,
  beforeEnd?: BeforeEnd,
): void {
  if (typeof prototype?.emit !== 'function' || prototype.emit[emitKey] || Object.hasOwn(prototype, 'emit')) return
  const emit = emitFor(requestOf, inheritedEmit(prototype, node), beforeEnd)
  const value = Object.assign(emit, { [emitKey]: true })
  Object.defineProperty(prototype, 'emit', { value, configurable: true, writable: true })
}

const emitKey = Symbol.for('spanlog.emit')

/** Returns the `emit` that ours calls. It is looked up again when someone has replaced Node's. */
function inheritedEmit(prototype: object, node: { emit: unknown }): () => Emit {
  let seen: unknown
  let inherited: Emit
  return () => {
    if (node.emit !== seen) {
      seen = node.emit
      inherited = Object.getPrototypeOf(prototype).emit
    }
    return inherited
  }
}
