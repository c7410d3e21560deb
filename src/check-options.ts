import type { Options } from './options'
import { isHeaderName } from './tags/header-tags'
import { isFreeTag } from './tags/tag-fields'
import { describe } from './warnings/describe'

type Check = [what: string, test: (value: unknown) => boolean]

const isFunction = (value: unknown) => typeof value === 'function'
const isObject = (value: unknown) => typeof value === 'object' && value !== null
const tracerMethods = ['startSpan', 'scope', 'extract', 'inject']

/**
 * The value that each option must have: its description for the message, and a test. `logger`, `headers` and `namespace` accept
 * anything here: the code that reads them checks them.
 */
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
  hooks: ['an object such as { request: (span, req, res) => … }', value => isObjectOf(value, isFunction)],
  namespace: ['a namespace', () => true],
  accessLog: [
    'true, false or an object such as { skip: (req, res) => boolean }',
    value => typeof value === 'boolean' || isObjectOf(value, isFunction),
  ],
  requestId: [
    "true, false, the name of a header, or an object such as { header: 'x-request-id' }",
    value => typeof value === 'boolean' || isHeaderName(value) || isRequestId(value),
  ],
  tagFields: ["a list of names such as ['user']", value => Array.isArray(value) && value.every(isName)],
  keepOnError: ['true or false', value => typeof value === 'boolean'],
  debugOnError: [
    'true, false, a number of lines, or an object such as { lines: 100, bytes: 65536 }',
    value => typeof value === 'boolean' || isCount(value) || isObjectOf(value, isCount),
  ],
}
const known = Object.keys(checks)

/** The keys of the options that are objects. */
const keysOf: { readonly [name: string]: readonly string[] } = {
  hooks: ['request'],
  accessLog: ['level', 'skip', 'fields'],
  requestId: ['header', 'generate'],
  debugOnError: ['lines', 'bytes'],
}

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0
const isName = (value: unknown) => typeof value === 'string' && value !== ''

/** Whether a value is an object whose values pass the test. `checkKeys` has checked its keys. */
function isObjectOf(value: unknown, test: (value: unknown) => boolean): boolean {
  if (!isObject(value) || Array.isArray(value)) return false
  return Object.values(value as object).every(item => item === undefined || test(item))
}

function isRequestId(value: unknown): boolean {
  if (!isObjectOf(value, () => true)) return false
  const { header, generate } = value as { header?: unknown; generate?: unknown }
  return (header === undefined || isHeaderName(header)) && (generate === undefined || isFunction(generate))
}

/**
 * Refuses wrong options when the middleware is made.
 *
 * @throws TypeError with what was expected, what came, and what to type instead
 */
export function checkOptions(options: Options<never>): void {
  if (!isObject(options) || Array.isArray(options)) {
    throw new TypeError(
      `Expected the options of spanlog to be an object such as { logger: pino() }, got ${describe(options)}.`,
    )
  }
  if ('info' in options && 'child' in options) {
    throw new TypeError('spanlog takes an object of options: write `spanlog({ logger })`.')
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options] : undefined
    if (!check) throw unknownOption(name, known)
    checkKeys(name, value)
    const [what, test] = check
    if (value !== undefined && !test(value))
      throw new TypeError(`Expected \`${name}\` to be ${what}, got ${describe(value)}.`)
  }
  checkTagFields(options.tagFields)
}

function checkKeys(name: string, value: unknown): void {
  const keys = keysOf[name]
  if (!keys || !isObject(value) || Array.isArray(value)) return
  const unknown = Object.keys(value as object).find(key => !keys.includes(key))
  if (unknown !== undefined)
    throw unknownOption(
      `${name}.${unknown}`,
      keys.map(key => `${name}.${key}`),
    )
}

function checkTagFields(names: readonly string[] = []): void {
  const reserved = names.filter(name => !isFreeTag(name))
  if (reserved.length === 0) return
  const list = reserved.map(name => `\`${name}\``).join(', ')
  throw new TypeError(
    `\`tagFields\` must not have ${list}: the tracer writes that tag itself. Give the field another name.`,
  )
}

/** The options that a job has. */
const jobOptions = [
  'logger',
  'tracer',
  'service',
  'tags',
  'fields',
  'namespace',
  'tagFields',
  'keepOnError',
  'debugOnError',
  'accessLog',
]

/**
 * Refuses the options that `jobRunner()` does not know. `checkOptions` checks the values.
 *
 * @throws TypeError that lists the known options
 */
export function checkJobOptions(options: object): void {
  if (!isObject(options)) {
    throw new TypeError(
      `Expected the options of jobRunner to be an object such as { logger }, got ${describe(options)}.`,
    )
  }
  const unknown = Object.keys(options).find(name => !jobOptions.includes(name))
  if (unknown)
    throw new TypeError(`jobRunner does not know the option \`${unknown}\`. Known are ${jobOptions.join(', ')}.`)
}

/** The error for `app.use(spanlog)` without a call: the framework calls `spanlog` as if it were the middleware. */
export function usedWithoutCall(name: string): TypeError {
  return new TypeError(`It appears you have written \`app.use(${name})\`. It should be \`app.use(${name}())\`.`)
}

/** The error for a middleware of one entry that is used in the other framework. */
export function usedElsewhere(entry: string, other: string): TypeError {
  return new TypeError(`This middleware is from \`${entry}\`. Import it from \`${other}\` here.`)
}

function unknownOption(name: string, known: readonly string[]): TypeError {
  const nearest = known
    .map(option => ({ option, distance: distance(name, option) }))
    .sort((a, b) => a.distance - b.distance)[0]
  const hint =
    nearest && nearest.distance <= 3 ? `Did you mean \`${nearest.option}\`?` : `Known are ${known.join(', ')}.`
  return new TypeError(`spanlog does not know the option \`${name}\`. ${hint}`)
}

/** The Levenshtein distance: how many characters must be added, removed or replaced. */
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
