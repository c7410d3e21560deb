import { types } from 'node:util'

/** Follows the assignments to the watched properties of one request. */
export interface Watcher {
  /** Returns the value of the property. */
  read(name: string): unknown
  /** Called when the property of the request itself was assigned. */
  store(name: string, value: unknown): void
  /** Called when the property of `on` was assigned: `on` is the request itself or an object made from it. */
  note(name: string, value: unknown, on: object): void
}

export type WatcherOf = (request: object) => Watcher | undefined

/** A property of the setter. If a process has two copies of spanlog, the second adds its own look-up to this set. */
const watchersKey = Symbol.for('spanlog.watchers')
type Setter = ((this: object, value: unknown) => void) & { [watchersKey]?: { add(watcherOf: WatcherOf): void } }

/**
 * Defines an accessor on the object from which an application's requests inherit. The frameworks document that object for
 * extensions. Does nothing if the application has defined the property itself.
 */
export function watchProperty(prototype: object, name: string, watcherOf: WatcherOf): void {
  const existing = Object.getOwnPropertyDescriptor(prototype, name)
  if (existing) (existing.set as Setter | undefined)?.[watchersKey]?.add(watcherOf)
  else Object.defineProperty(prototype, name, accessor(name, watcherOf))
}

function accessor(name: string, first: WatcherOf): PropertyDescriptor {
  const lookUps = new Set([first])
  function get(this: object): unknown {
    const own = first(this)
    if (own !== undefined) return own.read(name)
    for (const watcherOf of lookUps) {
      const watcher = watcherOf(this) ?? watcherBehind(this, watcherOf)
      if (watcher) return watcher.read(name)
    }
    return undefined
  }
  function set(this: object, value: unknown): void {
    if (lookUps.size === 1) {
      const own = first(this)
      if (own !== undefined) {
        own.store(name, value)
        own.note(name, value, this)
        return
      }
    }
    let stored = false
    for (const watcherOf of lookUps) stored = assignFor(watcherOf, this, name, value) || stored
    // A request that our middleware has not seen, or one made from another, gets an own property, as it would without us.
    if (!stored) Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return { get, set: Object.assign(set, { [watchersKey]: lookUps }), enumerable: true, configurable: true }
}

/** Reports an assignment to one watcher. Returns whether `on` is the watched request itself, which then holds the value. */
function assignFor(watcherOf: WatcherOf, on: object, name: string, value: unknown): boolean {
  const own = watcherOf(on) ?? (types.isProxy(on) ? watcherOfOriginal(on, watcherOf) : undefined)
  own?.store(name, value)
  const watcher = own ?? watcherBehind(on, watcherOf)
  watcher?.note(name, value, on)
  return own !== undefined
}

/** The watcher of the request from which `Object.create(req)` or a proxy was made. */
function watcherBehind(derived: object, watcherOf: WatcherOf): Watcher | undefined {
  for (let object = Object.getPrototypeOf(derived); object; object = Object.getPrototypeOf(object)) {
    const watcher = watcherOf(object)
    if (watcher) return watcher
  }
  return watcherOfOriginal(derived, watcherOf)
}

/** The watcher of the request behind a proxy. Express's `res.req` and Koa's `ctx.request.ctx` are the request itself. */
function watcherOfOriginal(derived: object, watcherOf: WatcherOf): Watcher | undefined {
  const { res, request } = derived as { res?: { req?: unknown }; request?: { ctx?: unknown } }
  const found = request?.ctx ?? res?.req
  return typeof found === 'object' && found ? watcherOf(found) : undefined
}

/** Replaces own properties, which were assigned before the accessor existed, by an assignment through the accessor. */
export function adoptProperties(request: object, names: readonly string[]): void {
  const target = request as Record<string, unknown>
  for (const name of names) {
    if (!Object.hasOwn(request, name) || !(name in Object.getPrototypeOf(request))) continue
    const value = target[name]
    delete target[name]
    target[name] = value
  }
}
