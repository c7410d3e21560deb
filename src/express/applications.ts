import type { ExpressApp, Route, Stacked } from './types'

// How applications and routers of Express contain each other.

/** The parents of applications that `Router#use` mounted, which Express does not set. By `settings`, see `isSameApplication`. */
const mountedByRouter = new WeakMap<object, ExpressApp>()

/** Remembers where an application was found, for one whose `parent` Express did not set. */
export function rememberParent(app: ExpressApp, parent: ExpressApp): void {
  if (app.settings) mountedByRouter.set(app.settings, parent)
}

/** The application in which this one is mounted. */
export function parentOf(app: ExpressApp): ExpressApp | undefined {
  return app.parent ?? (app.settings && mountedByRouter.get(app.settings))
}

/** The application at the top, which is mounted in no other. */
export function topmost(app: ExpressApp): ExpressApp {
  let top = app
  for (let depth = 0; depth < 32; depth++) {
    const parent = parentOf(top)
    if (!parent) break
    top = parent
  }
  return top
}

/** Compares the settings, too: an instrumentation may have replaced the function that is the application. */
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

/** Whether one of a route's handlers is a router or an application that has the other route, at any depth. */
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

/** How many layers with routes stand before the first middleware of that name, and how many behind it. */
export function routesAround(app: ExpressApp, name: string): [before: number, behind: number] {
  const layers = routerOf(app)?.stack ?? []
  const at = layers.findIndex(layer => layer.name === name)
  const hasRoutes = layers.map(({ route, handle }) => Boolean(route) || isRouter(handle) || isApplication(handle))
  const count = (some: boolean[]) => some.filter(Boolean).length
  return at < 0 ? [0, 0] : [count(hasRoutes.slice(0, at)), count(hasRoutes.slice(at))]
}

/** A limit for a program that makes routers without end. */
const maxApplications = 10_000

function handlesOf(router: Stacked | undefined): unknown[] {
  if (!isRouter(router)) return []
  return (router.stack ?? []).flatMap(({ handle, route }) => (route ? handlesOf(route) : handle))
}
