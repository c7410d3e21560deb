import { adoptProperties, watchProperty } from '../../frameworks/watched-property'
import { topmost } from '../applications'
import type { ExpressApp, ExpressRequest, Route } from '../types'
import { answeringRoute } from './answering-route'
import { answeringMountTemplate, mountTemplate, type Place, routeTemplate } from './resolve'
import type { RouteState } from './route-state'
import { indexOf, shareRouteAccessor } from './ways'

export type { ExpressApp } from '../types'
export { below, InnerRouteState, RouteState } from './route-state'

/** Records which routes Express takes, for every request that `stateOf` knows. Call it once per application. */
export function watchRoutes(app: ExpressApp, stateOf: (req: object) => RouteState | undefined): void {
  try {
    const top = topmost(app)
    // Without the accessor, Express would make `route` a property of each `req`, which costs microseconds.
    if (top.request) watchProperty(top.request, 'route', stateOf)
    indexOf(top)
  } catch {
    // Where `app.request` is frozen, `req.route` is read when the response has ended.
  }
}

/**
 * Call this once per request, in our middleware. If the middleware is mounted in a route, the first request already has its own
 * property `route`, which no accessor has seen.
 */
export function noteRoute(req: object, state: RouteState): void {
  const { app, route } = req as ExpressRequest
  state.root = app as ExpressApp | undefined
  if (route && !state.route && Object.isExtensible(req)) adoptProperties(req, ['route'])
}

/** The template, such as `/users/:id`; `undefined` when nothing matched. Call it once, when the response ends. */
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
  if (!state.route) return unseenRoute(req, state, end) ?? mountTemplate(end, req.params)
  const taken = answeringRoute(state, req.params)
  const mount = isBelow(taken, end) && state.value === state.route ? answeringMountTemplate(end, req.params) : undefined
  return mount || routeTemplate(taken.route as Route, taken, req.originalUrl)
}

/** Whether the request ended in a mount below that of its route: it left the route with `next()`, and that mount may have answered. */
const isBelow = (taken: Place, end: Place): boolean =>
  end.base.length > taken.base.length && end.base.startsWith(taken.base)

/** The template of a route that no accessor has seen, because its application was unknown. Defines the accessor for the next request. */
function unseenRoute(req: ExpressRequest, state: RouteState, end: Place): string | undefined {
  if (!req.route || req.route === state.value) return undefined
  if (end.app && end.root) shareRouteAccessor(end.app, topmost(end.root))
  return routeTemplate(req.route as Route, { ...end, isEnd: true }, req.originalUrl)
}
