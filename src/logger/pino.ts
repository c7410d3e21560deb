import { type DdFields, isCorrelation } from '../tracer/dd-fields'
import { injectsIntoPino } from '../tracer/internals'
import {
  type BindLogger,
  type Fields,
  heldFields,
  inertMessage,
  isDdKey,
  type LineContext,
  takeDd,
  takeDdWouldChange,
  withoutForeignDd,
} from './fields'
import { snapshot } from './request-lines'

/** The properties of a logger of pino 8 to 10 that spanlog uses. */
export interface Pino {
  [key: symbol | string]: unknown
  level: string
  readonly levels: { readonly values: { [level: string]: number } }
  isLevelEnabled(level: string): boolean
  child(bindings: Fields, options?: { serializers?: object }): Pino
  setBindings(bindings: Fields): void
}
type Mixin = (record: Fields, level: number, log: Pino) => Fields
type Merge = (record: Fields, mixed: Fields) => Fields
type Serializers = { [key: string]: (value: unknown) => unknown }

const contextKey = Symbol('spanlog.context')
/** The `dd` that `correlate()` gave to a child, for all its lines. */
const boundKey = Symbol('spanlog.bound')
/** The `dd` of the line that is written now. It is removed when pino has read it. */
const lineKey = Symbol('spanlog.line')
/** The bindings, as the text that pino made of them. */
const textKey = Symbol('spanlog.text')
/** Set on a shared logger whose lines end with the `dd`, see `linkAtEnd`. */
const linkedKey = Symbol('spanlog.linked')
/** The fields of the request that are not among the logger's bindings, kept from one line to the next. */
const unboundKey = Symbol('spanlog.unbound')

/**
 * Binds by the properties of the logger from which pino makes a line. No function of ours is between the caller and pino: pino-caller
 * would report it as the caller. The fields come from the mixin, and the message from its serializer. The `dd` is put before the text
 * of the bindings, where no formatter, redaction or nested key can change it.
 */
export function bindPino(logger: Pino, holds = false): BindLogger {
  const keys = keysOf(logger)
  const { child, setBindings } = logger
  const template = Object.create(logger, {
    [keys.mixin]: mixinProperty(logger, keys),
    [keys.merge]: { value: (_: Fields, record: Fields) => record, writable: true },
    [keys.serializers]: { value: withInertMessage(logger, keys), writable: true },
    [keys.end]: { value: lineEndOf(logger, keys) },
    [keys.bindings]: { get: bindingsOfLine, set: setText },
    child: { value: childInRequest(child, keys, holds), writable: true },
    setBindings: { value: setBindingsInRequest(setBindings), writable: true },
    [boundKey]: { value: undefined, writable: true },
    [lineKey]: { value: undefined, writable: true },
    ...(holds && heldLevels(logger, keys)),
  })
  const bindingsNow = bindingsOf(logger, keys)
  return context => {
    const log = Object.create(template)
    log[contextKey] = context
    log[textKey] = bindingsNow()
    return log
  }
}

/** Whether a logger is pino's. */
export function isPino(logger: object): logger is Pino {
  return symbolOf(logger, 'pino.asJson') !== undefined && symbolOf(logger, 'pino.chindings') !== undefined
}

type Keys = ReturnType<typeof keysOf>

function keysOf(logger: object) {
  const key = (name: string) => symbolOf(logger, `pino.${name}`) as symbol
  return {
    bindings: key('chindings'),
    /** `undefined` before pino 8.18, which has no option `levelComparison`. */
    comparison: symbolOf(logger, 'pino.levelComp'),
    end: key('end'),
    time: key('time'),
    merge: key('mixinMergeStrategy'),
    messageKey: key('messageKey'),
    mixin: key('mixin'),
    serializers: key('serializers'),
  }
}

/** Finds a symbol of pino on the logger: each copy of pino has its own symbols. */
function symbolOf(logger: object, description: string): symbol | undefined {
  for (let at: object | null = logger; at; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertySymbols(at).find(symbol => symbol.description === description)
    if (found) return found
  }
  return undefined
}

type Compare = (level: number, threshold: number) => boolean

/** Whether a line of a level counts as an error: a logger at level `error` would write it, by pino's option `levelComparison`. */
function errorTest(logger: Pino, keys: Keys): (level: number) => boolean {
  const { error = 50 } = logger.levels.values
  const compare = keys.comparison && (logger[keys.comparison] as Compare)
  return level => (compare ? compare(level, error) : level >= error)
}

type Method = (this: Pino | undefined, ...args: unknown[]) => void

