import {
  type BindLogger,
  claimDd,
  copyFields,
  type Fields,
  type LineContext,
  type Lines,
  takeDd,
  withoutForeignDd,
} from './fields'
import { snapshot } from './request-lines'

/** The properties of a winston 3 logger that spanlog uses. */
interface Winston {
  levels: { [level: string]: number }
  level: string
  isLevelEnabled(level: string): boolean
  write(info: unknown, ...rest: unknown[]): unknown
}

/** Keys of winston (its package triple-beam): the arguments that `format.splat()` merges later, the finished text, the level. */
const splat: unique symbol = Symbol.for('splat') as never
const finished = Symbol.for('message')
const levelKey = Symbol.for('level')

/** Binds by `write`, which every line goes through, also those of children. */
export function bindWinston(logger: Winston): BindLogger {
  const template = Object.create(logger, boundLevels(logger))
  const atRoot = new DdAtRoot()
  return context =>
    Object.create(template, {
      write: {
        value: (info: unknown, ...rest: unknown[]) => {
          const record = linked(info, context, atRoot)
          if (context.lines && countOrHold(logger, record, context.lines)) return true
          return logger.write(record, ...rest)
        },
        writable: true,
      },
    })
}

/** Counts a line, or holds it if no transport would write it. Returns whether it is held. */
function countOrHold(logger: Winston, record: unknown, lines: Lines): boolean {
  if (typeof record !== 'object' || record === null) return false
  const { levels } = logger
  const info = record as Fields
  const level = String(info[levelKey as never] ?? info.level)
  if (logger.isLevelEnabled(level)) {
    lines.willWrite((levels[level] ?? Number.POSITIVE_INFINITY) <= (levels.error ?? 0))
    return false
  }
  info.timestamp ??= new Date().toISOString() // winston's `timestamp()` keeps one that is there
  lines.hold(dropped => writeHeld(logger, info, dropped), snapshot([info.message, { ...info }]))
  return true
}

/**
 * Writes a held line. Transports compare the level under triple-beam's key, so raise that one. The line prints `level`, which stays.
 */
function writeHeld(logger: Winston, info: Fields, dropped: number): void {
  info[levelKey as never] = lowestWritten(logger) as never
  if (dropped > 0) info.dropped_lines = dropped
  logger.write(info)
}

/** The least severe level that a transport writes. Each transport may have its own level. */
function lowestWritten(logger: Winston): string {
  const { levels } = logger
  const names = Object.keys(levels).sort((a, b) => (levels[b] as number) - (levels[a] as number))
  return names.find(level => logger.isLevelEnabled(level)) ?? logger.level
}

/** Whether a logger is winston's. */
export function isWinston(logger: object): boolean {
  return 'levels' in logger && 'write' in logger && 'defaultMeta' in logger && 'transports' in logger
}

/** The bound methods of one logger. A child inherits those of its parent, so `of` is the logger that they are for. */
type Bound = { of: object; [level: string]: unknown }
const boundKey = Symbol('spanlog.bound')

/** Binds the method of each level. `const { info } = log` without a `this` would log by the shared logger. */
function boundLevels(logger: Winston): PropertyDescriptorMap {
  const levels: PropertyDescriptorMap = { [boundKey]: { value: undefined, writable: true } }
  for (const level of Object.keys(logger.levels)) {
    levels[level] = {
      configurable: true,
      get(this: { [boundKey]?: Bound }) {
        const bound = this[boundKey]?.of === this ? this[boundKey] : { of: this }
        bound[level] ??= (Reflect.get(logger, level) as (...args: unknown[]) => unknown).bind(this)
        this[boundKey] = bound
        return bound[level]
      },
    }
  }
  return levels
}

function linked(info: unknown, context: LineContext, atRoot: DdAtRoot): unknown {
  if (typeof info !== 'object' || info === null) return info
  const record = copyOfInfo(info as Fields, context.fields, atRoot.isMoved)
  const dd = claimDd(record, context)
  if (dd) record.dd = dd
  const args = record[splat as never] as unknown
  if (Array.isArray(args)) record[splat as never] = args.map(withoutForeignDd) as never
  return dd ? atRoot.keepDd(record) : record
}

/**
 * A copy of what is logged, because winston may pass the caller's own object.
 *
 * @param asPlain whether an error becomes a plain object. Otherwise `format.errors()` makes one, and `format.metadata()` would move
 * its `dd`.
 */
export function copyOfInfo(info: Fields, fields?: Fields, asPlain?: boolean): Fields {
  const prototype = Object.getPrototypeOf(info)
  const own = copyFields(info, fields)
  if (prototype === Object.prototype || prototype === null) return own
  const isError = info instanceof Error
  if (isError) Object.assign(own, { message: info.message, stack: info.stack }, causeOf(info))
  return isError && asPlain ? own : copyOfInstance(info, own, fields)
}

/**
 * The copy of an error or another instance. Accessors and methods run on the instance itself, because only that can read its
 * private state.
 */
function copyOfInstance(info: Fields, own: Fields, fields: Fields | undefined): Fields {
  return new Proxy(own, {
    get: (_, key) => (Object.hasOwn(own, key) ? own[key as string] : fromInstance(info, key as string, own, fields)),
    has: (_, key) => key in own || key in info,
    getPrototypeOf: () => Object.getPrototypeOf(info),
  })
}

const causeOf = ({ cause }: Error) => (cause ? { cause } : undefined)

function fromInstance(info: Fields, key: string, own: Fields, fields: Fields | undefined): unknown {
  const value = info[key]
  if (typeof value !== 'function' || key === 'constructor') return value
  return key === 'toJSON' ? () => jsonOf(value.call(info), own, fields) : value.bind(info)
}

/** An instance may print itself by `toJSON`. Adds the `dd` and the request's fields to the result. */
function jsonOf(json: unknown, own: Fields, fields: Fields | undefined): unknown {
  if (typeof json !== 'object' || json === null) return json
  const record = copyFields(json, fields)
  takeDd(record)
  return own.dd ? { ...record, dd: own.dd } : record
}

/**
 * Keeps the `dd` at the root of the line. `format.metadata()` would move it below `metadata`, where Datadog does not look. Only an
 * expensive Proxy can notice that. So the first records of a logger are Proxies. If the text of a line is finished and no format has
 * moved the `dd`, all later records are plain objects.
 */
export class DdAtRoot {
  /** Whether a format moves the `dd`; `undefined` before that is known. */
  isMoved: boolean | undefined

  keepDd(record: Fields): Fields {
    return this.isMoved === false ? record : new Proxy(record, this)
  }

  deleteProperty(record: Fields, key: string | symbol): boolean {
    if (key !== 'dd') return Reflect.deleteProperty(record, key)
    this.isMoved = true
    return true
  }

  set(record: Fields, key: string | symbol, value: unknown): boolean {
    if (key === finished) this.isMoved ??= false
    if (this.isMoved && hasSameDd(value, record)) delete value.dd
    return Reflect.set(record, key, value)
  }
}

const hasSameDd = (value: unknown, { dd }: Fields): value is Fields =>
  typeof value === 'object' && value !== null && (value as Fields).dd === dd
