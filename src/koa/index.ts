import type { ServerResponse } from 'node:http'
import { usedElsewhere, usedWithoutCall } from '../check-options'
import { addOuterFinder, enterInner, innermost, type Outer, servedBy } from '../frameworks/adapters'
import type { Options } from '../options'
import { type Adapter, end, serve } from '../request'
import { onResponseEnd, responseEnded } from '../response/response-end'
import { readOptions } from '../settings'
import { hintTwoLoggers } from '../warnings/hints'
import { exposeAgain } from './expose-again'
import { extend } from './extend'
import {
  contextOf,
  type DefaultContext,
  type KoaContext,
  type KoaServed,
  messageTie,
  requestOf,
  requestOfContext,
} from './requests'
import { KoaRouteState, koaRoute } from './route'
import { mountPrefix } from './route/koa-mount'

// Without an export from there, TypeScript does not load the declarations that an application's `declare module 'spanlog'` extends.
export type { Register } from '../index'
export type { DefaultContext, KoaContext } from './requests'

/**
 * The middleware for Koa 2 and 3: one span and one logger (`ctx.log`) per request. Use it first.
 *
 * @example app.use(spanlog({ logger: pino() }))
 * @throws TypeError for wrong options, with what to type instead
 */
export function spanlog<Context extends KoaContext = DefaultContext>(options: Options<Context> = {}) {
  if (arguments.length > 1) throw usedWithoutCall('spanlog')
  const settings = readOptions(options as Options<KoaContext>, 'koa')
  addOuterFinder('koa', outerOf)
  return function spanlogMiddleware(ctx: Context, next: () => Promise<unknown>): Promise<unknown> {
    if (typeof next !== 'function') throw usedElsewhere('spanlog/koa', 'spanlog/express')
    const outer = requestOfContext(ctx) ?? requestOf(ctx.req)
    if (outer) {
      if (servedThroughExpress(ctx, outer)) return rememberFailure(ctx, next())
      hintTwoLoggers(outer.settings.logger, settings.logger)
      extend(ctx, outer) // mounted twice, or another Koa application has passed its own context
      return next()
    }
    if (servedByExpress(ctx)) return rememberFailure(ctx, next())
    return rememberFailure(ctx, serve(adapter, settings, ctx, ctx.req, ctx.res, next))
  }
}

/** For an application inside an Express application: its contexts get their `ctx.log`, and the span gets their route. */
function servedByExpress(ctx: KoaContext): boolean {
  const outer = servedBy('express', ctx.req)
  if (outer) enter(ctx, outer)
  return outer !== undefined
}

/** The same for an application inside an Express application inside another Koa application, which serves the request. */
function servedThroughExpress(ctx: KoaContext, request: KoaServed): boolean {
  if (requestOfContext(ctx) || !innermost(request, 'express')) return false
  enter(ctx, { request, mount: '' })
  return true
}

function enter(ctx: KoaContext, outer: Outer): void {
  const route = new KoaRouteState()
  enterInner(outer, {
    framework: 'koa',
    route,
    base: (ctx.req as { baseUrl?: string }).baseUrl ?? '',
    template: () => koaRoute(ctx, route),
    mount: () => mountPrefix(route.mounts, ctx.path ?? ''),
  })
  extend(ctx, outer.request as KoaServed)
}

/** The request, for an Express application inside this one; `undefined` if spanlog does not serve it here. */
function outerOf(req: object): Outer | undefined {
  const ctx = contextOf(req)
  const request = ctx && requestOfContext(ctx)
  return request && { request, mount: mountPrefix(request.route.mounts, ctx.path ?? '') }
}

const adapter: Adapter<KoaContext, KoaRouteState> = {
  answersOutside: true,
  newRoute: () => new KoaRouteState(),
  attach(ctx, res, request) {
    extend(ctx, request)
    if (!res) return
    tieRequest(ctx.req, ctx)
    tieResponse(res, ctx)
    const isTied = requestOf(res) === request
    if (isTied) request.open = onResponseEnd(ctx.req, res, onEnd, onClose)
    else {
      request.open = onResponseEnd(ctx.req, res, () => {
        endRequest(ctx, request)
        request.afterEnd()
      })
    }
  },
}

const tieRequest = messageTie()
/** dd-trace finishes its own span before any listener of the response runs, so we write its tags before that. */
const tieResponse = messageTie((request, res) => {
  const ctx = contextOf(res)
  if (ctx && request.adopted) endRequest(ctx, request)
})

/**
 * Records an error that is thrown. It uses `then`, because an async function makes two more promises, and a tracer makes each
 * expensive.
 */
function rememberFailure(ctx: KoaContext, done: Promise<unknown>): Promise<unknown> {
  return Promise.resolve(done).then(undefined, error => {
    const request = requestOfContext(ctx)
    if (request) {
      request.noteError(error, ctx.req, ctx.res)
      exposeAgain(request, ctx.res)
    }
    throw error
  })
}

/**
 * A middleware that records an error for the request's span and throws it on. Use it after your own middleware that answers
 * errors: `spanlog()` never sees an error that is caught there.
 */
export function recordErrors() {
  if (arguments.length > 1) throw usedWithoutCall('recordErrors')
  return async function recordErrorsMiddleware(ctx: KoaContext, next: () => Promise<unknown>): Promise<unknown> {
    try {
      return await next()
    } catch (error) {
      requestOfContext(ctx)?.noteError(error, ctx.req, ctx.res)
      throw error
    }
  }
}

function onClose(this: ServerResponse): void {
  responseEnded(requestOf(this)?.open)
}

function onEnd(this: ServerResponse): void {
  const ctx = contextOf(this)
  const request = ctx && requestOfContext(ctx)
  if (!ctx || !request) return
  endRequest(ctx, request)
  request.afterEnd()
}

function endRequest(ctx: KoaContext, request: KoaServed): void {
  if (!request.ended) end(request, ctx.req, ctx.res, koaRoute(ctx, request.route), ctx)
}
