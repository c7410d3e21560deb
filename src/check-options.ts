import { describe } from './describe'
import type { Options } from './options'
import { isHeaderName } from './tags/header-tags'

type Check = [what: string, test: (value: unknown) => boolean]

const isFunction = (value: unknown) => typeof value === 'function'
const isObject = (value: unknown) => typeof value === 'object' && value !== null
const tracerMethods = ['startSpan', 'scope', 'extract', 'inject']

/** What each option must be. `logger`, `headers` and `namespace` are checked where they are read. */
const checks: { [name in keyof Required<Options>]: Check } = {
  logger: ['a logger', () => true],
  tracer: [
    'a tracer: the default export of dd-trace',
    value => (isObject(value) || isFunction(value)) && tracerMethods.every(name => isFunction(Object(value)[name])),
  ],
  service: ["a non-empty string such as 'shop'", value => typeof value === 'string' && value !== ''],
  tags: ['an object or a function (req) => object', value => isObject(value) || isFunction(value)],
  fields: ['a function (req) => object', isFunction],
  headers: ['a list', () => true],
  skip: ['a function (req) => boolean', isFunction],
  validateStatus: ['a function (code) => boolean', isFunction],
  trustIncoming: [
    'true, false or a function (req) => boolean',
    value => typeof value === 'boolean' || isFunction(value),
  ],
  traceHeader: ["the name of a header such as 'x-trace-id'", isHeaderName],
  hooks: ['an object such as { request: (span, req, res) => … }', isHooks],
  namespace: ['a namespace', () => true],
}
const known = Object.keys(checks)

function isHooks(value: unknown): boolean {
  if (!isObject(value)) return false
  return Object.entries(value as object).every(
    ([name, hook]) => name === 'request' && (hook === undefined || isFunction(hook)),
  )
}

/**
 * Refuses wrong options when the middleware is made.
 *
 * @throws TypeError with what was expected, what came, and what to type instead
 */
export function checkOptions(options: Options<never>): void {
  if (!isObject(options)) {
    throw new TypeError(
      `Expected the options of spanlog to be an object such as { logger: pino() }, got ${describe(options)}.`,
    )
  }
  if ('info' in options && 'child' in options) {
    throw new TypeError('spanlog takes an object of options: write `spanlog({ logger })`.')
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options] : undefined
    if (!check) throw unknownOption(name)
    const [what, test] = check
    if (value !== undefined && !test(value))
      throw new TypeError(`Expected \`${name}\` to be ${what}, got ${describe(value)}.`)
  }
}

/** `app.use(spanlog)`: the framework calls us as the middleware, with a request for options. */
export function usedWithoutCall(name: string): TypeError {
  return new TypeError(`It appears you have written \`app.use(${name})\`. It should be \`app.use(${name}())\`.`)
}

/** A middleware of ours that the other framework calls. */
export function usedElsewhere(entry: string, other: string): TypeError {
  return new TypeError(`This middleware is from \`${entry}\`. Import it from \`${other}\` here.`)
}

function unknownOption(name: string): TypeError {
  const near = known
    .map(option => ({ option, distance: distance(name, option) }))
    .sort((a, b) => a.distance - b.distance)[0]
  const hint = near && near.distance <= 3 ? `Did you mean \`${near.option}\`?` : `Known are ${known.join(', ')}.`
  return new TypeError(`spanlog does not know the option \`${name}\`. ${hint}`)
}

/** Levenshtein's edit distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[other.length] as number
}
