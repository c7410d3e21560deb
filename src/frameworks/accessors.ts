import { EventEmitter } from 'node:events'
import { responseEnded } from '../response/response-end'
import { noteFinish } from '../response/stand-in'
import { type CurrentRequest, contextRequest, type Emit, emitInRequest } from '../store'
import { hintReplaced } from '../warnings/hints'

// Defines `log`, `id`, and an `emit` that keeps the request's context, on the extension objects of both frameworks.

/** Calls `act` once per application. The middleware calls it for each request. */
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
 * Defines `log` as an accessor on the object from which requests inherit. Nothing is assigned to a request itself. If the
 * application assigns its own `log` to a request, that one stays.
 */
export function defineLog(prototype: object, requestOf: RequestOf): void {
  defineAccessor(prototype, 'log', of => requestOf(of)?.log)
}

/** Defines `id` in the same way, where the option `requestId` is on. */
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
      if (name === 'log' && read(this) !== undefined) hintReplaced()
      Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
    },
  })
}

/**
 * Makes an `emit` that runs the listeners of a request or response in the context of that request. Node emits in the context of
 * the socket: after an abort there is none, and for a pipelined response it is that of another request.
 *
 * @param inherited returns the `emit` that this one calls
 * @param beforeEnd called before a response emits `finish` or `close`: dd-trace finishes its span before any listener runs
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
      if (event === 'finish') noteFinish(this)
      beforeEnd(request, this)
      if (event === 'close') responseEnded(request.open) // the application may have removed our listener
    }
    if (unheard && !isEnd && inherited(this) === nodeEmit) return false // Node's own `emit` would do nothing more
    const isInside = request === undefined || unheard || contextRequest() === request
    // `arguments` is passed on as it came. A rest parameter would make an array for each event.
    try {
      return Reflect.apply(isInside ? inherited(this) : emitWithin, this, arguments)
    } finally {
      if (isEnd && request) request.afterEnd() // also if a listener of the application has thrown
    }
  }
}

/** An `error` without a listener must reach Node's `emit`, which throws it. */
const isUnheard = (emitter: object, event: unknown) => event !== 'error' && listenerCount.call(emitter, event) === 0

const { listenerCount, emit: nodeEmit } = EventEmitter.prototype as unknown as {
  listenerCount(this: object, event: unknown): number
  emit: Emit
}

/** Makes a value once per prototype. All messages of a server share one prototype. */
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
