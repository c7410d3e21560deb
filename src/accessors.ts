import { EventEmitter } from 'node:events'
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
    const isEnd = beforeEnd !== undefined && (event === 'finish' || event === 'close')
    const unheard = isUnheard(this, event)
    const request = isEnd || !unheard ? requestOf(this) : undefined
    if (isEnd && request) {
      beforeEnd(request, this)
      if (event === 'close') tellEnd(request.open) // our listener may have been removed
    }
    if (unheard && !isEnd && inherited(this) === nodes) return false // which is all that Node's own does
    const isThere = request === undefined || unheard || currentRequest() === request
    // `arguments` goes on as it came, without an array of each event's
    return Reflect.apply(isThere ? inherited(this) : within, this, arguments)
  }
}

/** An error that nobody listens to is thrown. */
const isUnheard = (emitter: object, event: unknown) => event !== 'error' && listenerCount.call(emitter, event) === 0

const { listenerCount, emit: nodes } = EventEmitter.prototype as unknown as {
  listenerCount(this: object, event: unknown): number
  emit: Emit
}

/** What is made of a message's prototype, once for each: the messages of a server have one in common. */
export function byPrototype<T>(make: (prototype: object) => T): (message: object) => T {
  const made = new WeakMap<object, { value: T }>()
  let last: object | undefined
  let value: T
  return message => {
    const prototype = Object.getPrototypeOf(message)
    if (prototype !== last) {
      const known = made.get(prototype) ?? { value: make(prototype) }
      made.set(prototype, known)
      last = prototype
      value = known.value
    }
    return value
  }
}

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
