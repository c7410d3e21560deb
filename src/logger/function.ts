import type { DdFields } from '../tracer/dd-fields'
import { type Fields, inertMessage, type LineContext, type Lines, withoutForeignDd } from './fields'

/** A logger, a method of one, or a logger that is a function itself. */
type Value = object & { [key: PropertyKey]: unknown }
/** Returns the current value. It is made again when the request's span or fields have changed. */
type Current = () => Value

/**
 * Binds a logger that spanlog knows only by `(fields) => logger`. Such a logger keeps the fields that it was made with. So the handler
 * gets a stand-in, whose calls go to a logger that was made with the current fields.
 */
export function bindFunction(make: (fields: Fields) => object, context: LineContext): object {
  return standIn(remembered(make as (fields: Fields) => Value, context), context.lines)
}

function remembered(make: (fields: Fields) => Value, context: LineContext): Current {
  let logger: Value | undefined
  let dd: DdFields | undefined
  let fields: Fields | undefined
  return () => {
    const now = context.dd()
    if (logger && now === dd && context.fields === fields) return logger
    dd = now
    fields = context.fields
    logger = make(dd ? { ...fields, dd } : { ...fields })
    return logger
  }
}

function standIn(current: Current, lines: Lines | undefined): object {
  return new Proxy(targetFor(current()), new StandIn(current, lines))
}

/**
 * A Proxy is callable only if its target is. The logger itself cannot be the target: if it is frozen, a Proxy must return its values.
 */
const targetFor = (value: unknown): object => (typeof value === 'function' ? () => undefined : {})

/**
 * Has all properties of a logger, or of a method of one. Some loggers are functions (`log('text')`), and some methods have methods
 * (`log.info.raw('text')`).
 */
class StandIn implements ProxyHandler<object> {
  #methods: Map<PropertyKey, object> | undefined

  constructor(
    readonly current: Current,
    readonly lines: Lines | undefined,
    /** For a method: the logger that it is called on, and its name. */
    readonly method?: { of: Current; key: PropertyKey },
  ) {}

  get(_target: object, key: PropertyKey): unknown {
    const value = this.current()[key]
    return typeof value === 'function' && key !== 'constructor' ? this.#methodOf(key) : value
  }

  /** Returns the same method each time, as a logger does. The method that it calls is looked up when it is called. */
  #methodOf(key: PropertyKey): object {
    this.#methods ??= new Map()
    const known = this.#methods.get(key)
    if (known) return known
    const current = () => this.current()[key] as Value
    const method = new Proxy(() => undefined, new StandIn(current, this.lines, { of: this.current, key }))
    this.#methods.set(key, method)
    return method
  }

  apply(_target: object, _this: unknown, given: unknown[]): unknown {
    const args = given.map(inert)
    if (this.lines && this.method && levelNames.test(String(this.method.key))) {
      this.lines.willWrite(errorNames.test(String(this.method.key)))
    }
    const logger = this.method?.of()
    const result = Reflect.apply(this.current() as never, logger, args)
    return this.method && logger ? standInForResult(result, this.method, logger, args, this.lines) : result
  }

  set(_target: object, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.current(), key, value)
  }

  has(_target: object, key: PropertyKey): boolean {
    return Reflect.has(this.current(), key)
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.current())
  }

  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
    const own = Reflect.getOwnPropertyDescriptor(this.current(), key)
    return own && { value: this.get(target, key), writable: true, enumerable: own.enumerable, configurable: true }
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.current())
  }
}

/** The names of methods that write a line of level error or above. */
const errorNames = /^(?:error|err|crit|critical|fatal|alert|emerg|emergency)$/
/** The names of all methods that write a line. */
const levelNames =
  /^(?:trace|silly|debug|verbose|log|info|http|notice|success|warn|warning|error|err|crit|critical|fatal|alert|emerg|emergency)$/

const inert = (arg: unknown) => inertMessage(withoutForeignDd(arg))

/**
 * Gives a logger that a method returns, such as a child, a stand-in too. When its parent is made again, so is the child, by the same
 * call.
 */
function standInForResult(
  result: unknown,
  { of, key }: { of: Current; key: PropertyKey },
  logger: Value,
  args: unknown[],
  lines: Lines | undefined,
) {
  if (result === logger) return standIn(of, lines)
  if (!isLoggerLike(result, key)) return result
  const derive = (parent: Value) => Reflect.apply(parent[key] as never, parent, args) as Value
  return standIn(derived(of, derive, logger, result), lines)
}

function derived(current: Current, derive: (logger: Value) => Value, from: Value, made: Value): Current {
  let parent = from
  let logger = made
  return () => {
    const now = current()
    if (now !== parent) {
      parent = now
      logger = derive(now)
    }
    return logger
  }
}

/** Whether a method such as `child` or `with` has returned a logger: then the result has the same method. */
function isLoggerLike(result: unknown, key: PropertyKey): result is Value {
  if (result === null || (typeof result !== 'object' && typeof result !== 'function')) return false
  return typeof Reflect.get(result, key) === 'function'
}
