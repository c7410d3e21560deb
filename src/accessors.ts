import { EventEmitter } from 'node:events'
import { responseEnded } from './response-end'
import { type CurrentRequest, contextRequest, type Emit, emitInRequest } from './store'

// What both frameworks' extension objects get: `log`, and an `emit` that keeps the request's context.

/** Acts once per application, though the middleware may be called for each of its requests. */
export function oncePer<App extends object, Args extends unknown[]>(
  act: (app: App, ...args: Args) => void,
): (app: App, ...args: Args) => void {
  const done = new WeakSet<App>()
  let last: App | undefined
  return (app, ...args) => {
    if (app === last || done.has(app)) return
    last = app
    done.add(app)
    act(app, ...args)
  }
}

/**
 * Gives requests their `log`, as an accessor on the object from which they inherit: nothing is assigned to a request. A request
 * to which the application assigns its own `log` keeps that.
 */
export function defineLog(prototype: object, requestOf: RequestOf): void {
  defineAccessor(prototype, 'log', of => requestOf(of)?.log)
}

/** The same for `id`, where the option `requestId` is on. */
export function defineId(prototype: object, requestOf: RequestOf): void {
  defineAccessor(prototype, 'id', of => requestOf(of)?.id)
}

type RequestOf = (of: object) => CurrentRequest | undefined

function defineAccessor(prototype: object, name: 'log' | 'id', read: (of: object) => unknown): void {
  if (Object.hasOwn(prototype, name)) return
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: object) {
      return read(this)
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
    },
  })
}

/**
 * An `emit` that lets the listeners of a request or response run as part of it. Node emits in whatever context the socket is
 * in: after an abort in none, for a pipelined response in another request's.
 *
 * @param inherited the `emit` that stands behind this one
 * @param beforeEnd called before a response tells that it has ended: dd-trace finishes its span before any listener runs
 */
export function emitFor<R extends CurrentRequest>(
  requestOf: (of: object) => R | undefined,
  inherited: (of: object) => Emit,
  beforeEnd?: (request: R, of: object) => void,
): Emit {
  function emitWithin(this: object, ...args: unknown[]): boolean {
    return emitInRequest(requestOf(this) as R, inherited(this), this, args)
  }
  return function emit(this: object, event?: unknown) {
    const isEnd = beforeEnd !== undefined && (event === 'finish' || event === 'close')
    const unheard = isUnheard(this, event)
    const request = isEnd || !unheard ? requestOf(this) : undefined
    if (isEnd && request) {
      beforeEnd(request, this)
      if (event === 'close') responseEnded(request.open) // the application may have removed our listener
    }
    if (unheard && !isEnd && inherited(this) === nodeEmit) return false // Node's own does nothing more
    const isInside = request === undefined || unheard || contextRequest() === request
    // `arguments` is passed on as it came. A rest parameter would make an array for each event.
    const isHeard = Reflect.apply(isInside ? inherited(this) : emitWithin, this, arguments)
    if (isEnd && request) request.afterEnd()
    return isHeard
  }
}

/** Node throws an `error` that nobody listens to. */
const isUnheard = (emitter: object, event: unknown) => event !== 'error' && listenerCount.call(emitter, event) === 0

const { listenerCount, emit: nodeEmit } = EventEmitter.prototype as unknown as {
  listenerCount(this: object, event: unknown): number
  emit: Emit
}

/** What is made of an object's prototype, once for each: the messages of a server have one in common. */
export function byPrototype<T>(make: (prototype: object) => T): (of: object) => T {
  const made = new WeakMap<object, { value: T }>()
  let last: object | undefined
  let value: T
  return of => {
    const prototype = Object.getPrototypeOf(of)
    if (prototype !== last) {
      const known = made.get(prototype) ?? { value: make(prototype) }
      made.set(prototype, known)
      last = prototype
      value = known.value
    }
    return value
  }
}
