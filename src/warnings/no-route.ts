import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Warning, warnOnce } from './warn'

// Fastify, by @fastify/middie or @fastify/express, and connect call middleware of Express. The middleware cannot see their routes.

const inFastify: Warning = {
  code: 'SPANLOG_NO_ROUTE',
  message:
    "spanlog does not see the routes of Fastify: the resource of a request is its method alone. After `fastify.use(spanlog())` write `fastify.addHook('onRequest', (request, reply, done) => { if (request.routeOptions.url) setRoute(request.routeOptions.url); done() })`.",
}

const inConnect: Warning = {
  code: inFastify.code,
  message:
    "spanlog does not see the paths of connect: the resource of a request is its method alone. In the handler of `app.use('/users', handler)` call `setRoute('/users')`.",
}

/** Whether Fastify has prepared a request for middleware: both of its plugins assign `ips`, which Express has on the prototype. */
export const isOfFastify = (req: object): boolean => Object.hasOwn(req, 'ips')

const handlerStart = 'tracing:fastify.request.handler:start'
const routed = new WeakSet<object>()
let isWatching = false

/** Waits for the first request that a route of Fastify handles, where that is the framework. Middleware may answer others. */
export function watchFastify(req: object): void {
  if (isWatching || !isOfFastify(req)) return
  isWatching = true
  subscribe(handlerStart, noteRouted)
}

function noteRouted(event: unknown): void {
  const raw = (event as { request?: { raw?: object } }).request?.raw
  if (raw) routed.add(raw)
  unsubscribe(handlerStart, noteRouted)
}

/** Warns where a route of Fastify or a handler below a path of connect has answered. Call it where nobody has named the route. */
export function hintNoRoute(req: object): void {
  if (routed.has(req)) warnOnce(inFastify)
  else if (!isOfFastify(req) && isBelowPath(req)) warnOnce(inConnect)
}

interface Request {
  app?: object
  baseUrl?: string
  originalUrl?: string
  url?: string
}

/** Whether a handler below a path of connect has answered. connect removes the path from `req.url`, and puts it back before `next()`. */
function isBelowPath({ app, baseUrl, originalUrl = '', url = '' }: Request): boolean {
  if (app || baseUrl !== undefined || originalUrl === url) return false
  return url === '/' || originalUrl.endsWith(url)
}
