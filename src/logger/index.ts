import { describe } from '../warnings/describe'
import { bindBunyan, isBunyan } from './bunyan'
import { bindConsole, isConsoleLogger } from './console'
import type { BindLogger, Fields, LineContext } from './fields'
import { bindFunction } from './function'
import { bindPino, isPino } from './pino'
import type { Register } from './register'
import { bindWinston, isWinston } from './winston'

export { type ConsoleLevel, ConsoleLogger, type ConsoleLoggerOptions, consoleLogger } from './console'
export type { BindLogger, Fields, LineContext } from './fields'

/** The type of `req.log`: the one in the interface `Register`, else the methods that every logger has. */
export type Log = Register extends { log: infer L } ? L : AnyLog

/** The methods that pino, winston, bunyan and `consoleLogger()` have in common. */
export interface AnyLog {
  // biome-ignore lint/suspicious/noExplicitAny: each logger has its own order of message and fields
  debug(...args: any[]): unknown
  // biome-ignore lint/suspicious/noExplicitAny: see above
  info(...args: any[]): unknown
  // biome-ignore lint/suspicious/noExplicitAny: see above
  warn(...args: any[]): unknown
  // biome-ignore lint/suspicious/noExplicitAny: see above
  error(...args: any[]): unknown
  child(fields: object): AnyLog
}

/** A logger. For a logger that spanlog does not know, a function that takes the fields of a line and returns a logger. */
export type LoggerOption = { child(fields: object): object } | ((fields: Fields) => object)

/**
 * Decides once, when the middleware is made, how a logger is bound to a request.
 *
 * @param holds whether lines below the logger's level are held, see `debugOnError`
 * @throws TypeError for a value that is no logger, or a logger that spanlog does not know
 */
export function loggerBinding(logger: unknown, holds = false): BindLogger {
  if (logger === console) {
    throw new TypeError(
      '`console` cannot carry fields. Leave `logger` out, or pass `logger: consoleLogger()` from `spanlog`.',
    )
  }
  if (typeof logger === 'function' && 'stdSerializers' in logger) throw factoryGiven(logger)
  const known = typeof logger === 'object' && logger !== null && knownBinding(logger, holds)
  if (known) return known
  if (typeof logger === 'function') return byFunction(logger as (fields: Fields) => object, holds)
  throw new TypeError(
    `Expected \`logger\` to be a logger of pino, winston, bunyan or consoleLogger(), or for any other a function such as \`(fields) => log.child(fields)\`, got ${describe(logger)}.`,
  )
}

/** For `logger: pino` without a call. Taken as `(fields) => logger`, it would make a new logger for each request. */
function factoryGiven(logger: object): TypeError {
  const call = 'createLogger' in logger ? "bunyan.createLogger({ name: 'shop' })" : 'pino()'
  return new TypeError(
    `Expected \`logger\` to be a logger, got the function that makes one. Write \`logger: ${call}\`.`,
  )
}

function knownBinding(logger: object, holds: boolean): BindLogger | undefined {
  if (isConsoleLogger(logger)) return bindConsole(logger)
  if (isPino(logger)) return bindPino(logger, holds)
  if (isWinston(logger)) return bindWinston(logger as never)
  if (isBunyan(logger)) return bindBunyan(logger as never, holds)
  return undefined
}

/** If the function returns a logger that spanlog knows, no stand-in is needed. */
function byFunction(make: (fields: Fields) => object, holds: boolean): BindLogger {
  return (context: LineContext) => {
    const dd = context.dd()
    const made = make(dd ? { dd } : {})
    const known = knownBinding(made, holds)
    return known ? known(context) : bindFunction(make, context)
  }
}
