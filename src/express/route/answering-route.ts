import { leadsTo } from '../applications'
import type { RouteState, TakenRoute } from './route-state'

/**
 * The route that answered, of those that Express took. It need not be the last one. In `app.get('/users/:id', auth, handler)`, `auth`
 * may be a router. Its own routes are taken after the outer one, and then call `next()` for the handler.
 */
export function answeringRoute(state: RouteState, params: unknown): TakenRoute {
  const { earlier } = state
  if (earlier === undefined) return state
  return runningRoute(earlier, params) ?? (params === state.params ? state : outermost(earlier, state))
}

/**
 * The outer route that continues after an inner router called `next()`: Express has restored its `req.params`. The first match
 * counts, because an inner route that its `router.param()` handler has left was recorded with the same `req.params`.
 */
function runningRoute(earlier: TakenRoute[], params: unknown): TakenRoute | undefined {
  return params ? earlier.find(taken => taken.params === params) : undefined
}

/**
 * For an answer that comes from no route, such as that of an error handler. It is unknown then whether the inner route or the handler
 * after it failed. The outer route is right in both cases.
 */
function outermost(earlier: TakenRoute[], last: TakenRoute): TakenRoute {
  let found = last
  for (const taken of earlier.toReversed()) if (leadsTo(taken.route, found.route)) found = taken
  return found
}
