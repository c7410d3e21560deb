import { adoptProperties, watchProperty } from '../../watched-property'
import { topmost } from '../applications'
import type { ExpressApp, ExpressRequest, Route } from '../types'
import { answeringRoute } from './answering-route'
import { answeringMount, mountTemplate, type Place, routeTemplate } from './resolve'
import type { RouteState } from './route-state'
import { indexOf, watchAlso } from './ways'

export type { ExpressApp } from '../types'
export { RouteState } from './route-state'

/** Watches which route Express takes, for every request that `stateOf` knows. To be called once per application. */
export function watchRoutes(app: ExpressApp, stateOf: (req: object) => RouteState | undefined): void {
  try {
    const top = topmost(app)
    // An own property of `req` costs microseconds each on Express, and `route` would be one: the accessor saves it.
    if (top.request) watchProperty(top.request, 'route', stateOf)
    indexOf(top)
  } catch {
    // Where `app.request` is frozen, `req.route` is read when the response has ended.
  }
}

/**
 * To be called once for each request, when our middleware meets it. In a route or a router, the first request already has a
 * route there, as a property of its own.
 */
export function noteRoute(req: object, state: RouteState): void {
  const { app, route } = req as ExpressRequest
  state.root = app as ExpressApp | undefined
  if (route && !state.route && Object.isExtensible(req)) adoptProperties(req, ['route'])
}

/** The template, such as `/users/:id`; `undefined` when nothing matched. To be asked once, when the response ends. */
export function expressRoute(req: object, state: RouteState): string | undefined {
  try {
    return templateOf(req, state)
  } catch {
    return undefined
  }
}

function templateOf(req: ExpressRequest, state: RouteState): string | undefined {
  const { root } = state
  const app = (req.app as ExpressApp | undefined) ?? state.app
  const end = { app, base: req.baseUrl ?? '', url: req.url ?? '', root }
  if (!state.route) return lateRoute(req, state, end) ?? mountTemplate(end, req.params)
  const taken = answeringRoute(state, req.params)
  // A route was left with `next()`, and something mounted further down has answered.
  const deeper = end.base.length > taken.base.length && end.base.startsWith(taken.base) && state.value === state.route
  return (deeper && answeringMount(end, req.params)) || routeTemplate(taken.route as Route, taken, req.originalUrl)
}

/** A route that was not assigned through our accessor, in an application that we could not know of. Next time we do. */
function lateRoute(req: ExpressRequest, state: RouteState, end: Place): string | undefined {
  if (!req.route || req.route === state.value) return undefined
  if (end.app && end.root) watchAlso(end.app, topmost(end.root))
  return routeTemplate(req.route as Route, { ...end, late: true }, req.originalUrl)
}
