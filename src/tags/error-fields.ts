import { inspect } from 'node:util'
import { bounded } from './bounded'

/** An error as plain strings, for a span and for a log line. */
export interface ErrorFields {
  /** The error's name: `error.type` on a span, `error.kind` on a line. */
  type: string
  message: string
  stack?: string
}

const maxType = 200
const maxMessage = 8192
const maxStack = 16_384
/** How many causes in a chain are printed, and how many errors of an AggregateError. */
const maxCauses = 5
const maxErrors = 10

/**
 * Reads what was thrown into bounded strings: 8 kB of message, 16 kB of stack. It reads each property once and never throws. A getter
 * or a Proxy may throw, and then dd-trace would lose the whole span.
 *
 * Type, message and stack are those of dd-trace: `name`, `message || code`, `stack`. After the stack come `cause` and the errors of an
 * AggregateError, as Node prints them. The error's other properties are left out, because they may hold secrets.
 */
export function readError(value: unknown): ErrorFields {
  if (!hasProperties(value)) return { type: value === null ? 'null' : typeof value, message: messageOfPrimitive(value) }
  const type = bounded(propertyText(readProperty(value, 'name')) || constructorOf(value), maxType)
  const message = propertyText(readProperty(value, 'message')) || propertyText(readProperty(value, 'code'))
  const stack = stackOf(value, [])
  if (!message && !stack && !isError(value)) return { type, message: bounded(inspected(value), maxMessage) }
  return { type, message: bounded(message ?? '', maxMessage), ...(stack && { stack }) }
}

function constructorOf(value: object): string {
  const type = readProperty(value, 'constructor')
  return (hasProperties(type) && propertyText(readProperty(type, 'name'))) || 'Error'
}

function hasProperties(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function isError(value: object): boolean {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/** The message of `throw 'no such user'` is that text, and of `throw null` it is `null was thrown`. */
function messageOfPrimitive(value: unknown): string {
  return typeof value === 'string' && value !== '' ? bounded(value, maxMessage) : `${inspected(value)} was thrown`
}

function readProperty(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function propertyText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? undefined : inspected(value)
}

/** Prints a value as a console does, but runs no code of the value: no `toString`, no getter, no inspector, no trap of a Proxy. */
function inspected(value: unknown): string {
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

/** The stack, followed by the causes. `path` holds the errors whose cause this is, outermost first. */
function stackOf(value: object, path: readonly object[]): string | undefined {
  const stack = readProperty(value, 'stack')
  if (typeof stack !== 'string' || stack === '') return undefined
  const reasons = reasonsOf(value, [...path, value])
  return bounded(reasons.length === 0 ? stack : `${stack} {\n${reasons.join(',\n')}\n}`, maxStack)
}

function reasonsOf(value: object, path: readonly object[]): string[] {
  const reasons: string[] = []
  // Only those of the outermost error: with nested ones the number could grow without limit.
  const errors = path.length === 1 ? readProperty(value, 'errors') : undefined
  if (isArray(errors)) reasons.push(`  [errors]: [\n${listed(errors, path)}\n  ]`)
  const cause = readProperty(value, 'cause')
  if (cause !== undefined) reasons.push(`  [cause]: ${indented(printedReason(cause, path), '  ')}`)
  return reasons
}

function listed(errors: readonly unknown[], path: readonly object[]): string {
  return firstOf(errors)
    .map(error => `    ${indented(printedReason(error, path), '    ')}`)
    .join(',\n')
}

function printedReason(value: unknown, path: readonly object[]): string {
  if (!hasProperties(value)) return inspected(value)
  if (path.includes(value)) return '[Circular]'
  if (path.length === maxCauses) return '[Error]'
  return stackOf(value, path) ?? inspected(value)
}

function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`)
}

/** Reads index by index, because the array may have its own `slice` and `map`. */
function firstOf(errors: readonly unknown[]): unknown[] {
  const count = readProperty(errors, 'length')
  const length = typeof count === 'number' ? Math.min(count, maxErrors) : 0
  return Array.from({ length }, (_, index) => readProperty(errors, `${index}`))
}

/** `Array.isArray` throws on a revoked Proxy. */
function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}
