import type { Dispatch, KoaContext, KoaLayer, RouteFound } from './types'

// koa-router and @koa/router tell on `ctx`: `router` once for each router that looks at the request, `_matchedRoute` when
// it has a route, `captures` for each layer that runs. Since version 9 each layer that runs says `_matchedRoute` again.

/** `ctx.router` was set. */
export function look(state: RouteFound, ctx: KoaContext): void {
  const previous = state.dispatch
  const start = previous?.end ?? 0
  const inFront = state.matched !== undefined && isInFront(previous, ctx, ctx.matched?.[start])
  state.dispatch = { start, end: ctx.matched?.length ?? 0, said: 0, ran: 0, inFront, previous }
}

/**
 * Whether the router of a layer stands in front of a route's handler, as in `router.get('/users/:id', auth.routes(), handler)`.
 * Its own routes do not name the request then. Where it stands last, the outer route has left the answer to it.
 */
function isInFront(dispatch: Dispatch | undefined, ctx: KoaContext, layer: KoaLayer | undefined): boolean {
  if (!dispatch || !layer) return false
  for (const { stack = [] } of routes(ctx, dispatch)) {
    const at = stack.findIndex(({ router }) => router?.stack?.includes(layer))
    if (at >= 0) return dispatch.inFront || at < stack.length - 1
  }
  return isInFront(dispatch.previous, ctx, layer)
}

/** `ctx._matchedRoute` was set. */
export function match(state: RouteFound, ctx: KoaContext, path: unknown): void {
  if (path === undefined || path === null) return
  lookAgain(state, ctx)
  if (isPassing(state, ctx, path)) return
  if (state.dispatch) state.dispatch.said++
  state.matched = state.dispatch
  const middleware = isMiddleware(ctx, path)
  if (middleware && state.route !== undefined) return
  state.route = middleware ? routes(ctx, state.dispatch).at(-1)?.path : path
  state.path = ctx.path ?? ''
}

/** Before 7.2 there is no `ctx.router`. */
function lookAgain(state: RouteFound, ctx: KoaContext): void {
  if (state.dispatch?.end !== ctx.matched?.length) look(state, ctx)
}

/** Whether the path belongs to a router in front of a handler, and not to the outer router, which may go on to its next route. */
const isPassing = ({ dispatch }: RouteFound, ctx: KoaContext, path: unknown): boolean =>
  dispatch?.inFront === true && layers(ctx, dispatch).some(layer => layer.path === path)

/** `ctx.captures` was set. */
export function run(state: RouteFound, ctx: KoaContext): void {
  lookAgain(state, ctx)
  if (!state.dispatch || state.dispatch.inFront) return
  state.dispatch.ran++
  state.matched = state.dispatch
  state.path = ctx.path ?? ''
}

/**
 * Up to version 8 `_matchedRoute` is the last layer that could run. The one that ran last is found by counting.
 * Goes when koa-router 7 and @koa/router 8 go.
 */
export function lastRun(state: RouteFound, ctx: KoaContext): unknown {
  const { matched } = state
  if (!matched || matched.said > 1 || matched.ran === 0) return undefined
  const ran = layers(ctx, matched).slice(0, matched.ran).filter(isRoute)
  return (ran.at(-1) ?? routes(ctx, matched)[0])?.path
}

const layers = ({ matched = [], method = '' }: KoaContext, dispatch?: Dispatch): KoaLayer[] =>
  matched.slice(dispatch?.start, dispatch?.end).filter(({ methods }) => !methods?.length || methods.includes(method))

const routes = (ctx: KoaContext, dispatch?: Dispatch): KoaLayer[] => layers(ctx, dispatch).filter(isRoute)

const isRoute = (layer: KoaLayer): boolean => Boolean(layer.methods?.length)

/** Whether only `router.use` declared this path. */
function isMiddleware({ matched = [] }: KoaContext, path: unknown): boolean {
  let declared = false
  for (const layer of matched) {
    if (layer.path !== path) continue
    if (isRoute(layer)) return false
    declared = true
  }
  return declared
}
