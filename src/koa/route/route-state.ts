import type { Watcher } from '../../watched-property'
import { enterMount } from './koa-mount'
import { look, match, run } from './koa-router'
import type { Dispatch, Entered, KoaContext, RouteFound } from './types'

/** What routers set on `ctx`, in the order in which they do. */
export const watchedNames = ['mountPath', 'router', '_matchedRoute', 'captures', 'routePath'] as const
type Name = (typeof watchedNames)[number]

/** What the routers said about one request. Holds no `ctx`, `req`, `res` or body. */
export class KoaRouteState implements Watcher, RouteFound {
  mountPath: unknown = undefined
  router: unknown = undefined
  _matchedRoute: unknown = undefined
  captures: unknown = undefined
  routePath: unknown = undefined
  route: unknown = undefined
  path = ''
  entered: readonly Entered[] = none
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
        look(this, ctx)
        break
      case '_matchedRoute':
        match(this, ctx, value)
        break
      case 'captures':
        run(this, ctx)
        break
      default: // koa-route, and any other router that cares to tell
        takeRoute(this, ctx, value)
    }
  }
}

const none: readonly Entered[] = []

function takeRoute(state: KoaRouteState, ctx: KoaContext, path: unknown): void {
  if (path === undefined || path === null) return
  state.route = path
  state.path = ctx.path ?? ''
  state.matched = undefined
}
