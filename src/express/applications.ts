import type { ExpressApp, Route, Stacked } from './types'

// The structure of applications and routers of Express.

/**
 * The parents of applications that `Router#use` mounted: Express does not set their `parent`. The keys are `settings`, see
 * `isSameApplication`.
 */
const mountedByRouter = new WeakMap<object, ExpressApp>()

/** Remembers the parent of an application whose `parent` Express did not set. */
export function rememberParent(app: ExpressApp, parent: ExpressApp): void {
  if (app.settings) mountedByRouter.set(app.settings, parent)
}

/** The application in which this one is mounted. */
export function parentOf(app: ExpressApp): ExpressApp | undefined {
  return app.parent ?? (app.settings && mountedByRouter.get(app.settings))
}

/** The outermost application, which is mounted in no other. The limit ends the search if parents form a circle. */
export function topmost(app: ExpressApp): ExpressApp {
  let top = app
  for (let depth = 0; depth < 32; depth++) {
    const parent = parentOf(top)
    if (!parent) break
    top = parent
  }
  return top
}

/** An instrumentation may wrap the function that is the application, but its `settings` stay the same object. */
export function isSameApplication(one: ExpressApp, other: ExpressApp): boolean {
  return one === other || (one.settings !== undefined && one.settings === other.settings)
}

/** The router of an application, or a router itself. In Express 4, `app.router` throws, so it is not read there. */
export function routerOf(app: ExpressApp): Stacked | undefined {
  if (Array.isArray(app.stack)) return app as Stacked
  return app._router ?? (typeof app.lazyrouter === 'function' ? undefined : app.router)
}

/** A router, or anything else that has layers. */
export function isRouter(handle: unknown): handle is Stacked {
  return Array.isArray((handle as Stacked | undefined)?.stack)
}

/** An application, as `express()` makes it. */
export function isApplication(handle: unknown): handle is ExpressApp {
  if (typeof handle !== 'function') return false
  const app = handle as unknown as Record<'handle' | 'set', unknown>
  return typeof app.handle === 'function' && typeof app.set === 'function'
}

/** An application, with all applications and routers below it, at any depth. */
export function applicationsWithin(app: ExpressApp, found = new Set<ExpressApp>()): Set<ExpressApp> {
  if (found.size >= maxApplications || found.has(app)) return found
  found.add(app)
  for (const handle of handlesOf(routerOf(app))) {
    if (isRouter(handle) || isApplication(handle)) applicationsWithin(handle as ExpressApp, found)
  }
  return found
}

/** Whether a handler of `route` is a router or an application that contains the route `other`, at any depth. */
export function leadsTo(route: Route | undefined, other: Route | undefined, seen = new Set<Stacked>()): boolean {
  return (route?.stack ?? []).some(({ handle }) => hasRoute(handle, other, seen))
}

function hasRoute(handle: unknown, route: Route | undefined, seen: Set<Stacked>): boolean {
  const router = isApplication(handle) ? routerOf(handle) : handle
  if (!isRouter(router) || seen.size >= maxApplications || seen.has(router)) return false
  seen.add(router)
  return (router.stack ?? []).some(layer => {
    if (!layer.route) return hasRoute(layer.handle, route, seen)
    return layer.route === route || leadsTo(layer.route, route, seen)
  })
}

/** How many layers with routes are declared before the first middleware of that name, and how many after it. */
export function routesAround(app: ExpressApp, name: string): [before: number, behind: number] {
  const layers = routerOf(app)?.stack ?? []
  const at = layers.findIndex(layer => layer.name === name)
  const hasRoutes = layers.map(({ route, handle }) => Boolean(route) || isRouter(handle) || isApplication(handle))
  const count = (some: boolean[]) => some.filter(Boolean).length
  return at < 0 ? [0, 0] : [count(hasRoutes.slice(0, at)), count(hasRoutes.slice(at))]
}

/** Without this limit, an application with very many routers would block the process while it is searched. */
const maxApplications = 10_000

function handlesOf(router: Stacked | undefined): unknown[] {
  if (!isRouter(router)) return []
  return (router.stack ?? []).flatMap(({ handle, route }) => (route ? handlesOf(route) : handle))
}
