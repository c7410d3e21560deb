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
import { sizeOf } from './request-lines'

/** winston 3, by what spanlog uses. */
interface Winston {
  levels: { [level: string]: number }
  level: string
  isLevelEnabled(level: string): boolean
  write(info: unknown, ...rest: unknown[]): unknown
}

/** Keys of winston (triple-beam): of the arguments that `format.splat()` merges into the line later, and of the finished text. */
const splat: unique symbol = Symbol.for('splat') as never
const finished = Symbol.for('message')
const levelKey = Symbol.for('level')

/** Every line of winston goes through `write`, also those of its children. */
export function bindWinston(logger: Winston): BindLogger {
  const template = Object.create(logger, boundLevels(logger))
  const root = new Root()
  return context =>
    Object.create(template, {
      write: {
        value: (info: unknown, ...rest: unknown[]) => {
          const record = linked(info, context, root)
          if (context.lines && isHeld(logger, record, context.lines)) return true
          return logger.write(record, ...rest)
        },
        writable: true,
      },
    })
}

/** Tells of a line, and holds it where no transport would write it. */
function isHeld(logger: Winston, record: unknown, lines: Lines): boolean {
  if (typeof record !== 'object' || record === null) return false
  const { levels } = logger
  const info = record as Fields
  const level = String(info[levelKey as never] ?? info.level)
  if (logger.isLevelEnabled(level)) {
    lines.willWrite((levels[level] ?? Number.POSITIVE_INFINITY) <= (levels.error ?? 0))
    return false
  }
  info.timestamp ??= new Date().toISOString() // winston's `timestamp()` keeps one that is there
  lines.hold(dropped => writeHeld(logger, info, dropped), sizeOf([info.message, { ...info }]))
  return true
}

/** Transports look at the level of triple-beam, and lines print `level`: so the one is raised, and the other stays. */
function writeHeld(logger: Winston, info: Fields, dropped: number): void {
  info[levelKey as never] = logger.level as never
  if (dropped > 0) info.dropped_lines = dropped
  logger.write(info)
}

/** Whether a logger is winston's. */
export function isWinston(logger: object): boolean {
  return 'levels' in logger && 'write' in logger && 'defaultMeta' in logger && 'transports' in logger
}

/** The levels of one logger, bound: `of` tells it from a child, which inherits what its parent has. */
type Bound = { of: object; [level: string]: unknown }
const boundKey = Symbol('spanlog.bound')

/** Called without its logger (`const { info } = log`), a level of winston would log by the shared logger. So bind it. */
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

function linked(info: unknown, context: LineContext, root: Root): unknown {
  if (typeof info !== 'object' || info === null) return info
  const record = copyOf(info as Fields, context.fields, root.moves)
  const dd = claimDd(record, context)
  if (dd) record.dd = dd
  const args = record[splat as never] as unknown
  if (Array.isArray(args)) record[splat as never] = args.map(withoutForeignDd) as never
  return dd ? root.keepDd(record) : record
}

/**
 * An own copy: winston hands on the caller's object where that is all there is to log.
 *
 * @param asPlain whether an error becomes a plain object. `format.errors()` would make one, and that could not keep its `dd`
 * from `format.metadata()`.
 */
export function copyOf(info: Fields, fields?: Fields, asPlain?: boolean): Fields {
  const prototype = Object.getPrototypeOf(info)
  const own = copyFields(info, fields)
  if (prototype === Object.prototype || prototype === null) return own
  const isError = info instanceof Error
  if (isError) Object.assign(own, { message: info.message, stack: info.stack }, causeOf(info))
  return isError && asPlain ? own : copyOfInstance(info, own, fields)
}

/**
 * The copy of an error or of another instance. What is not on the copy is asked of the instance itself, since only that can
 * read its private state: accessors, methods, and the `errors` of an AggregateError.
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

/** An instance may decide itself what is printed of it. The `dd` and the request's fields are printed all the same. */
function jsonOf(json: unknown, own: Fields, fields: Fields | undefined): unknown {
  if (typeof json !== 'object' || json === null) return json
  const record = copyFields(json, fields)
  takeDd(record)
  return own.dd ? { ...record, dd: own.dd } : record
}

/**
 * The records of one logger, whose `dd` stays at the root of the line where `format.metadata()` would move it below `metadata`, where
 * Datadog does not look. Only an expensive record can tell that a format does so. The first lines are written by such ones, and
 * if no format has moved the `dd` by the time that a text is finished, the rest is written by plain ones.
 */
export class Root {
  /** Whether a format moves the `dd`, once that is known. */
  moves: boolean | undefined

  keepDd(record: Fields): Fields {
    return this.moves === false ? record : new Proxy(record, this)
  }

  deleteProperty(record: Fields, key: string | symbol): boolean {
    if (key !== 'dd') return Reflect.deleteProperty(record, key)
    this.moves = true
    return true
  }

  set(record: Fields, key: string | symbol, value: unknown): boolean {
    if (key === finished) this.moves ??= false
    if (this.moves && isTwin(value, record)) delete value.dd
    return Reflect.set(record, key, value)
  }
}

const isTwin = (value: unknown, { dd }: Fields): value is Fields =>
  typeof value === 'object' && value !== null && (value as Fields).dd === dd
