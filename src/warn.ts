/** One for all copies of spanlog in a process. */
const warned = (() => {
  const holder = globalThis as { [key: symbol]: Set<string> | undefined }
  const key = Symbol.for('spanlog.warned')
  holder[key] ??= new Set()
  return holder[key]
})()

/** One warning per cause and process, by `process.emitWarning`; the README explains each code. */
export function warnOnce(code: string, message: string, cause?: unknown): void {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type: 'SpanlogWarning', code, detail: describe(cause) })
}

function describe(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.stack ?? cause.message).slice(0, maxDetail) : ''
  } catch {
    return ''
  }
}

const maxDetail = 4096

/** Calls what the application gave us. What it throws costs its own contribution and one warning, never the request. */
export function attempt<T>(option: string, fn: () => T): T | undefined {
  try {
    return fn()
  } catch (error) {
    warnOf(option, 'threw', error)
    return undefined
  }
}

/**
 * A callback of the options, made so that it cannot hurt a request: where it throws or returns a promise, `otherwise` counts.
 * A promise comes too late, and one that rejects would end the process.
 */
export function guard<Args extends unknown[], T>(
  option: string,
  fn: (...args: Args) => T,
  otherwise: (...args: Args) => T,
  read = (value: T): T => value,
): (...args: Args) => T {
  return (...args) => {
    try {
      const value = fn(...args)
      if (!isThenable(value)) return read(value)
      value.then(undefined, () => {})
      warnOf(option, 'returned a promise')
    } catch (error) {
      warnOf(option, 'threw', error)
    }
    return otherwise(...args)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

/** `SPANLOG_TRUST_INCOMING` for `trustIncoming`. */
function warnOf(option: string, did: string, cause?: unknown): void {
  const code = `SPANLOG_${option.replace(/[A-Z]/g, '_$&').toUpperCase()}`
  warnOnce(code, `The option \`${option}\` ${did}; requests go on without it`, cause)
}
