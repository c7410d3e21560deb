import { processState } from '../process-state'

/** A warning that is printed once per process. docs/warnings.md explains each code. */
export interface Warning {
  readonly code: string
  readonly message: string
}

const warned = processState('warned', () => new Set<string>())

/** Emits a warning by `process.emitWarning`, once per code and process. */
export function warnOnce({ code, message }: Warning, cause?: unknown): void {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type: 'SpanlogWarning', code, detail: detailOf(cause) })
}

function detailOf(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.stack ?? cause.message).slice(0, maxDetail) : ''
  } catch {
    return ''
  }
}

const maxDetail = 4096

/** Calls `fn`. If it throws, warns once and returns `undefined`: the request goes on. */
export function attempt<Args extends unknown[], T>(
  warning: Warning,
  fn: (...args: Args) => T,
  ...args: Args
): T | undefined {
  try {
    return fn(...args)
  } catch (error) {
    warnOnce(warning, error)
    return undefined
  }
}

/** The warning for a tracer that throws while a request is served. */
export const tracerWarning: Warning = {
  code: 'SPANLOG_TRACER',
  message: 'The tracer threw an error. Requests are served, but their spans may be missing or incomplete',
}

/** The warning for a tracer that throws while a line is written. */
export const lineTracerWarning: Warning = {
  code: 'SPANLOG_TRACER',
  message: 'The tracer threw an error while a log line was written. The line has no trace ids',
}

/** The warning for a callback of an option. The code for `trustIncoming` is `SPANLOG_TRUST_INCOMING`. */
export function optionWarning(option: string, did = 'threw an error'): Warning {
  const code = `SPANLOG_${option.replace(/[A-Z]/g, '_$&').toUpperCase()}`
  const then = option === 'trustIncoming' ? 'The caller is not trusted' : 'Requests are served without it'
  return { code, message: `The option \`${option}\` ${did}. ${then}` }
}

/**
 * Wraps a callback of the options so that it cannot break a request. If it throws or returns a promise, the result is that of
 * `otherwise`. A promise comes too late, and if it rejected without a handler, the process would end.
 */
export function guard<Args extends unknown[], T>(
  option: string,
  fn: (...args: Args) => T,
  otherwise: (...args: Args) => T,
  read = (value: T): T => value,
): (...args: Args) => T {
  const threw = optionWarning(option)
  const call = (args: Args) => {
    const value = fn(...args)
    if (!isPromiseLike(value)) return { value: read(value) }
    value.then(undefined, () => {})
    warnOnce(optionWarning(option, 'returned a promise'))
    return undefined
  }
  return (...args) => {
    const result = attempt(threw, call, args)
    return result ? result.value : otherwise(...args)
  }
}

/** Whether a value is a promise, of any library. If `then` cannot be read, it is no promise. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false
  try {
    return typeof (value as PromiseLike<unknown>).then === 'function'
  } catch {
    return false
  }
}
