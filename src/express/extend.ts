import { IncomingMessage, ServerResponse } from 'node:http'
import { defineId, defineLog, emitFor, oncePer } from '../accessors'
import type { Emit } from '../store'
import { attempt } from '../warn'
import { applicationsWithin, topmost } from './applications'
import { type ExpressServed, requestOf, routeStateOf } from './requests'
import { watchRoutes } from './route'
import type { ExpressApp, ExpressRequest } from './types'

// Express documents `app.request` and `app.response` for extensions: every request and response inherits from them.

/** Called when a response is about to tell its listeners that it has ended. */
export type BeforeEnd = (request: ExpressServed, res: object) => void

const logWarning = {
  code: 'SPANLOG_LOG',
  message: '`req.log` could not be added to `app.request`; `getLog()` works all the same',
}

/** Gives the requests of an application their `log`, once per application. A router without an application has no extension objects. */
export function extend(req: ExpressRequest, res: ServerResponse, beforeEnd: BeforeEnd): void {
  const app = req.app as ExpressApp | undefined
  if (app) extendApplication(app, beforeEnd)
  else attempt(logWarning, defineOn, req, res, beforeEnd)
}

const extendApplication = oncePer((app: ExpressApp, beforeEnd: BeforeEnd) => {
  attempt(logWarning, defineWithin, app, beforeEnd)
})

function defineWithin(app: ExpressApp, beforeEnd: BeforeEnd): void {
  const top = topmost(app)
  watchRoutes(app, routeStateOf)
  for (const { request, response } of new Set([top, app, ...applicationsWithin(top)])) {
    if (request && response) defineOn(request, response, beforeEnd)
  }
}

/** Gives the requests of an application their `id`, where the option `requestId` is on. */
export function extendWithId(req: ExpressRequest): void {
  if (req.app) extendApplicationWithId(req.app as ExpressApp)
  else attempt(logWarning, defineId, req, requestOf)
}

const extendApplicationWithId = oncePer((app: ExpressApp) => {
  const { request } = topmost(app)
  if (request && !('id' in request)) attempt(logWarning, defineId, request, requestOf)
})

/** Applications inherit what is defined on the one that has mounted them. */
function defineOn(request: object, response: object, beforeEnd: BeforeEnd): void {
  if (!('log' in request)) defineLog(request, requestOf)
  defineEmit(request, IncomingMessage.prototype, requestOf)
  defineEmit(response, ServerResponse.prototype, res => requestOf((res as ServerResponse).req), beforeEnd)
}

/** Where another copy of spanlog was first, its `emit` serves our requests too. */
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

/** The `emit` that stands behind ours. Looked up again when somebody has wrapped that of Node. */
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
