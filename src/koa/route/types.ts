/** A context while Koa's middleware runs. */
export interface KoaContext {
  path?: string
  originalUrl?: string
  method?: string
  status?: number
  matched?: readonly KoaLayer[]
}

/** A route of koa-router and @koa/router. What `router.use` adds is a layer without methods. */
export interface KoaLayer {
  path?: unknown
  methods?: readonly string[]
  /** The handlers. The one that `routes()` returns has its router as a property. */
  stack?: readonly { router?: { stack?: readonly KoaLayer[] } }[]
}

/** A mount of koa-mount that the request has entered. */
export interface EnteredMount {
  prefix: string
  /** `ctx.path` before the mount removed its prefix. */
  pathBefore: string
}

/** One router that was given the request. */
export interface Dispatch {
  /** Its part of `ctx.matched`. */
  start: number
  end: number
  /** How often it has assigned `_matchedRoute`. */
  assigned: number
  /** How many of its layers have run. */
  ran: number
  /** Whether the router stands in front of the handler of a route. */
  inFront: boolean
  /** The router that was given the request before. */
  previous: Dispatch | undefined
}

/** What is known of one request's route so far. */
export interface RouteFound {
  /** The declared path that may have answered. */
  route: unknown
  /** `ctx.path` when it was found. */
  requestPath: string
  mounts: readonly EnteredMount[]
  /** The router that was given the request last. */
  dispatch: Dispatch | undefined
  /** The last router that had a route for it. */
  matched: Dispatch | undefined
}
