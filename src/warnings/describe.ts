import { inspect } from 'node:util'

/** A short description of a value for an error message. It is cut, because a value may be as large as an application. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  const text =
    typeof value === 'function'
      ? `the function \`${value.name || 'anonymous'}\``
      : inspect(value, { depth: 0, breakLength: Infinity })
  return `${text.length > 100 ? `${text.slice(0, 100)}…` : text} (${typeof value})`
}
