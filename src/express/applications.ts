import type { ExpressApp, Route, Stacked } from './types'

// How the applications and routers of Express hold each other. Whoever has to know the tree asks here.

/** Applications that `Router#use` mounted: Express does not tell them who is above. By `settings`, see `isSameApplication`. */
const mountedByRouter = new WeakMap<object, ExpressApp>()

/** Remembers where an application was found, if Express did not tell it. */
export function rememberParent(app: ExpressApp, parent: ExpressApp): void {
  if (app.settings) mountedByRouter.set(app.settings, parent)
}

/** The application that has mounted this one. */
export function parentOf(app: ExpressApp): ExpressApp | undefined {
  return app.parent ?? (app.settings && mountedByRouter.get(app.settings))
}

/** The application that nobody has mounted. */
export function topmost(app: ExpressApp): ExpressApp {
  let top = app
  for (let depth = 0; depth < 32; depth++) {
    const parent = parentOf(top)
    if (!parent) break
    top = parent
  }
  return top
}

/** An instrumentation may have wrapped the application's function. Its settings stay the same object. */
export function isSameApplication(one: ExpressApp, other: ExpressApp): boolean {
  return one === other || (one.settings !== undefined && one.settings === other.settings)
}

/** The router of an application, or a router itself. Does not make Express 4 create one, or complain about `app.router`. */
export function routerOf(app: ExpressApp): Stacked | undefined {
  if (Array.isArray(app.stack)) return app as Stacked
  return app._router ?? (typeof app.lazyrouter === 'function' ? undefined : app.router)
}

/** A router, or anything else that keeps layers. */
export function isRouter(handle: unknown): handle is Stacked {
  return Array.isArray((handle as Stacked | undefined)?.stack)
}

/** An application, as `express()` makes it. */
export function isApplication(handle: unknown): handle is ExpressApp {
  if (typeof handle !== 'function') return false
  const app = handle as unknown as Record<'handle' | 'set', unknown>
  return typeof app.handle === 'function' && typeof app.set === 'function'
}

/** An application, and all applications and routers below it, at any depth. */
export function applicationsWithin(app: ExpressApp, found = new Set<ExpressApp>()): Set<ExpressApp> {
  if (found.size >= most || found.has(app)) return found
  found.add(app)
  for (const handle of handlesOf(routerOf(app))) {
    if (isRouter(handle) || isApplication(handle)) applicationsWithin(handle as ExpressApp, found)
  }
  return found
}

/** Whether one of a route's handlers is a router or an application that has the other route, at any depth. */
export function leadsTo(route: Route | undefined, other: Route | undefined, seen = new Set<Stacked>()): boolean {
  return handlesWithin(route).some(handle => hasRoute(handle, other, seen))
}

function hasRoute(handle: unknown, route: Route | undefined, seen: Set<Stacked>): boolean {
  const router = isApplication(handle) ? routerOf(handle) : handle
  if (!isRouter(router) || seen.size >= most || seen.has(router)) return false
  seen.add(router)
  return (router.stack ?? []).some(layer =>
    layer.route ? layer.route === route || leadsTo(layer.route, route, seen) : hasRoute(layer.handle, route, seen),
  )
}

/** The handlers of a route. */
export const handlesWithin = (route: Route | undefined): unknown[] => (route?.stack ?? []).map(({ handle }) => handle)

/** A limit for a program that builds routers without end. */
const most = 10_000

function handlesOf(router: Stacked | undefined): unknown[] {
  if (!isRouter(router)) return []
  return (router.stack ?? []).flatMap(({ handle, route }) => (route ? handlesOf(route as Stacked) : handle))
}
