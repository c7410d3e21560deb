import type { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { tellEnd } from './response-end'
import { currentRequest, type Emit, emitInRequest, type RequestState } from './store'

/**
 * Gives requests their `log`, as an accessor on the object from which they inherit: nothing is assigned to a request. One that
 * assigns its own keeps it.
 */
export function defineLog(prototype: object, requestOf: (of: object) => RequestState | undefined): void {
  if (Object.hasOwn(prototype, 'log')) return
  Object.defineProperty(prototype, 'log', {
    configurable: true,
    enumerable: true,
    get(this: object) {
      return requestOf(this)?.log
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, 'log', { value, configurable: true, enumerable: true, writable: true })
    },
  })
}

/**
 * An `emit` that lets the listeners of a request or response run as part of it. Node emits in whatever context the socket is
 * in: after an abort none, for a pipelined response another request's.
 *
 * @param inherited the `emit` that it stands before
 * @param beforeEnd called before a response tells that it has ended: dd-trace finishes its span before any listener runs
 */
export function emitFor<R extends RequestState>(
  requestOf: (of: object) => R | undefined,
  inherited: (of: object) => Emit,
  beforeEnd?: (request: R, of: object) => void,
): Emit {
  function within(this: object, ...args: unknown[]): boolean {
    return emitInRequest(requestOf(this) as R, inherited(this), this, args)
  }
  return function emit(this: object, event?: unknown) {
    const request = requestOf(this)
    if (request && beforeEnd && (event === 'finish' || event === 'close')) beforeEnd(request, this)
    if (request && beforeEnd && event === 'close') tellEnd(this as ServerResponse) // our listener may have been removed
    const isThere = request === undefined || currentRequest() === request || isUnheard(this, event)
    // `arguments` goes on as it came, without an array of each event's
    return (isThere ? inherited(this) : within).apply(this, arguments as never)
  }
}

/** An error that nobody listens to is thrown. */
const isUnheard = (emitter: object, event: unknown) => event !== 'error' && countOf(emitter, event) === 0

const countOf = (emitter: object, event: unknown) => (emitter as EventEmitter).listenerCount(event as string)

/** An application of Express, as far as others can be mounted in it. */
interface App {
  request?: object
  response?: object
  handle?: unknown
  lazyrouter?: unknown
  _router?: Stacked
  router?: Stacked
}
interface Stacked {
  stack?: { handle?: unknown; route?: Stacked }[]
}

/**
 * The applications within an application, at any depth. One that `Router#use` mounted, or a route, is not told of the one above
 * it and inherits nothing from there.
 */
export function appsWithin(app: object, found = new Set<object>()): Set<object> {
  if (found.size >= most || found.has(app)) return found
  found.add(app)
  for (const handle of handlesOf(app)) if (holdsLayers(handle)) appsWithin(handle, found)
  return found
}

/** Routers count too: an end to whatever a program may have built. */
const most = 10_000

function handlesOf(app: App & Stacked): unknown[] {
  // Express 4 makes a router late, and complains about `app.router`.
  const { stack } = app.stack ? app : (app._router ?? (app.lazyrouter ? {} : (app.router ?? {})))
  if (!Array.isArray(stack)) return []
  return stack.flatMap(({ handle, route }) => (route ? handlesOf(route as App & Stacked) : handle))
}

const holdsLayers = (handle: unknown): handle is object =>
  typeof handle === 'function' && ('stack' in handle || 'handle' in handle)
