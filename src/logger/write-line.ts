import { isBunyan } from './bunyan'
import { isConsoleLogger } from './console'
import type { BindLogger, Fields, LineContext } from './fields'
import { isPino } from './pino'
import { isWinston } from './winston'

// Writes a line of spanlog, such as the access line, by the application's logger. It uses the logger's own methods, so its
// serializers, formats, redaction and transports apply as they do to any line.

/** Writes one line. `level` is `error`, `warn`, `info`, or another name that the application returned. */
export type WriteLine = (context: LineContext, level: string, fields: Fields, message: string) => void

type Method = (...args: unknown[]) => unknown
type Methods = { [level: string]: Method }

/** Decides once, when the middleware is made, how a line is written by a logger. */
export function lineWriter(logger: unknown, bindLogger: BindLogger): WriteLine {
  if (typeof logger === 'function') return writeByFunction(logger as (fields: Fields) => object)
  const style = styleOf(logger as object) ?? fieldsFirst
  return (context, level, fields, message) => style(bindLogger(context) as Methods, level, fields, message)
}

type Style = (log: Methods, level: string, fields: Fields, message: string) => void

function styleOf(logger: object): Style | undefined {
  if (isWinston(logger)) return winstonStyle
  if (isConsoleLogger(logger)) return consoleStyle
  return isPino(logger) || isBunyan(logger) ? fieldsFirst : undefined
}

/** For pino and bunyan. */
const fieldsFirst: Style = (log, level, fields, message) => {
  const { levels, level: written } = log as unknown as { levels?: { values?: Levels }; level: unknown }
  const name = nearest(level, levels?.values ?? usualLevels, 1, written)
  log[name]?.(fields, message)
}

type Levels = { [level: string]: number }

/** The levels of bunyan and `consoleLogger()`. The more severe a level, the higher its number, as in pino. */
const usualLevels: Levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

/** `consoleLogger()` writes the attributes of a real error only, and renames any other `error`. So it gets a real error. */
const consoleStyle: Style = (log, level, { error, ...fields }, message) => {
  const { kind: name, ...rest } = (error ?? {}) as Fields
  const thrown = error && Object.assign(Object.create(Error.prototype), { name, ...rest })
  log[nearest(level, usualLevels, 1)]?.(thrown ? { ...fields, error: thrown } : fields, message)
}

const winstonStyle: Style = (log, level, fields, message) => {
  const { levels, level: written } = log as unknown as { levels: Levels; level: unknown }
  ;(log.log as Method).call(log, { ...fields, level: nearest(level, levels, -1, written), message })
}

/** For a logger that spanlog knows only by `(fields) => logger`. Every logger takes a message, so that is all that is passed. */
function writeByFunction(make: (fields: Fields) => object): WriteLine {
  return (context, level, fields, message) => {
    const dd = context.dd()
    const logger = make({ ...context.fields, ...fields, ...(dd && { dd }) })
    const log = logger as Methods
    if (styleOf(logger) === winstonStyle) return winstonStyle(log, level, {}, message)
    const name = [level, ...(otherNames.get(level) ?? []), 'info', 'log'].find(one => typeof log[one] === 'function')
    if (name) log[name]?.(message)
  }
}

/** Names that other loggers use for a level. */
const otherNames = new Map([
  ['error', ['err', 'crit', 'critical', 'fatal']],
  ['warn', ['warning', 'notice']],
  ['info', ['information', 'notice', 'verbose', 'http']],
])

/**
 * The level of a logger that is nearest to the wanted one: the same name, else one of its other names. In a logger that has none of
 * them, `error` and `warn` become its most severe levels, and all others its `info` or else the least severe that it writes.
 *
 * @param direction 1 where a higher number is more severe, -1 where a lower one is
 * @param written the least severe level that the logger writes
 */
function nearest(level: string, levels: Levels, direction: 1 | -1, written?: unknown): string {
  if (Object.hasOwn(levels, level)) return level
  const named = otherNames.get(level)?.find(name => Object.hasOwn(levels, name))
  if (named) return named
  const bySeverity = Object.keys(levels).sort((a, b) => direction * ((levels[b] as number) - (levels[a] as number)))
  if (level === 'error') return bySeverity[0] as string
  if (level === 'warn') return (bySeverity[1] ?? bySeverity[0]) as string
  const usual = ['info', written].find(name => Object.hasOwn(levels, name as string))
  return String(usual ?? bySeverity.at(-1))
}
