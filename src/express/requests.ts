import { routeStateIn } from '../frameworks/adapters'
import { processState } from '../process-state'
import type { ServedRequest } from '../request'
import { addFinder } from '../store'
import type { RouteState } from './route'

// Finds the request of spanlog for a `req` of Express.

export type ExpressServed = ServedRequest<RouteState>

const requestKey = Symbol.for('spanlog.express.request')
type WithRequest = object & { [requestKey]?: ExpressServed }

/**
 * On Node 24 and newer, all `req` of an application share a hidden class, so a property costs nothing and a WeakMap 42,000 cycles. On
 * older versions Express's change of the prototype gives each `req` its own hidden class. There a property costs microseconds.
 */
const canHoldProperty = Number.parseInt(process.versions.node, 10) >= 24

interface Requests extends WeakMap<object, ExpressServed> {
  /** Whether it holds any request. If not, the look-up can be left out. */
  used?: boolean
}

const requests: Requests = processState('express.requests', () => new WeakMap())

/** Remembers the request of a `req`. */
export function keepRequest(req: object, request: ExpressServed): void {
  if (canHoldProperty && setProperty(req, request)) return
  requests.set(req, request)
  requests.used = true
}

/** Returns false if the property could not be set: `req` is sealed, or a proxy that ignores it. */
function setProperty(req: WithRequest, request: ExpressServed): boolean {
  try {
    req[requestKey] = request
    return req[requestKey] === request
  } catch {
    return false
  }
}

/** The request of a `req`, or of an object made by `Object.create(req)`. */
export function requestOf(req: object): ExpressServed | undefined {
  const found = canHoldProperty ? (req as WithRequest)[requestKey] : undefined
  if (found || !requests.used) return found
  for (let at: object | null = req; at; at = Object.getPrototypeOf(at)) {
    const request = requests.get(at)
    if (request) return request
  }
  return undefined
}

/** The state of the routes that Express takes, also for an application inside a Koa application. */
export function routeStateOf(req: object): RouteState | undefined {
  const request = ownRequestOf(req)
  return request && (routeStateIn(request, 'express') as RouteState | undefined)
}

/** The request of exactly this `req`, not of one that it was made from. */
export function ownRequestOf(req: object): ExpressServed | undefined {
  if (canHoldProperty && Object.hasOwn(req, requestKey)) return (req as WithRequest)[requestKey]
  return requests.used ? requests.get(req) : undefined
}

addFinder(requestOf)
