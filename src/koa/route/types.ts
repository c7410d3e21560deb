/** The properties of `ctx` that routing uses. */
export interface KoaContext {
  path?: string
  originalUrl?: string
  method?: string
  status?: number
  matched?: readonly KoaLayer[]
}

/** A route of koa-router and @koa/router. A layer without methods was added by `router.use`. */
export interface KoaLayer {
  path?: unknown
  methods?: readonly string[]
  /** The handlers. A handler made by `routes()` has its router as a property. */
  stack?: readonly { router?: { stack?: readonly KoaLayer[] } }[]
}

/** A mount of koa-mount that the request has entered. */
export interface EnteredMount {
  prefix: string
  /** `ctx.path` before the mount removed its prefix. */
  pathBefore: string
}

/** One router that received the request. */
export interface Dispatch {
  /** Where its layers begin and end in `ctx.matched`. */
  start: number
  end: number
  /** How many times it has assigned `_matchedRoute`. */
  assigned: number
  /** How many of its layers have run. */
  ran: number
  /** Whether the router comes before the handler of a route, see `isInFront`. */
  inFront: boolean
  /** The router that received the request before this one. */
  previous: Dispatch | undefined
}

/** The route of one request, as far as it is known. */
export interface RouteFound {
  /** The declared path that may have answered. */
  route: unknown
  /** `ctx.path` when that route was found. */
  requestPath: string
  mounts: readonly EnteredMount[]
  /** The last router that received the request. */
  dispatch: Dispatch | undefined
  /** The last router that had a route for it. */
  matched: Dispatch | undefined
}
