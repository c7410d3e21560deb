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
  /** The handlers. What `routes()` of a router returns tells the router. */
  stack?: readonly { router?: { stack?: readonly KoaLayer[] } }[]
}

/** A prefix that koa-mount took from a path. */
export interface Entered {
  prefix: string
  before: string
}

/** One router's look at a request: its part of `ctx.matched`, and what it has said since. */
export interface Dispatch {
  start: number
  end: number
  said: number
  ran: number
  /** Whether the router stands in front of the handler of a route. */
  inFront: boolean
  previous: Dispatch | undefined
}

/** What routers and mounts have told about one request so far. */
export interface RouteFound {
  /** The declared path that may have answered, and the path of the request when it was met. */
  route: unknown
  path: string
  entered: readonly Entered[]
  /** The router that is looking at the request, and the last one that had a route for it. */
  dispatch: Dispatch | undefined
  matched: Dispatch | undefined
}
