import { inspect } from 'node:util'
import { bounded } from './bounded'

/** What a span and a log line say about an error, as plain strings. */
export interface ErrorFields {
  /** The error's name: `error.type` on a span, `error.kind` on a line. */
  type: string
  message: string
  stack?: string
}

const maxType = 200
const maxMessage = 8192
const maxStack = 16_384
/** How far a chain of causes is followed, and how many errors of an AggregateError are told. */
const maxCauses = 5
const maxErrors = 10

/**
 * Reads whatever was thrown, property by property and each once, into bounded strings: 8 kB of message, 16 kB of stack. It never
 * throws: a getter may, and so may the traps of a Proxy, and dd-trace loses the whole span when handed such an error.
 *
 * Type, message and stack are those of dd-trace: `name`, `message || code`, `stack`. The stack goes on with `cause` and the
 * errors of an AggregateError, as Node prints them, but without the error's other properties, which may hold anything.
 */
export function readError(value: unknown): ErrorFields {
  if (!isObject(value)) return { type: value === null ? 'null' : typeof value, message: thrown(value) }
  const type = bounded(textOf(read(value, 'name')) || constructorOf(value), maxType)
  const message = textOf(read(value, 'message')) || textOf(read(value, 'code'))
  const stack = stackOf(value, [])
  if (!message && !stack && !isError(value)) return { type, message: bounded(shown(value), maxMessage) }
  return { type, message: bounded(message ?? '', maxMessage), ...(stack && { stack }) }
}

function constructorOf(value: object): string {
  const type = read(value, 'constructor')
  return (isObject(type) && textOf(read(type, 'name'))) || 'Error'
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function isError(value: object): boolean {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/** `throw 'no such user'` is its own message; for `throw null` there is nothing but the fact. */
function thrown(value: unknown): string {
  return typeof value === 'string' && value !== '' ? bounded(value, maxMessage) : `${shown(value)} was thrown`
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? undefined : shown(value)
}

/** As in a console, but with no code of the value's own: not its `toString`, its getters, its inspector or its traps. */
function shown(value: unknown): string {
  try {
    return inspect(value, inspectOptions)
  } catch {
    return `[${typeof value}]`
  }
}

const inspectOptions = {
  breakLength: Number.POSITIVE_INFINITY,
  customInspect: false,
  depth: 1,
  maxArrayLength: 10,
  maxStringLength: 1000,
} as const

/** The stack, and behind it what led to the error. `path` are the errors that we came by, outermost first. */
function stackOf(value: object, path: readonly object[]): string | undefined {
  const stack = read(value, 'stack')
  if (typeof stack !== 'string' || stack === '') return undefined
  const reasons = reasonsOf(value, [...path, value])
  return bounded(reasons.length === 0 ? stack : `${stack} {\n${reasons.join(',\n')}\n}`, maxStack)
}

function reasonsOf(value: object, path: readonly object[]): string[] {
  const reasons: string[] = []
  // Only the outermost: errors of errors of errors could be any number.
  const errors = path.length === 1 ? read(value, 'errors') : undefined
  if (isArray(errors)) reasons.push(`  [errors]: [\n${listed(errors, path)}\n  ]`)
  const cause = read(value, 'cause')
  if (cause !== undefined) reasons.push(`  [cause]: ${indented(reason(cause, path), '  ')}`)
  return reasons
}

function listed(errors: readonly unknown[], path: readonly object[]): string {
  return firstOf(errors)
    .map(error => `    ${indented(reason(error, path), '    ')}`)
    .join(',\n')
}

function reason(value: unknown, path: readonly object[]): string {
  if (!isObject(value)) return shown(value)
  if (path.includes(value)) return '[Circular]'
  if (path.length === maxCauses) return '[Error]'
  return stackOf(value, path) ?? shown(value)
}

function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`)
}

/** Index by index: `slice` and `map` may be the array's own. */
function firstOf(errors: readonly unknown[]): unknown[] {
  const count = read(errors, 'length')
  const length = typeof count === 'number' ? Math.min(count, maxErrors) : 0
  return Array.from({ length }, (_, index) => read(errors, `${index}`))
}

/** `Array.isArray` throws on a revoked Proxy. */
function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}
