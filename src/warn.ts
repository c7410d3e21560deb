import { processState } from './process-state'

/** What a user is told, once per process. docs/warnings.md explains each code. */
export interface Warning {
  readonly code: string
  readonly message: string
}

const warned = processState('warned', () => new Set<string>())

/** One warning per code and process, by `process.emitWarning`. */
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

/** Calls `fn`. What it throws costs its own contribution and one warning, never the request. */
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

/** The tracer threw. */
export const tracerWarning: Warning = {
  code: 'SPANLOG_TRACER',
  message: 'The tracer threw; requests are served without what it was asked for',
}

/** The tracer threw while a line was written. */
export const lineTracerWarning: Warning = {
  code: 'SPANLOG_TRACER',
  message: 'The tracer threw while a log line was written: the line has no trace ids',
}

/** An option that misbehaved: `SPANLOG_TRUST_INCOMING` for `trustIncoming`. */
export function optionWarning(option: string, did = 'threw'): Warning {
  const code = `SPANLOG_${option.replace(/[A-Z]/g, '_$&').toUpperCase()}`
  return { code, message: `The option \`${option}\` ${did}; requests go on without it` }
}

/**
 * A callback of the options that cannot hurt a request: where it throws or returns a promise, `otherwise` counts. A promise
 * comes too late, and one that rejects would end the process.
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
    if (!isThenable(value)) return { value: read(value) }
    value.then(undefined, () => {})
    warnOnce(optionWarning(option, 'returned a promise'))
    return undefined
  }
  return (...args) => {
    const result = attempt(threw, call, args)
    return result ? result.value : otherwise(...args)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}
