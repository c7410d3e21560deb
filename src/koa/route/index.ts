import { adoptProperties, watchProperty } from '../../frameworks/watched-property'
import { correctPathBefore, lastMountPrefix, mountPrefix } from './koa-mount'
import { lastRouteRun } from './koa-router'
import { type KoaRouteState, watchedNames } from './route-state'
import type { KoaContext } from './types'

export { KoaRouteState } from './route-state'
export type { KoaContext } from './types'

/** The properties of a Koa application that routing uses. */
export interface KoaApp {
  context: object
}

/** Records what routers assign to `ctx`, for every request that `stateOf` knows. Call it once per application. */
export function watchKoaRoutes(app: KoaApp, stateOf: (ctx: object) => KoaRouteState | undefined): void {
  if (!app.context) return
  try {
    for (const name of watchedNames) watchProperty(app.context, name, stateOf)
  } catch {
    // If `app.context` is frozen, nothing can be recorded, and the resource of a request is its method alone.
  }
}

/**
 * Call this once per request, in our middleware. If the middleware is used inside a router or a mount, that one has assigned its
 * properties before.
 */
export function noteKoaRoute(ctx: object, state: KoaRouteState): void {
  if (state.route !== undefined || state.mounts.length > 0) return
  adoptProperties(ctx, watchedNames)
  correctPathBefore(state, ctx)
}

/** The template, such as `/users/:id`; `undefined` when nothing matched. Call it once, when the response ends. */
export function koaRoute(ctx: object, state: KoaRouteState): string | undefined {
  try {
    return templateOf(ctx, state)
  } catch {
    return undefined
  }
}

function templateOf(ctx: KoaContext, state: KoaRouteState): string | undefined {
  const route = lastRouteRun(state, ctx) ?? state.route
  if (route === undefined) return ctx.status === 404 ? undefined : lastMountPrefix(state.mounts)
  const path = typeof route === 'string' ? route : `(${route})`
  const prefix = mountPrefix(state.mounts, state.requestPath)
  if (path === '' || path === '/') return prefix || '/'
  return prefix + ('/({'.includes(path.charAt(0)) ? path : `/${path}`)
}
