import type { IncomingMessage, ServerResponse } from 'node:http'
import { usedElsewhere, usedWithoutCall } from '../check-options'
import { addOuterFinder, enterInner, innermost, type Outer, servedBy } from '../frameworks/adapters'
import type { Log } from '../logger'
import type { Options } from '../options'
import { type Adapter, end, serve } from '../request'
import { onResponseEnd, responseEnded } from '../response/response-end'
import { readOptions } from '../settings'
import { tagOf } from '../tracer/internals'
import { errorsAreRecorded, hintTwoLoggers, hintUnrecorded } from '../warnings/hints'
import { hintNoRoute } from '../warnings/no-route'
import { attempt, tracerWarning } from '../warnings/warn'
import { isSameApplication, topmost } from './applications'
import { extend, extendWithId } from './extend'
import { type ExpressServed, keepRequest, ownRequestOf, requestOf, routeStateOf } from './requests'
import { below, type ExpressApp, expressRoute, InnerRouteState, noteRoute, RouteState } from './route'

// Without an export from there, TypeScript does not load the declarations that an application's `declare module 'spanlog'` extends.
export type { Register } from '../index'

declare global {
  // Express's own types extend these interfaces, and so do other packages.
  namespace Express {
    interface Request {
      /** The logger of this request: each line carries the fields of its span. */
      log: Log
      /** The id of this request, where the option `requestId` is on. */
      id?: string
    }
    interface Response {}
    interface Locals {}
  }
}

/** The type of `req` in callbacks, where the application does not declare its own. */
export type ExpressRequest = IncomingMessage &
  Partial<Express.Request> & {
    app?: object
    originalUrl?: string
    ip?: string
    // biome-ignore lint/suspicious/noExplicitAny: as Express's own type
    params?: any
    // biome-ignore lint/suspicious/noExplicitAny: as Express's own type
    query?: any
    // biome-ignore lint/suspicious/noExplicitAny: as Express's own type
    body?: any
  }

/** Express's `res`. */
// biome-ignore lint/suspicious/noExplicitAny: as Express's own type
export type ExpressResponse = ServerResponse & Express.Response & { locals: Express.Locals & { [name: string]: any } }

type Next = (error?: unknown) => void

/**
 * The middleware for Express 4 and 5: one span and one logger (`req.log`) per request. Mount it first.
 *
 * @example app.use(spanlog({ logger: pino() }))
 * @throws TypeError for wrong options, with what to type instead
 */
export function spanlog<Req extends IncomingMessage = ExpressRequest>(
  options: Options<Req, Req, ExpressResponse> = {},
) {
  if (arguments.length > 1) throw usedWithoutCall('spanlog')
  const settings = readOptions(options as Options<ExpressRequest>, 'express')
  addOuterFinder('express', outerOf)
  return function spanlogMiddleware(req: Req, res: ServerResponse, next: Next): void {
    if (typeof next !== 'function') throw usedElsewhere('spanlog/express', 'spanlog/koa')
    extend(req, res, beforeEnd)
    const outer = requestOf(req)
    if (outer && !servedThroughKoa(req, outer)) hintTwoLoggers(outer.settings.logger, settings.logger)
    if (outer || servedByKoa(req)) {
      next() // mounted twice, or in a sub-application too
      return
    }
    serve(adapter, settings, req, req, res, next)
  }
}

const adapter: Adapter<ExpressRequest, RouteState> = {
  answersOutside: false,
  newRoute: () => new RouteState(),
  attach(req, res, request) {
    keepRequest(req, request)
    if (request.id !== undefined) extendWithId(req)
    if (res) request.open = onResponseEnd(req, res, onEnd, onClose)
    noteRoute(req, request.route)
  },
}

/** For an application inside a Koa application: its requests get their `req.log`, and the span gets their route. */
function servedByKoa(req: IncomingMessage): boolean {
  const outer = servedBy('koa', req)
  if (!outer) return false
  keepRequest(req, outer.request as ExpressServed)
  enter(req, outer)
  return true
}

/** The same for an application inside a Koa application inside another Express application, which serves the request. */
function servedThroughKoa(req: ExpressRequest, request: ExpressServed): boolean {
  if (!innermost(request, 'koa') || isEntered(req.app as ExpressApp | undefined, routeStateOf(req)?.root)) return false
  enter(req, { request, mount: '' })
  return true
}

/** Whether the application, or one that contains it, has received the request before. */
const isEntered = (app: ExpressApp | undefined, root: ExpressApp | undefined): boolean =>
  app !== undefined && root !== undefined && isSameApplication(topmost(app), topmost(root))

function enter(req: IncomingMessage, outer: Outer): void {
  const base = innermost(outer.request, 'koa')?.base ?? ''
  const route = new InnerRouteState(base)
  enterInner(outer, {
    framework: 'express',
    route,
    base,
    template: () => expressRoute(below(base, req), route),
    mount: () => expressMount(below(base, req), route) ?? '',
  })
  noteRoute(req, route)
}

/** The request, for a Koa application inside this one; `undefined` if spanlog does not serve it here. */
function outerOf(req: object): Outer | undefined {
  const request = ownRequestOf(req)
  return request && { request, mount: expressMount(req, request.route) ?? '' }
}

/** The template of the mounts that a request has entered. The fresh state has no route, so the template is that of the mounts alone. */
function expressMount(req: object, { root }: RouteState): string | undefined {
  const here = new RouteState()
  here.root = root
  here.value = (req as { route?: unknown }).route
  return expressRoute(req, here)
}

/**
 * An error handler that records the error for the request's span and passes it on. Mount it after the routes and before your own
 * error handlers.
 */
export function recordErrors() {
  if (arguments.length > 1) throw usedWithoutCall('recordErrors')
  errorsAreRecorded()
  return function recordErrorsMiddleware(error: unknown, req: IncomingMessage, res: ServerResponse, next: Next): void {
    requestOf(req)?.noteError(error, req, res)
    next(error)
  }
}

/** dd-trace finishes its own span before any listener of the response runs, so we write its tags before that. */
function beforeEnd(request: ExpressServed, res: object): void {
  const { req } = res as ServerResponse
  if (request.adopted && request.settings.component === 'express')
    end(request, req, res as ServerResponse, expressRoute(req, request.route), req)
}

function onClose(this: ServerResponse): void {
  responseEnded(requestOf(this.req)?.open)
}

function onEnd(this: ServerResponse): void {
  const { req } = this
  const request = requestOf(req)
  if (!request || request.ended) return
  const template = expressRoute(req, request.route)
  if (template === undefined) attempt(tracerWarning, hintUnnamed, req, request)
  end(request, req, this, template, req)
  request.afterEnd()
  hintUnrecorded(this, request.error)
  // An application that is called as a plain function is unknown until now. Extend it for its next request.
  extend(req, this, beforeEnd)
}

/** Warns if a framework whose routes cannot be seen has answered, and the application does not name the route itself. */
function hintUnnamed(req: object, { ownRoute, inner, span, settings }: ExpressServed): void {
  if (!span || ownRoute || inner || settings.onFinish) return
  if (tagOf(span, 'http.route') === undefined && tagOf(span, 'resource.name') === undefined) hintNoRoute(req)
}
