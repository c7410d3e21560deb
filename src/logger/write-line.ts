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
  const { levels } = log as unknown as { levels?: { values?: { [level: string]: number } } }
  const known = levels?.values // pino's; the more severe a level, the higher its number
  const name = known ? nearest(level, known, 1) : level
  log[name]?.(fields, message)
}

/** `consoleLogger()` writes the attributes of a real error only, and renames any other `error`. So it gets one. */
const consoleStyle: Style = (log, level, { error, ...fields }, message) => {
  const { kind: name, ...rest } = (error ?? {}) as Fields
  const thrown = error && Object.assign(Object.create(Error.prototype), { name, ...rest })
  log[level]?.(thrown ? { ...fields, error: thrown } : fields, message)
}

const winstonStyle: Style = (log, level, fields, message) => {
  const { levels } = log as unknown as { levels: { [level: string]: number } }
  ;(log.log as Method).call(log, { level: nearest(level, levels, -1), message, ...fields })
}

/** For a logger that spanlog knows only by `(fields) => logger`. Every logger takes a message, so that is all that is passed. */
function writeByFunction(make: (fields: Fields) => object): WriteLine {
  return (context, level, fields, message) => {
    const dd = context.dd()
    const logger = make({ ...context.fields, ...fields, ...(dd && { dd }) })
    const log = logger as Methods
    if (styleOf(logger) === winstonStyle) return winstonStyle(log, level, {}, message)
    const name = [level, ...(otherNames[level] ?? []), 'info', 'log'].find(one => typeof log[one] === 'function')
    if (name) log[name]?.(message)
  }
}

/** Names that other loggers use for a level. */
const otherNames: { [level: string]: readonly string[] } = {
  error: ['err', 'crit', 'critical', 'fatal'],
  warn: ['warning', 'notice'],
  info: ['information', 'notice', 'verbose', 'http'],
}

const usualNumbers: { [level: string]: number } = { error: 50, warn: 40, info: 30 }

/**
 * The level of a logger that is nearest to the wanted one: the same name, else one of its other names, else one of similar severity.
 *
 * @param direction 1 where a higher number is more severe, -1 where a lower one is
 */
function nearest(level: string, levels: { [level: string]: number }, direction: 1 | -1): string {
  if (Object.hasOwn(levels, level)) return level
  const names = Object.keys(levels)
  const named = otherNames[level]?.find(name => Object.hasOwn(levels, name))
  if (named || names.length === 0) return named ?? level
  const bySeverity = names.sort((a, b) => direction * ((levels[b] as number) - (levels[a] as number)))
  const wanted = usualNumbers[level] ?? 30
  const place = wanted >= 50 ? 0 : wanted >= 40 ? 1 : bySeverity.length - 1
  return bySeverity[Math.min(place, bySeverity.length - 1)] as string
}
