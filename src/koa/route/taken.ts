import type { Watcher } from '../../watched-property'
import { enterMount } from './koa-mount'
import { type Dispatch, look, match, run } from './koa-router'

/** A context while Koa's middleware runs. */
export interface KoaContext {
  path?: string
  originalUrl?: string
  method?: string
  status?: number
  matched?: readonly KoaLayer[]
}

/** A route of koa-router and @koa/router; what `router.use` adds is a layer without methods. */
export interface KoaLayer {
  path?: unknown
  methods?: readonly string[]
}

/** A prefix that koa-mount took from a path. */
export interface Entered {
  prefix: string
  before: string
}

/** What routers set on `ctx`, in the order in which they do. */
export const watchedNames = ['mountPath', 'router', '_matchedRoute', 'captures', 'routePath'] as const
type Name = (typeof watchedNames)[number]

/** What the routers said about one request. Holds no `ctx`, `req`, `res` or body. */
export class KoaRouteTaken implements Watcher {
  mountPath: unknown = undefined
  router: unknown = undefined
  _matchedRoute: unknown = undefined
  captures: unknown = undefined
  routePath: unknown = undefined
  /** The declared path that may have answered, and the path of the request when it was met. */
  route: unknown = undefined
  path = ''
  entered: readonly Entered[] = none
  /** The router that is looking at the request, and the last one that had a route for it. */
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

function takeRoute(taken: KoaRouteTaken, ctx: KoaContext, path: unknown): void {
  if (path === undefined || path === null) return
  taken.route = path
  taken.path = ctx.path ?? ''
  taken.matched = undefined
}
