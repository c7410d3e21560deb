import type { Watcher } from '../watched-property'
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
const notes: Record<string, (taken: KoaRouteTaken, ctx: KoaContext, value: unknown) => void> = {
  mountPath: enterMount, // koa-mount
  router: look, // koa-router and @koa/router
  _matchedRoute: match,
  captures: run,
  routePath: takeRoute, // koa-route, and any other router that cares to tell
}

export const watchedNames: readonly string[] = Object.keys(notes)

/** What the routers said about one request. Holds no `ctx`, `req`, `res` or body. */
export class KoaRouteTaken implements Watcher {
  readonly #values: Record<string, unknown> = {}
  /** The declared path that may have answered, and the path of the request when it was met. */
  route: unknown = undefined
  path = ''
  readonly entered: Entered[] = []
  /** The router that is looking at the request, and the last one that had a route for it. */
  dispatch: Dispatch | undefined = undefined
  matched: Dispatch | undefined = undefined

  read(name: string): unknown {
    return this.#values[name]
  }

  store(name: string, value: unknown): void {
    this.#values[name] = value
  }

  note(name: string, value: unknown, ctx: KoaContext): void {
    notes[name]?.(this, ctx, value)
  }
}

function takeRoute(taken: KoaRouteTaken, ctx: KoaContext, path: unknown): void {
  if (path === undefined || path === null) return
  taken.route = path
  taken.path = ctx.path ?? ''
  taken.matched = undefined
}
