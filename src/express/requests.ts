import { processState } from '../process-state'
import type { ServedRequest } from '../request'
import { addFinder } from '../store'
import type { RouteState } from './route'

// Which request of spanlog belongs to which `req` of Express.

export type ExpressServed = ServedRequest<RouteState>

const requestKey = Symbol.for('spanlog.express.request')
type WithRequest = object & { [requestKey]?: ExpressServed }

/**
 * On Node 24 and newer the requests of an application share their hidden class although Express sets their prototypes, and one
 * more property costs nothing (a WeakMap: 42,000 cycles). On older versions each own property of `req` costs microseconds.
 */
const canHoldProperty = Number.parseInt(process.versions.node, 10) >= 24

interface Requests extends WeakMap<object, ExpressServed> {
  /** Whether it holds any. A look-up that finds nothing costs as much as one that does. */
  used?: boolean
}

const requests: Requests = processState('express.requests', () => new WeakMap())

/** Remembers the request of a `req`. */
export function keepRequest(req: object, request: ExpressServed): void {
  if (canHoldProperty && setProperty(req, request)) return
  requests.set(req, request)
  requests.used = true
}

/** False for a `req` that the application has sealed, or a proxy that takes nothing. */
function setProperty(req: WithRequest, request: ExpressServed): boolean {
  try {
    req[requestKey] = request
    return req[requestKey] === request
  } catch {
    return false
  }
}

/** The request of a `req`, or of what it was made from by `Object.create(req)`. */
export function requestOf(req: object): ExpressServed | undefined {
  const found = canHoldProperty ? (req as WithRequest)[requestKey] : undefined
  if (found || !requests.used) return found
  for (let at: object | null = req; at; at = Object.getPrototypeOf(at)) {
    const request = requests.get(at)
    if (request) return request
  }
  return undefined
}

/** The state of the routes that Express takes, in an application inside of a Koa one too. */
export function routeStateOf(req: object): RouteState | undefined {
  const request = ownRequestOf(req)
  if (!request || request.settings.component === 'express') return request?.route
  return request.inner?.route as RouteState | undefined
}

/** The request of exactly this `req`, not of what it was made from. */
export function ownRequestOf(req: object): ExpressServed | undefined {
  if (canHoldProperty && Object.hasOwn(req, requestKey)) return (req as WithRequest)[requestKey]
  return requests.used ? requests.get(req) : undefined
}

addFinder(requestOf)
