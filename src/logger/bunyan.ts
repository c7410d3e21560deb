import { type BindLogger, claimDd, type Fields, heldFields, type LineContext } from './fields'
import { snapshot } from './request-lines'

/** The properties of a bunyan 2 logger that spanlog uses. */
interface Bunyan {
  [level: string]: unknown
  child(options: object, simple?: boolean): Bunyan
  _emit(record: Fields, noEmit?: boolean): unknown
  _level: number
  streams: { level: number }[]
  serializers?: object | null
  _applySerializers?(fields: Fields): void
}

/** The context for the lines of one logger. While a held line is written, it is replaced by the context of that line. */
interface Writing {
  context: LineContext
  time?: Date
}

/** Binds by `_emit`, which every record goes through. bunyan makes a record per line, so we may change it. */
export function bindBunyan(logger: Bunyan, holds = false): BindLogger {
  return context => bindToRequest(logger.child({}, true), context, holds)
}

/** Whether a logger is bunyan's. */
export function isBunyan(logger: object): boolean {
  return '_emit' in logger && 'streams' in logger && 'child' in logger
}

/**
 * Replaces `child` and `_emit` of a logger. A child of bunyan does not get these replacements from its parent, so each child is bound
 * when it is made. Otherwise its lines would have no ids.
 */
function bindToRequest(log: Bunyan, context: LineContext, holds: boolean): Bunyan {
  const { child, _emit: emit } = log
  const writing: Writing = { context }
  return Object.defineProperties(log, {
    child: {
      value: (options: object, simple?: boolean) => bindToRequest(child.call(log, options, simple), context, holds),
      writable: true,
    },
    _emit: {
      value: (record: Fields, noEmit?: boolean) => emit.call(log, linked(record, log, writing), noEmit),
      writable: true,
    },
    ...(holds && heldLevels(log, writing)),
  })
}

function linked(record: Fields, log: Bunyan, { context, time }: Writing): Fields {
  context.lines?.willWrite((record.level as number) >= levels.error)
  if (context.fields) addMissing(record, log, context.fields)
  const dd = claimDd(record, context)
  if (dd) record.dd = dd
  if (time) record.time = time
  return record
}

function addMissing(record: Fields, log: Bunyan, fields: Fields): void {
  const serialised = { ...fields }
  if (log.serializers) log._applySerializers?.(serialised)
  for (const key of Object.keys(serialised)) if (!(key in record)) record[key] = serialised[key]
}

const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

type Method = (...args: unknown[]) => unknown

/** Replaces the methods of the levels that are not written. The new methods hold the line. */
function heldLevels(log: Bunyan, writing: Writing): PropertyDescriptorMap {
  const held: PropertyDescriptorMap = {}
  for (const [level, number] of Object.entries(levels)) {
    const write = log[level] as Method
    const hold = (...args: unknown[]) => (args.length === 0 ? false : holdLine(log, writing, write, args))
    held[level] = { configurable: true, get: () => (log._level <= number ? write : hold) }
  }
  return held
}

function holdLine(log: Bunyan, writing: Writing, write: Method, args: unknown[]): void {
  const { fields, lines } = writing.context
  const dd = writing.context.dd()
  const time = new Date()
  const size = snapshot(args)
  const writeHeld = (dropped: number) =>
    writeWith(log, writing, { context: { dd: () => dd, fields: heldFields(fields, dropped) }, time }, () => {
      write.apply(log, args)
    })
  lines?.hold(writeHeld, size)
}

/** Writes a held line. bunyan would drop it by the level of the logger and of each stream, so these are lowered for that time. */
function writeWith(log: Bunyan, writing: Writing, held: Writing, write: () => void): void {
  const { _level, streams } = log
  const { context } = writing
  log._level = 0
  log.streams = streams.map(stream => ({ ...stream, level: stream.level <= _level ? 0 : stream.level }))
  Object.assign(writing, held)
  try {
    write()
  } finally {
    Object.assign(writing, { context, time: undefined })
    log._level = _level
    log.streams = streams
  }
}
