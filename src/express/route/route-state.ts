import type { Watcher } from '../../watched-property'
import type { ExpressApp, ExpressRequest, Route } from '../types'

/** What Express assigned to `req.route` while it routed one request. Holds no `req`, `res` or body. */
export class RouteState implements Watcher {
  /** What `req.route` reads as. */
  value: unknown = undefined
  /** The route that may have answered, and where it was met. */
  route: Route | undefined = undefined
  base = ''
  url = ''
  app: ExpressApp | undefined = undefined
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
    this.route = route as Route
    this.base = req.baseUrl ?? ''
    this.url = req.url ?? ''
    this.app = (req.app as ExpressApp | undefined) ?? this.app
  }
}

/** Express lets every route match HEAD and then finds no handler in most. */
function answersHead({ methods }: Route): boolean {
  return !methods || Boolean(methods._all || methods.get || methods.head)
}
