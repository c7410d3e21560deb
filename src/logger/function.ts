import type { DdFields } from '../tracer/dd-fields'
import { type Fields, inertMessage, type LineContext, withoutForeignDd } from './fields'

type Method = (...args: unknown[]) => unknown
type Derive = (logger: object) => object
/** The logger that stands for a request now: made again when its span or its fields have changed. */
type Current = () => object

/**
 * A logger that spanlog knows only by `(fields) => logger`. What such a logger was made with is fixed, so what the handler
 * holds is a stand-in: each call goes to a logger made with the fields of that moment.
 */
export function bindFunction(make: (fields: Fields) => object, context: LineContext): object {
  return standIn(remembered(make, context))
}

function remembered(make: (fields: Fields) => object, context: LineContext): Current {
  let logger: object | undefined
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

function standIn(current: Current): object {
  const target = Object.create(Object.getPrototypeOf(current())) // a frozen logger would forbid its proxy another value
  return new Proxy(target, {
    get: (_, key) => {
      const value = Reflect.get(current(), key)
      return typeof value === 'function' ? method(current, key) : value
    },
    set: (_, key, value) => Reflect.set(current(), key, value),
    has: (_, key) => Reflect.has(current(), key),
  })
}

/** What a method returns is a stand-in too where it is a logger made from this one: the call is repeated on the logger of the moment. */
function method(current: Current, key: PropertyKey): Method {
  const call = (logger: object, args: unknown[]) => (logger as { [key: PropertyKey]: Method })[key]?.(...args)
  return (...given) => {
    const args = given.map(arg => inertMessage(withoutForeignDd(arg)))
    const logger = current()
    const result = call(logger, args)
    if (result === logger) return standIn(current)
    if (!isLoggerLike(result, key)) return result
    return standIn(derived(current, parent => call(parent, args) as object, logger, result))
  }
}

function derived(current: Current, derive: Derive, from: object, made: object): Current {
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

/** A method that returns something with the same method is one like `child`, `with` or `getSubLogger`. */
function isLoggerLike(result: unknown, key: PropertyKey): result is object {
  return typeof result === 'object' && result !== null && typeof Reflect.get(result, key) === 'function'
}