/**
 * Replaces the methods of levels below the logger's own, which do nothing in pino, by methods that hold the line. A level that is
 * written keeps pino's own method, with no function of ours before it.
 */
function heldLevels(logger: Pino, keys: Keys): PropertyDescriptorMap {
  const writers = allLevels(logger, keys)
  const held: PropertyDescriptorMap = {}
  for (const level of Object.keys(logger.levels.values)) {
    const hold = holdMethod(writers[level] as Method, keys)
    held[level] = {
      configurable: true,
      get(this: Pino) {
        return this.isLevelEnabled(level) || this.level === 'silent' ? logger[level] : hold
      },
      set(this: Pino, value: unknown) {
        Object.defineProperty(this, level, { value, configurable: true, enumerable: true, writable: true })
      },
    }
  }
  return held
}

/** A logger that writes every level. It emits nothing when it is made: `onChild` and `level-change` are for the application's loggers. */
function allLevels(logger: Pino, keys: Keys): Pino {
  const { values } = logger.levels
  const lowest = Object.keys(values).sort((a, b) => (values[a] as number) - (values[b] as number))[0]
  const quiet = Object.create(logger, {
    emit: { value: () => false },
    onChild: { value: () => {} },
    ...(keys.comparison && { [keys.comparison]: { value: () => true } }),
  })
  return Object.assign(quiet.child({}), { level: lowest })
}

function holdMethod(write: Method, keys: Keys): Method {
  return function (...args) {
    const context = this?.[contextKey] as LineContext | undefined
    if (!this || !context?.lines) return
    const { fields, lines } = context
    const dd = (this[boundKey] as DdFields | undefined) ?? context.dd()
    const time = (this[keys.time] as () => string)()
    const size = snapshot(args)
    const writeHeld = (dropped: number) => {
      const line = Object.create(this, { [keys.time]: { value: () => time } })
      line[contextKey] = { dd: () => dd, fields: heldFields(fields, dropped) }
      write.apply(line, args)
    }
    lines.hold(writeHeld, size)
  }
}

/**
 * Removes the methods that pino sets on a child itself. They would hide the ones that hold a line. The child's own levels
 * (`customLevels`) have no such method, so they keep pino's, and are not held.
 */
function holdAgain(log: Pino): void {
  const parent = Object.getPrototypeOf(log)
  for (const level of Object.keys(log.levels.values)) {
    if (level in parent && !log.isLevelEnabled(level)) delete log[level]
  }
}

/** Before version 8.14, pino does not pass the logger to its mixin. There each line makes a function that knows it. */
function mixinProperty(logger: Pino, keys: Keys): PropertyDescriptor {
  const mixin = mixinInRequest(logger, keys)
  if (!/^8\.(?:\d|1[0-3])\./.test(String(logger.version))) return { value: mixin, writable: true }
  return {
    get(this: Pino) {
      return (given: Fields, level: number) => mixin(given, level, this)
    },
  }
}

/** Makes the record of each line from the request's fields, the application's mixin and what the caller passed. */
function mixinInRequest(logger: Pino, keys: Keys): Mixin {
  const mixin = logger[keys.mixin] as Mixin | undefined
  const merge = (logger[keys.merge] ?? mergeAsPino) as Merge
  const isError = errorTest(logger, keys)
  return (given, level, log) => {
    const context = log[contextKey] as LineContext
    context.lines?.willWrite(isError(level))
    const record = mixin ? merge(given, withoutAnyDd(mixin(given, level, log))) : given
    const bound = log[boundKey]
    if (!context.fields && !takeDdWouldChange(record)) {
      log[lineKey] = bound ?? context.dd()
      return withoutInjection(record)
    }
    const own = { ...(context.fields && unboundFields(log, context.fields)), ...record }
    const claimed = takeDd(own)
    log[lineKey] = bound ?? claimed ?? context.dd()
    return withoutInjection(own)
  }
}

/** Removes the `dd` that a mixin added. It comes from the async context, which may be lost; the request's own is right. */
function withoutAnyDd(mixed: Fields): Fields {
  const keys = Object.keys(mixed)
  return keys.some(isDdKey)
    ? Object.fromEntries(keys.filter(key => !isDdKey(key)).map(key => [key, mixed[key]]))
    : mixed
}

const mergeAsPino: Merge = (record, mixed) => Object.assign(mixed, record)

/** dd-trace adds no `dd` if the record has one. So give it an empty one that is not enumerable: no line and no formatter shows it. */
function withoutInjection(record: Fields): Fields {
  return injectsIntoPino() ? Object.defineProperty({ ...record }, 'dd', { value: undefined, writable: true }) : record
}

