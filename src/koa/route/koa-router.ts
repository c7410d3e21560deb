import type { Dispatch, KoaContext, KoaLayer, RouteFound } from './types'

// koa-router and @koa/router assign to `ctx`: `router` once for each router that receives the request, `_matchedRoute` when it has a
// route, `captures` for each layer that runs. Since version 9 each layer that runs assigns `_matchedRoute` again.

/** Called when `ctx.router` was set. */
export function startDispatch(state: RouteFound, ctx: KoaContext): void {
  const previous = state.dispatch
  const start = previous?.end ?? 0
  const inFront = state.matched !== undefined && isInFront(previous, ctx, ctx.matched?.[start])
  state.dispatch = { start, end: ctx.matched?.length ?? 0, assigned: 0, ran: 0, inFront, previous }
}

/**
 * Whether the router of a layer comes before a route's handler, as in `router.get('/users/:id', auth.routes(), handler)`. Then its own
 * routes are not the template. If it is the last handler, it answers, and its route is the template.
 */
function isInFront(dispatch: Dispatch | undefined, ctx: KoaContext, layer: KoaLayer | undefined): boolean {
  if (!dispatch || !layer) return false
  for (const { stack = [] } of routes(ctx, dispatch)) {
    const at = stack.findIndex(({ router }) => router?.stack?.includes(layer))
    if (at >= 0) return dispatch.inFront || at < stack.length - 1
  }
  return isInFront(dispatch.previous, ctx, layer)
}

/** Called when `ctx._matchedRoute` was set. */
export function noteMatchedRoute(state: RouteFound, ctx: KoaContext, path: unknown): void {
  if (path === undefined || path === null) return
  startMissedDispatch(state, ctx)
  if (isOfRouterInFront(state, ctx, path)) return
  if (state.dispatch) state.dispatch.assigned++
  state.matched = state.dispatch
  const isMiddlewarePath = isOnlyMiddleware(ctx, path)
  if (isMiddlewarePath && state.route !== undefined) return
  state.route = isMiddlewarePath ? routes(ctx, state.dispatch).at(-1)?.path : path
  state.requestPath = ctx.path ?? ''
}

/**
 * Before version 7.2 no router assigns `ctx.router`. Only a longer `ctx.matched` shows that another router has received the request.
 */
function startMissedDispatch(state: RouteFound, ctx: KoaContext): void {
  if (state.dispatch?.end !== ctx.matched?.length) startDispatch(state, ctx)
}

/** Whether the path belongs to a router before a handler. If not, the outer router has gone on to its next route. */
const isOfRouterInFront = ({ dispatch }: RouteFound, ctx: KoaContext, path: unknown): boolean =>
  dispatch?.inFront === true && layers(ctx, dispatch).some(layer => layer.path === path)

/** Called when `ctx.captures` was set. */
export function noteLayerRun(state: RouteFound, ctx: KoaContext): void {
  startMissedDispatch(state, ctx)
  if (!state.dispatch || state.dispatch.inFront) return
  state.dispatch.ran++
  state.matched = state.dispatch
  state.requestPath = ctx.path ?? ''
}

/**
 * Up to version 8 `_matchedRoute` is the last layer that could run, not the one that runs. So count the layers that have run.
 * Delete this when support for koa-router 7 and @koa/router 8 ends.
 */
export function lastRouteRun(state: RouteFound, ctx: KoaContext): unknown {
  const { matched } = state
  if (!matched || matched.assigned > 1 || matched.ran === 0) return undefined
  const ran = layers(ctx, matched).slice(0, matched.ran).filter(isRoute)
  return (ran.at(-1) ?? routes(ctx, matched)[0])?.path
}

const layers = ({ matched = [], method = '' }: KoaContext, dispatch?: Dispatch): KoaLayer[] =>
  matched.slice(dispatch?.start, dispatch?.end).filter(({ methods }) => !methods?.length || methods.includes(method))

const routes = (ctx: KoaContext, dispatch?: Dispatch): KoaLayer[] => layers(ctx, dispatch).filter(isRoute)

const isRoute = (layer: KoaLayer): boolean => Boolean(layer.methods?.length)

/** Whether this path was declared by `router.use` and by no route. */
function isOnlyMiddleware({ matched = [] }: KoaContext, path: unknown): boolean {
  let isDeclared = false
  for (const layer of matched) {
    if (layer.path !== path) continue
    if (isRoute(layer)) return false
    isDeclared = true
  }
  return isDeclared
}
