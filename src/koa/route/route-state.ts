import type { Watcher } from '../../frameworks/watched-property'
import { enterMount } from './koa-mount'
import { noteLayerRun, noteMatchedRoute, startDispatch } from './koa-router'
import type { Dispatch, EnteredMount, KoaContext, RouteFound } from './types'

/** The properties that routers assign to `ctx`, in the order in which they do. */
export const watchedNames = ['mountPath', 'router', '_matchedRoute', 'captures', 'routePath'] as const
type Name = (typeof watchedNames)[number]

/**
 * Records the values that routers assign to `ctx` for one request. It lives as long as the request's logger, so it holds no `ctx`,
 * `req`, `res` or body.
 */
export class KoaRouteState implements Watcher, RouteFound {
  mountPath: unknown = undefined
  router: unknown = undefined
  _matchedRoute: unknown = undefined
  captures: unknown = undefined
  routePath: unknown = undefined
  route: unknown = undefined
  requestPath = ''
  mounts: readonly EnteredMount[] = noMounts
  dispatch: Dispatch | undefined = undefined
  matched: Dispatch | undefined = undefined

  read(name: Name): unknown {
    return this[name]
  }

  store(name: Name, value: unknown): void {
    switch (name) {
      case 'mountPath':
        this.mountPath = value
        break
      case 'router':
        this.router = value
        break
      case '_matchedRoute':
        this._matchedRoute = value
        break
      case 'captures':
        this.captures = value
        break
      default:
        this.routePath = value
    }
  }

  note(name: Name, value: unknown, ctx: KoaContext): void {
    switch (name) {
      case 'mountPath': // koa-mount
        enterMount(this, ctx, value)
        break
      case 'router': // koa-router and @koa/router
        startDispatch(this, ctx)
        break
      case '_matchedRoute':
        noteMatchedRoute(this, ctx, value)
        break
      case 'captures':
        noteLayerRun(this, ctx)
        break
      default: // `routePath`, of koa-route and of any other router that assigns it
        takeRoute(this, ctx, value)
    }
  }
}

const noMounts: readonly EnteredMount[] = []

function takeRoute(state: KoaRouteState, ctx: KoaContext, path: unknown): void {
  if (path === undefined || path === null) return
  state.route = path
  state.requestPath = ctx.path ?? ''
  state.matched = undefined
}
