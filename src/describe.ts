import { inspect } from 'node:util'

/** A value in a few words, for an error message: a whole application would fill the screen. */
export function describe(value: unknown): string {
  const text =
    typeof value === 'function'
      ? `the function \`${value.name || 'anonymous'}\``
      : inspect(value, { depth: 0, breakLength: Infinity })
  return `${text.length > 100 ? `${text.slice(0, 100)}…` : text} (${typeof value})`
}
