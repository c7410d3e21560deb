import type { Watcher } from '../../watched-property'
import type { ExpressApp, ExpressRequest, Route } from '../types'

/** A route that Express took, and where the request was then. */
export interface TakenRoute {
  readonly route: Route | undefined
  readonly base: string
  readonly url: string
  readonly app: ExpressApp | undefined
  readonly root: ExpressApp | undefined
  /** `req.params` while the route runs: each layer that runs has its own object. */
  readonly params: unknown
}

/** What Express assigned to `req.route` while it routed one request. Holds no `req`, `res` or body. */
export class RouteState implements Watcher, TakenRoute {
  /** What `req.route` reads as. */
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

  /** Once the answer has begun, another route is not the answer. */
  note(_name: string, route: unknown, req: ExpressRequest): void {
    if (!route || (this.route !== undefined && req.res?.headersSent)) return
    if (req.method === 'HEAD' && !answersHead(route as Route)) return
    if (this.route !== undefined && this.route !== route) this.#keepEarlier()
    this.route = route as Route
    this.base = req.baseUrl ?? ''
    this.url = req.url ?? ''
    this.app = (req.app as ExpressApp | undefined) ?? this.app
    this.params = req.params // Express assigns the route once more when `req.params` is the route's own
  }

  #keepEarlier(): void {
    const { route, base, url, app, root, params } = this
    this.earlier ??= []
    this.earlier.push({ route, base, url, app, root, params })
  }
}

/** Express lets every route match HEAD and then finds no handler in most. */
function answersHead({ methods }: Route): boolean {
  return !methods || Boolean(methods._all || methods.get || methods.head)
}
