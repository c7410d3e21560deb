import { type DdFields, isCorrelation } from '../tracer/dd-fields'
import { injectsIntoPino } from '../tracer/internals'
import {
  type BindLogger,
  type Fields,
  heldFields,
  inertMessage,
  isDdKey,
  type LineContext,
  needsCare,
  takeDd,
  withoutForeignDd,
} from './fields'
import { sizeOf, snapshot } from './request-lines'

/** pino 8 to 10, by what spanlog uses. */
export interface Pino {
  [key: symbol | string]: unknown
  readonly level: string
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
/** The `dd` of the line that is written now, until pino has read it. */
const lineKey = Symbol('spanlog.line')
/** The bindings, as pino's text. */
const textKey = Symbol('spanlog.text')
/** Marks a shared logger whose lines end with the `dd`. */
const linkedKey = Symbol('spanlog.linked')
/** The fields of the request that the bindings of a logger leave to it, and what they were made of. */
const unboundKey = Symbol('spanlog.unbound')

/**
 * pino reads what a line is made of from the logger, so each part is set where pino looks for it, and no function of ours stands
 * between the caller and pino: pino-caller would take it for the caller. The parts are the fields (pino's mixin), the message (its
 * serializer) and the `dd`, which goes with the text of the bindings, where no formatter, redaction or nested key can reach it.
 */
export function bindPino(logger: Pino, holds = false): BindLogger {
  const keys = keysOf(logger)
  const { child, setBindings } = logger
  const template = Object.create(logger, {
    [keys.mixin]: { value: mixinInRequest(logger, keys), writable: true },
    [keys.merge]: { value: (_: Fields, record: Fields) => record, writable: true },
    [keys.serializers]: { value: withInertMessage(logger, keys), writable: true },
    [keys.end]: { value: endOf(logger, keys) },
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
    end: key('end'),
    time: key('time'),
    merge: key('mixinMergeStrategy'),
    messageKey: key('messageKey'),
    mixin: key('mixin'),
    serializers: key('serializers'),
  }
}

/** pino's symbols are local to its copy, and the logger carries them. */
function symbolOf(logger: object, description: string): symbol | undefined {
  for (let at: object | null = logger; at; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertySymbols(at).find(symbol => symbol.description === description)
    if (found) return found
  }
  return undefined
}

const errorLevel = 50

type Method = (this: Pino | undefined, ...args: unknown[]) => void

/**
 * pino gives a logger methods that do nothing for the levels below its own. In their place come ones that hold the line. A level
 * that is written keeps pino's own method, with no function of ours before it.
 */
function heldLevels(logger: Pino, keys: Keys): PropertyDescriptorMap {
  const writers = allLevels(logger)
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

/** A logger that writes every level. Made from one that tells nobody of it: `onChild` and `level-change` belong to the application. */
function allLevels(logger: Pino): Pino {
  const { values } = logger.levels
  const lowest = Object.keys(values).sort((a, b) => (values[a] as number) - (values[b] as number))[0]
  const quiet = Object.create(logger, { emit: { value: () => false }, onChild: { value: () => {} } })
  return quiet.child({}, { level: lowest })
}

function holdMethod(write: Method, keys: Keys): Method {
  return function (...args) {
    const context = this?.[contextKey] as LineContext | undefined
    if (!this || !context?.lines) return
    const { fields, lines } = context
    const dd = (this[boundKey] as DdFields | undefined) ?? context.dd()
    const time = (this[keys.time] as () => string)()
    const held = snapshot(args)
    const line = Object.create(this, { [keys.time]: { value: () => time } })
    const writeHeld = (dropped: number) => {
      line[contextKey] = { dd: () => dd, fields: heldFields(fields, dropped) }
      write.apply(line, held)
    }
    lines.hold(writeHeld, sizeOf(held))
  }
}

/** pino has set the methods of a child's levels on the child itself. */
function holdAgain(log: Pino): void {
  for (const level of Object.keys(log.levels.values)) if (!log.isLevelEnabled(level)) delete log[level]
}

/** Makes the record of each line: of the request's fields, the application's mixin and what the caller passed. */
function mixinInRequest(logger: Pino, keys: Keys): Mixin {
  const mixin = logger[keys.mixin] as Mixin | undefined
  const merge = (logger[keys.merge] ?? mergeAsPino) as Merge
  return (given, level, log) => {
    const context = log[contextKey] as LineContext
    context.lines?.willWrite(level >= errorLevel)
    const record = mixin ? merge(given, withoutAnyDd(mixin(given, level, log))) : given
    const bound = log[boundKey]
    if (!context.fields && !needsCare(record)) {
      log[lineKey] = bound ?? context.dd()
      return withoutInjection(record)
    }
    const own = { ...(context.fields && unboundFields(log, context.fields)), ...record }
    const claimed = takeDd(own)
    log[lineKey] = bound ?? claimed ?? context.dd()
    return withoutInjection(own)
  }
}

/** A mixin only repeats the context, which may be lost where the request is not: its `dd` gives way to the request's. */
function withoutAnyDd(mixed: Fields): Fields {
  const keys = Object.keys(mixed)
  return keys.some(isDdKey)
    ? Object.fromEntries(keys.filter(key => !isDdKey(key)).map(key => [key, mixed[key]]))
    : mixed
}

const mergeAsPino: Merge = (record, mixed) => Object.assign(mixed, record)

/** dd-trace's injection stands back where the record has a `dd` of its own. Hidden, it is on no line and no formatter sees it. */
function withoutInjection(record: Fields): Fields {
  return injectsIntoPino() ? Object.defineProperty({ ...record }, 'dd', { value: undefined, writable: true }) : record
}

/** A key that the logger has bound stands on the line once, with the logger's value, as with bunyan. */
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

/** What pino ends a line with: `}` and a line break, behind what `linkAtEnd` may have put there. */
function endOf(logger: Pino, keys: Keys): string {
  const end = String(logger[keys.end])
  return end.slice(end.lastIndexOf('}'))
}

/** pino reads the bindings for each line, just after the mixin, and also to make those of a child: then there is no line. */
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

/** pino gives the message to the serializer of its key. */
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

/** Bindings become text at once, so a `dd` among them, even `correlate()`'s, would stand beside that of the line. */
function withoutDd(bindings: Fields): Fields {
  const own = withoutForeignDd(bindings)
  if (!isCorrelation(own?.dd)) return own
  const { dd: _, ...rest } = own
  return rest
}

/** The text that a logger's bindings are now: `setBindings` may change it. A `dd` among them would stand beside ours. */
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
 * For `pinoMixin()`: with pino's option `nestedKey` all fields stand below that key, where Datadog does not look for ids. So the
 * `dd` goes with the end of the line, at its root.
 */
export function linkAtEnd(logger: Pino, dd: () => DdFields | undefined): Fields {
  if (!(linkedKey in logger) && !(contextKey in logger)) {
    const keys = keysOf(logger)
    const end = endOf(logger, keys)
    const get = () => (dd()?.member ?? '') + end
    Object.defineProperties(logger, { [linkedKey]: { value: true }, [keys.end]: { get } })
  }
  return withoutInjection({})
}

/** Where pino keeps its option `nestedKey`. */
export const nestedKeyOf = (logger: object) => symbolOf(logger, 'pino.nestedKey')
