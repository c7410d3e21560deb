import { types } from 'node:util'

/** What follows the assignments to a property of one request. */
export interface Watcher {
  /** What the property reads as. */
  read(name: string): unknown
  /** The property of the request itself was assigned. */
  store(name: string, value: unknown): void
  /** The property was assigned, on the request itself or on something made from it: `on`. */
  note(name: string, value: unknown, on: object): void
}

export type WatcherOf = (request: object) => Watcher | undefined

/** Where two copies of spanlog in one process find each other: the setter carries what each of them asks. */
const mark = Symbol.for('spanlog.watchers')
type Setter = ((this: object, value: unknown) => void) & { [mark]?: { add(watcherOf: WatcherOf): void } }

/**
 * Defines an accessor on the object from which an application's requests inherit, which the frameworks document for
 * extensions. Does nothing where the application has put something of its own.
 */
export function watchProperty(prototype: object, name: string, watcherOf: WatcherOf): void {
  const existing = Object.getOwnPropertyDescriptor(prototype, name)
  if (existing) (existing.set as Setter | undefined)?.[mark]?.add(watcherOf)
  else Object.defineProperty(prototype, name, accessor(name, watcherOf))
}

function accessor(name: string, first: WatcherOf): PropertyDescriptor {
  const copies = new Set([first])
  function get(this: object): unknown {
    const own = first(this)
    if (own !== undefined) return own.read(name)
    for (const watcherOf of copies) {
      const watcher = watcherOf(this) ?? behind(this, watcherOf)
      if (watcher) return watcher.read(name)
    }
    return undefined
  }
  function set(this: object, value: unknown): void {
    if (copies.size === 1) {
      const own = first(this)
      if (own !== undefined) {
        own.store(name, value)
        own.note(name, value, this)
        return
      }
    }
    let stored = false
    for (const watcherOf of copies) stored = assign(this, name, value, watcherOf) || stored
    // A request that did not pass our middleware, or a derived one, gets the property that it would have had.
    if (!stored) Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return { get, set: Object.assign(set, { [mark]: copies }), enumerable: true, configurable: true }
}

function assign(on: object, name: string, value: unknown, watcherOf: WatcherOf): boolean {
  const own = watcherOf(on) ?? (types.isProxy(on) ? original(on, watcherOf) : undefined)
  own?.store(name, value)
  const watcher = own ?? behind(on, watcherOf)
  watcher?.note(name, value, on)
  return own !== undefined
}

/** The watcher of the request that `Object.create(req)` or a proxy stands for. */
function behind(derived: object, watcherOf: WatcherOf): Watcher | undefined {
  for (let object = Object.getPrototypeOf(derived); object; object = Object.getPrototypeOf(object)) {
    const watcher = watcherOf(object)
    if (watcher) return watcher
  }
  return original(derived, watcherOf)
}

/** A proxy cannot be looked through, but Express's `res.req` and Koa's `ctx.request.ctx` lead back. */
function original(derived: object, watcherOf: WatcherOf): Watcher | undefined {
  const { res, request } = derived as { res?: { req?: unknown }; request?: { ctx?: unknown } }
  const back = request?.ctx ?? res?.req
  return typeof back === 'object' && back ? watcherOf(back) : undefined
}

/** Hands properties that were assigned before we watched to the accessor, and takes them off the request. */
export function adoptProperties(request: object, names: readonly string[]): void {
  const target = request as Record<string, unknown>
  for (const name of names) {
    if (!Object.hasOwn(request, name) || !(name in Object.getPrototypeOf(request))) continue
    const value = target[name]
    delete target[name]
    target[name] = value
  }
}
