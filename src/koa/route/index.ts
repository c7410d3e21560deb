import { adoptProperties, watchProperty } from '../../watched-property'
import { alreadyInside, mountOf, mountPrefix } from './koa-mount'
import { lastRun } from './koa-router'
import { type KoaContext, type KoaRouteTaken, watchedNames } from './taken'

export { type KoaContext, KoaRouteTaken } from './taken'

/** A Koa application, as far as routing goes. */
export interface KoaApp {
  context: object
}

const watched = new WeakSet<object>()
let last: object | undefined

/** Watches what routers set on `ctx`, for every request that `takenOf` knows. Acts once per application. */
export function watchKoaRoutes(app: KoaApp, takenOf: (ctx: object) => KoaRouteTaken | undefined): void {
  if (app === last || !app?.context) return
  last = app
  if (watched.has(app)) return
  watched.add(app)
  try {
    for (const name of watchedNames) watchProperty(app.context, name, takenOf)
  } catch {
    // Where `app.context` is frozen, what routers set is read when the response has ended.
  }
}

/** For a middleware that a router or a mount holds: what they had to say, they have said before. */
export function noteKoaRoute(ctx: object, taken: KoaRouteTaken): void {
  if (taken.route !== undefined || taken.entered.length > 0) return
  adoptProperties(ctx, watchedNames)
  alreadyInside(taken, ctx)
}

/** The template, such as `/users/:id`; `undefined` when nothing matched. To be asked once, when the response ends. */
export function koaRoute(ctx: object, taken: KoaRouteTaken): string | undefined {
  try {
    return templateOf(ctx, taken)
  } catch {
    return undefined
  }
}

function templateOf(ctx: KoaContext, taken: KoaRouteTaken): string | undefined {
  const route = lastRun(taken, ctx) ?? taken.route
  if (route === undefined) return ctx.status === 404 ? undefined : mountOf(taken.entered)
  const path = typeof route === 'string' ? route : `(${route})`
  const prefix = mountPrefix(taken.entered, taken.path)
  if (path === '' || path === '/') return prefix || '/'
  return prefix + ('/({'.includes(path.charAt(0)) ? path : `/${path}`)
}
