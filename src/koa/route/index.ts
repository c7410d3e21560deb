import { adoptProperties, watchProperty } from '../../watched-property'
import { alreadyInside, mountOf, mountPrefix } from './koa-mount'
import { lastRun } from './koa-router'
import { type KoaRouteState, watchedNames } from './route-state'
import type { KoaContext } from './types'

export { KoaRouteState } from './route-state'
export type { KoaContext } from './types'

/** A Koa application, as far as routing goes. */
export interface KoaApp {
  context: object
}

/** Watches what routers set on `ctx`, for every request that `stateOf` knows. To be called once per application. */
export function watchKoaRoutes(app: KoaApp, stateOf: (ctx: object) => KoaRouteState | undefined): void {
  if (!app.context) return
  try {
    for (const name of watchedNames) watchProperty(app.context, name, stateOf)
  } catch {
    // Where `app.context` is frozen, what routers set is read when the response has ended.
  }
}

/** For a middleware that a router or a mount holds: what they had to say, they have said before. */
export function noteKoaRoute(ctx: object, state: KoaRouteState): void {
  if (state.route !== undefined || state.entered.length > 0) return
  adoptProperties(ctx, watchedNames)
  alreadyInside(state, ctx)
}

/** The template, such as `/users/:id`; `undefined` when nothing matched. To be asked once, when the response ends. */
export function koaRoute(ctx: object, state: KoaRouteState): string | undefined {
  try {
    return templateOf(ctx, state)
  } catch {
    return undefined
  }
}

function templateOf(ctx: KoaContext, state: KoaRouteState): string | undefined {
  const route = lastRun(state, ctx) ?? state.route
  if (route === undefined) return ctx.status === 404 ? undefined : mountOf(state.entered)
  const path = typeof route === 'string' ? route : `(${route})`
  const prefix = mountPrefix(state.entered, state.path)
  if (path === '' || path === '/') return prefix || '/'
  return prefix + ('/({'.includes(path.charAt(0)) ? path : `/${path}`)
}
