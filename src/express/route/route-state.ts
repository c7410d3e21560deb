import type { Watcher } from '../../frameworks/watched-property'
import type { ExpressApp, ExpressRequest, Route } from '../types'

/** A route that Express took, and the place of the request at that time. */
export interface TakenRoute {
  readonly route: Route | undefined
  readonly base: string
  readonly url: string
  readonly app: ExpressApp | undefined
  readonly root: ExpressApp | undefined
  /** `req.params` while the route runs. Express gives each layer a new object. */
  readonly params: unknown
}

/**
 * Records the values that Express assigns to `req.route` while it routes one request. It lives as long as the request's logger, so it
 * holds no `req`, `res` or body.
 */
export class RouteState implements Watcher, TakenRoute {
  /** The value of `req.route`. */
  value: unknown = undefined
  /** The route that was taken last. */
  route: Route | undefined = undefined
  base = ''
  url = ''
  app: ExpressApp | undefined = undefined
  params: unknown = undefined
  /** The routes that were taken before it. Most requests take one route. */
  earlier: TakenRoute[] | undefined = undefined
  /** The application in which our middleware met the request. */
  root: ExpressApp | undefined = undefined

  read(): unknown {
    return this.value
  }

  store(_name: string, route: unknown): void {
    this.value = route
  }

  /** After the answer has begun, further routes do not count: a handler has called `next()` after answering. */
  note(_name: string, route: unknown, req: ExpressRequest): void {
    if (!route || (this.route !== undefined && req.res?.headersSent)) return
    if (req.method === 'HEAD' && !answersHead(route as Route)) return
    if (this.route !== undefined && this.route !== route) this.#keepEarlier()
    this.route = route as Route
    this.base = req.baseUrl ?? ''
    this.url = req.url ?? ''
    this.app = (req.app as ExpressApp | undefined) ?? this.app
    // These are still the params of the layer before. Express assigns the route again when it has set the route's own.
    this.params = req.params
  }

  #keepEarlier(): void {
    const { route, base, url, app, root, params } = this
    this.earlier ??= []
    this.earlier.push({ route, base, url, app, root, params })
  }
}

/** The state of an application that a Koa application has called, which an Express application may have called. */
export class InnerRouteState extends RouteState {
  constructor(readonly outerBase: string) {
    super()
  }

  override note(name: string, route: unknown, req: ExpressRequest): void {
    super.note(name, route, below(this.outerBase, req))
  }
}

/** The request as an inner application would see it alone: Express begins `req.baseUrl` with what outer mounts have matched. */
export function below(outerBase: string, req: ExpressRequest): ExpressRequest {
  if (outerBase === '' || !req.baseUrl?.startsWith(outerBase)) return req
  return Object.create(req, { baseUrl: { value: req.baseUrl.slice(outerBase.length) } })
}

/** In Express every route matches HEAD, but only one with a handler for GET, HEAD or all methods answers it. */
function answersHead({ methods }: Route): boolean {
  return !methods || Boolean(methods._all || methods.get || methods.head)
}