/** Leaves out the fields whose keys the logger has bound. Otherwise the line would have such a key twice. */
function unboundFields(log: Pino, fields: Fields): Fields {
  const bindings = log[textKey] as string
  const known = log[unboundKey] as { fields: Fields; bindings: string; unbound: Fields } | undefined
  if (known?.fields === fields && known.bindings === bindings) return known.unbound
  const unbound = { ...fields }
  if (Object.keys(fields).some(key => bindings.includes(`${JSON.stringify(key)}:`))) {
    for (const key in parseBindings(bindings)) delete unbound[key]
  }
  log[unboundKey] = { fields, bindings, unbound }
  return unbound
}

/** The text with which pino ends a line: `}` and a line break, without the `dd` that `linkAtEnd` may have added before it. */
function lineEndOf(logger: Pino, keys: Keys): string {
  const end = String(logger[keys.end])
  return end.slice(end.lastIndexOf('}'))
}

/** Returns the bindings, after the `dd` of the line. pino also reads them to make a child: then there is no line and no `dd`. */
function bindingsOfLine(this: Pino): string {
  const dd = this[lineKey] as DdFields | undefined
  const text = this[textKey] as string
  if (dd === undefined) return text
  this[lineKey] = undefined
  return dd.member + text
}

function setText(this: Pino, text: string): void {
  this[textKey] = text
}

/** Makes each message inert by the serializer of its key, which pino calls for it. */
function withInertMessage(logger: Pino, keys: Keys): Serializers {
  const serializers = logger[keys.serializers] as Serializers
  const key = String(logger[keys.messageKey])
  const own = serializers[key]
  const message = own ? (value: unknown) => inertMessage(own(value)) : inertMessage
  return Object.assign(Object.create(null), serializers, { [key]: message })
}

function childInRequest(child: Pino['child'], keys: Keys, holds: boolean): Pino['child'] {
  return function (this: Pino, bindings, options) {
    const log = boundBy(child.call(this, withoutDd(bindings), options), bindings)
    if (holds) holdAgain(log)
    if (options?.serializers) log[keys.serializers] = withInertMessage(log, keys)
    return log
  }
}

function setBindingsInRequest(setBindings: Pino['setBindings']): Pino['setBindings'] {
  return function (this: Pino, bindings) {
    setBindings.call(this, withoutDd(bindings))
    boundBy(this, bindings)
  }
}

function boundBy(log: Pino, bindings: Fields): Pino {
  if (isCorrelation(bindings?.dd)) log[boundKey] = bindings.dd
  return log
}

/** pino makes text of bindings at once. A `dd` in it, even that of `correlate()`, would be a second one on the line. */
function withoutDd(bindings: Fields): Fields {
  const own = withoutForeignDd(bindings)
  if (!isCorrelation(own?.dd)) return own
  const { dd: _, ...rest } = own
  return rest
}

/** Returns the current text of a logger's bindings, which `setBindings` may change, without a `dd`: the line would have two. */
function bindingsOf(logger: Pino, keys: Keys): () => string {
  let last: string | undefined
  let clean = ''
  return () => {
    const bindings = String(logger[keys.bindings] ?? '')
    if (bindings !== last) clean = withoutStaticDd(bindings)
    last = bindings
    return clean
  }
}

function withoutStaticDd(bindings: string): string {
  if (!bindings.includes('"dd')) return bindings
  const fields = parseBindings(bindings)
  for (const key of Object.keys(fields)) if (isDdKey(key)) delete fields[key]
  return JSON.stringify(fields).replace(/^\{(.*)\}$/s, (_, inside) => (inside ? `,${inside}` : ''))
}

const parseBindings = (bindings: string) => JSON.parse(`{${bindings.slice(1)}}`) as Fields

/**
 * For `pinoMixin()`. With pino's option `nestedKey` all fields are below that key, where Datadog does not look for ids. So the `dd` is
 * put at the end of the line, at its root.
 */
export function linkAtEnd(logger: Pino, dd: () => DdFields | undefined): Fields {
  if (!(linkedKey in logger) && !(contextKey in logger)) {
    const keys = keysOf(logger)
    const end = lineEndOf(logger, keys)
    const get = () => (dd()?.member ?? '') + end
    Object.defineProperties(logger, { [linkedKey]: { value: true }, [keys.end]: { get } })
  }
  return withoutInjection({})
}

/** The symbol under which pino keeps its option `nestedKey`. */
export const nestedKeyOf = (logger: object) => symbolOf(logger, 'pino.nestedKey')
