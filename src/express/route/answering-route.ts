import { leadsTo } from '../applications'
import type { RouteState, TakenRoute } from './route-state'

/**
 * The route that answered, of those that were taken. It need not be the last one: a router may stand in front of a route's
 * handler, as in `app.get('/users/:id', auth, handler)`. Its own routes are taken later and pass on to the handler.
 */
export function answeringRoute(state: RouteState, params: unknown): TakenRoute {
  const { earlier } = state
  if (earlier === undefined) return state
  return runningRoute(earlier, params) ?? (params === state.params ? state : outermost(earlier, state))
}

/** Express gives `req.params` back to the outer route when an inner router has passed on. */
function runningRoute(earlier: TakenRoute[], params: unknown): TakenRoute | undefined {
  return params ? earlier.find(taken => taken.params === params) : undefined
}

/**
 * Something other than a route has answered, such as an error handler. Whether the inner route or the handler behind it failed
 * is unknown then, and the outer route is true in both cases.
 */
function outermost(earlier: TakenRoute[], last: TakenRoute): TakenRoute {
  let found = last
  for (const taken of earlier.toReversed()) if (leadsTo(taken.route, found.route)) found = taken
  return found
}
