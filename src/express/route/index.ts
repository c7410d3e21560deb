import { adoptProperties, watchProperty } from '../../watched-property'
import { answeringMount, mountTemplate, type Place, routeTemplate } from './resolve'
import type { RouteTaken } from './taken'
import type { ExpressApp, ExpressRequest, Route } from './types'
import { indexOf, topmost, watchAlso } from './ways'

export { RouteTaken } from './taken'
export type { ExpressApp } from './types'

const watched = new WeakSet<object>()
let last: object | undefined

/** Watches which route Express takes, for every request that `takenOf` knows. Acts once per application. */
export function watchRoutes(app: ExpressApp, takenOf: (req: object) => RouteTaken | undefined): void {
  if (app === last || !app) return
  last = app
  if (watched.has(app)) return
  watched.add(app)
  try {
    const top = topmost(app)
    // An own property of `req` costs microseconds each on Express, and `route` would be one: the accessor saves it.
    if (top.request) watchProperty(top.request, 'route', takenOf)
    indexOf(top)
  } catch {
    // Where `app.request` is frozen, `req.route` is read when the response has ended.
  }
}

/**
 * To be called once for each request, when our middleware meets it. In a route or a router, the first request already has a
 * route there, as a property of its own.
 */
export function noteRoute(req: object, taken: RouteTaken): void {
  const { app, route } = req as ExpressRequest
  taken.root = app as ExpressApp | undefined
  if (route && !taken.route && Object.isExtensible(req)) adoptProperties(req, ['route'])
}

/** The template, such as `/users/:id`; `undefined` when nothing matched. To be asked once, when the response ends. */
export function expressRoute(req: object, taken: RouteTaken): string | undefined {
  try {
    return templateOf(req, taken)
  } catch {
    return undefined
  }
}

function templateOf(req: ExpressRequest, taken: RouteTaken): string | undefined {
  const { root } = taken
  const app = (req.app as ExpressApp | undefined) ?? taken.app
  const end = { app, base: req.baseUrl ?? '', url: req.url ?? '', root }
  if (!taken.route) return lateRoute(req, taken, end) ?? mountTemplate(end, req.params)
  // A route was left with `next()`, and something mounted further down has answered.
  const deeper = end.base.length > taken.base.length && end.base.startsWith(taken.base) && taken.value === taken.route
  return (deeper && answeringMount(end, req.params)) || routeTemplate(taken.route, taken, req.originalUrl)
}

/** A route that was not assigned through our accessor, in an application that we could not know of. Next time we do. */
function lateRoute(req: ExpressRequest, taken: RouteTaken, end: Place): string | undefined {
  if (!req.route || req.route === taken.value) return undefined
  if (end.app && end.root) watchAlso(end.app, topmost(end.root))
  return routeTemplate(req.route as Route, { ...end, late: true }, req.originalUrl)
}
