import { IncomingMessage, ServerResponse } from 'node:http'
import { appsWithin, defineLog, emitFor } from '../accessors'
import { usedElsewhere, usedWithoutCall } from '../check-options'
import type { Log } from '../logger'
import { type Options, readOptions } from '../options'
import { end, expose, open, run, type ServedRequest } from '../request'
import { onResponseEnd, tellEnd } from '../response-end'
import { apart, carrierOf } from '../span'
import type { Emit } from '../store'
import { warnOnce } from '../warn'
import { type ExpressApp, expressRoute, noteRoute, RouteTaken, watchRoutes } from './route'

declare global {
  namespace Express {
    interface Request {
      /** The logger of this request: each line carries the fields of its span. */
      log: Log
    }
  }
}

/** Express's `req`, by what spanlog reads. */
export interface ExpressRequest extends IncomingMessage {
  app?: object
  originalUrl?: string
}
type Next = (error?: unknown) => void

/**
 * The middleware for Express 4 and 5: one span and one logger (`req.log`) per request. Mount it first.
 *
 * @example app.use(spanlog({ logger: pino() }))
 * @throws TypeError for wrong options, with what to type instead
 */
export function spanlog<Req extends IncomingMessage = ExpressRequest>(options: Options<Req> = {}) {
  if (arguments.length > 1) throw usedWithoutCall('spanlog')
  const settings = readOptions(options as Options<ExpressRequest>, 'express')
  return function spanlogMiddleware(req: Req, res: ServerResponse, next: Next): void {
    if (typeof next !== 'function') throw usedElsewhere('spanlog/express', 'spanlog/koa')
    extend(req, res)
    if (requestOf(req)) {
      next() // mounted twice, or in a sub-application too
      return
    }
    const carrier = carrierOf(settings, req, req)
    apart(carrier, () => {
      const request = open(settings, req, req, carrier, new RouteTaken())
      attach(req, res, request)
      run(request, next)
    })
  }
}

function attach(req: ExpressRequest, res: ServerResponse, request: ExpressServed): void {
  keep(req, request)
  request.open = onResponseEnd(req, res, onEnd, onClose)
  noteRoute(req, request.taken)
  expose(request, res)
}

/**
 * An error handler that notes the error for the request's span and passes it on. Mount it after the routes, before your own
 * error handlers.
 */
export function recordErrors() {
  if (arguments.length > 1) throw usedWithoutCall('recordErrors')
  return function recordErrorsMiddleware(error: unknown, req: IncomingMessage, _res: ServerResponse, next: Next): void {
    requestOf(req)?.noteError(error)
    next(error)
  }
}

type ExpressServed = ServedRequest<RouteTaken>

type Marked = object & { [requestKey]?: ExpressServed }
const requestKey = Symbol.for('spanlog.express.request')

/**
 * Since Node 24 the requests of an application share their hidden class, though Express sets their prototypes, and one property
 * more costs nothing. Before, each own property of `req` costs microseconds, and so does one that is looked for in vain.
 */
const isShared = Number.parseInt(process.versions.node, 10) >= 24

interface Requests extends WeakMap<object, ExpressServed> {
  /** Whether there is any. */
  used?: boolean
}

/** By `req`, where nothing can or should be put on it. One for all copies of spanlog. */
const requests = (() => {
  const holder = globalThis as { [key: symbol]: Requests | undefined }
  const key = Symbol.for('spanlog.express.requests')
  holder[key] ??= new WeakMap()
  return holder[key]
})()

function keep(req: object, request: ExpressServed): void {
  if (isShared && mark(req, request)) return
  requests.set(req, request)
  requests.used = true
}

/** False for a request that the application has sealed, or a proxy that takes nothing. */
function mark(req: Marked, request: ExpressServed): boolean {
  try {
    req[requestKey] = request
    return req[requestKey] === request
  } catch {
    return false
  }
}

/** Looks through wrappers made by `Object.create(req)`. */
function requestOf(req: object): ExpressServed | undefined {
  const marked = isShared ? (req as Marked)[requestKey] : undefined
  if (marked || !requests.used) return marked
  for (let at: object | null = req; at; at = Object.getPrototypeOf(at)) {
    const request = requests.get(at)
    if (request) return request
  }
  return undefined
}

/** Of this very request, not of the one that it was made from. */
function ownRequestOf(req: object): ExpressServed | undefined {
  if (isShared && Object.hasOwn(req, requestKey)) return (req as Marked)[requestKey]
  return requests.used ? requests.get(req) : undefined
}

function beforeEnd(request: ExpressServed, res: object): void {
  const { req } = res as ServerResponse
  if (request.adopted) end(request, req, res as ServerResponse, expressRoute(req, request.taken))
}

function onClose(this: ServerResponse): void {
  tellEnd(requestOf(this.req)?.open)
}

function onEnd(this: ServerResponse): void {
  const { req } = this
  const request = requestOf(req)
  if (!request || request.ended) return
  end(request, req, this, expressRoute(req, request.taken))
  extend(req, this) // an application that only a function of another one called: next time `req.log` is there
}

const extended = new WeakSet<object>()
let last: object | undefined

/** Once per application, on its own extension objects `app.request` and `app.response`; a bare router has none. */
function extend(req: ExpressRequest, res: ServerResponse): void {
  const { app } = req
  if (app && (app === last || extended.has(app))) return
  try {
    if (app) extendApp(app)
    else defineOn(req, res)
  } catch (error) {
    warnOnce('SPANLOG_LOG', '`req.log` could not be added to `app.request`; `getLog()` works all the same', error)
  }
}

function extendApp(app: ExpressApp): void {
  extended.add(app)
  last = app
  const top = topOf(app)
  watchRoutes(app, req => ownRequestOf(req)?.taken)
  defineOn(top.request, top.response)
  for (const { request, response } of appsWithin(top) as Set<Partial<Extensible>>) {
    if (request && response) defineOn(request, response)
  }
}

interface Extensible extends ExpressApp {
  request: object
  response: object
}

function topOf(app: ExpressApp): Extensible {
  let top = app
  while (top.parent) top = top.parent
  return top as Extensible
}

/** Sub-applications inherit what is defined on the one that has mounted them. */
function defineOn(request: object, response: object): void {
  if (!('log' in request)) defineLog(request, requestOf)
  defineEmit(request, requestOf)
  defineEmit(response, res => requestOf((res as ServerResponse).req), beforeEnd)
}

/** Where another copy of spanlog was first, it serves our requests too. */
function defineEmit(
  prototype: { emit?: Emit & { [ours]?: true } },
  requestOf: (of: object) => ExpressServed | undefined,
  end?: typeof beforeEnd,
): void {
  if (prototype.emit?.[ours] || Object.hasOwn(prototype, 'emit')) return
  const nodes = (end ? ServerResponse : IncomingMessage).prototype
  let seen: unknown
  let inherited: Emit
  const emit = emitFor(
    requestOf,
    () => {
      if (nodes.emit !== seen) {
        seen = nodes.emit // by somebody who wraps it
        inherited = Object.getPrototypeOf(prototype).emit
      }
      return inherited
    },
    end,
  )
  const value = Object.assign(emit, { [ours]: true })
  Object.defineProperty(prototype, 'emit', { value, configurable: true, writable: true })
}

const ours = Symbol.for('spanlog.emit')
