import type { LineRow, TraceRow } from './api'
import { levelRank } from './levels'

/**
 * The content of the filter box. All terms must match, but one of several plain values for the same key is enough:
 * `service:web service:api dur:>50ms -route:/health`.
 */
export interface Filter {
  readonly terms: readonly Term[]
}

/** One term of a filter. */
export interface Term {
  /** In lower case; `''` for free text. */
  readonly key: string
  readonly value: string
  readonly negate: boolean
  /** The term as it was typed. The texts of all terms, joined by spaces, are the filter. */
  readonly text: string
}

interface Test extends Term {
  /** Whether one of these values matches the term. */
  readonly accepts: (values: readonly Value[]) => boolean
  readonly requires: 'all' | 'one'
}

type Value = string | number | boolean

const tests = new WeakMap<Filter, readonly (readonly Test[])[]>()

/**
 * Reads `status:5xx service:web route:/users dur:>50ms level:error user:7 is:aborted "free text"`. `-` before a term
 * negates it, values with spaces are in quotes, `*` matches any text, and numbers may be compared by `>`, `>=`, `<` and `<=`. Every
 * text is a valid filter.
 */
export function parseFilter(text: string): Filter {
  const terms = wordsOf(text).map(termOf)
  const filter = { terms }
  tests.set(
    filter,
    groupsOf(terms.filter(term => term.key === '' || term.value !== '' || /""$/.test(term.text)).map(testOf)),
  )
  return filter
}

/** Whether a request matches the filter. Free text is also searched in `lines`. */
export function matchesTrace(filter: Filter, row: TraceRow, lines: readonly LineRow[] = []): boolean {
  return matches(filter, test => valuesOfTrace(row, test.key, lines))
}

/** Whether a line matches the filter. If the line has no value for a key, such as `route`, the value of its request counts. */
export function matchesLine(filter: Filter, line: LineRow, request?: TraceRow): boolean {
  return matches(filter, test => {
    const own = valuesOfLine(line, test.key)
    return own.length === 0 && request && test.key ? valuesOfTrace(request, test.key, []) : own
  })
}

/**
 * The filter with one more term, after a click on a value. The term replaces its opposite, and any other plain value of the same key:
 * otherwise "only these" would show more than before.
 */
export function addTerm(text: string, key: string, value: string, negate: boolean): string {
  const term = termOf(`${negate ? '-' : ''}${key}:${quoted(value)}`)
  const stays = (old: Term) => {
    if (old.key !== term.key) return true
    if (old.value === term.value) return false
    return negate || old.negate || old.key === 'is' || comparison(old.value) !== undefined
  }
  return [...wordsOf(text).map(termOf).filter(stays), term].map(each => each.text).join(' ')
}

/**
 * The id, if a pasted text is only an id: a trace or span id, hexadecimal or decimal, alone or as `"dd.trace_id": "…"`, a whole
 * `traceparent`, or a link to a trace. `GET /api/traces/:id` accepts its form. `undefined` if the text is a filter.
 */
export function idIn(text: string): string | undefined {
  const link = /#\/trace\/(\w+)/.exec(text)?.[1]
  const bare = (link ?? text.replace(/^["'\s]*[\w.]*(?:id|traceparent)["']?\s*[:=]/i, '')).replace(
    /^["'\s]+|["'\s,]+$/g,
    '',
  )
  return idForms.test(bare) ? bare.toLowerCase() : undefined
}

/** A shorter number is searched as text: only one id in ten thousand has less than 15 digits. */
const idForms = /^(?:[0-9a-f]{32}|[0-9a-f]{16}|\d{15,20}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.*)$/i

// Reading

/** Splits a text at spaces that are not within quotes. A backslash within quotes escapes the next character. */
function wordsOf(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^\s"])+/gs) ?? []
}

function termOf(text: string): Term {
  const negate = text.length > 1 && text.startsWith('-')
  const word = negate ? text.slice(1) : text
  const [, key = '', value = ''] = /^([a-z@_][\w.@/-]*):(?!\/\/)(.*)$/is.exec(word) ?? []
  // `Error:` in a text is no key. `status:` is a key whose value is not typed yet.
  const hasKey = key !== '' && (value !== '' || known.has(key.toLowerCase()))
  return { key: hasKey ? key.toLowerCase() : '', value: unquoted(hasKey ? value : word), negate, text }
}

function unquoted(text: string): string {
  return text.replace(/"((?:\\.|[^"\\])*)(?:"|\\?$)/gs, (_, inner: string) => inner.replace(/\\(.)/gs, '$1'))
}

function quoted(value: string): string {
  return /^[^\s"\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

// Testing

function matches(filter: Filter, valuesFor: (test: Test) => readonly Value[]): boolean {
  const holds = (test: Test) => test.accepts(valuesFor(test)) !== test.negate
  return (tests.get(filter) ?? []).every(group => group.some(holds))
}

/** Groups of tests. At least one test of each group must match. */
function groupsOf(all: readonly Test[]): Test[][] {
  const groups = new Map<string, Test[]>()
  for (const [at, test] of all.entries()) {
    const name = test.requires === 'all' ? `${at}` : test.key
    groups.set(name, [...(groups.get(name) ?? []), test])
  }
  return [...groups.values()]
}

function testOf(term: Term): Test {
  const { key, value, negate } = term
  const accepts = (entryOf(readers, key) ?? (contained.has(key) ? contains : equals))(value)
  const single = negate || key === '' || key === 'is' || comparison(value) !== undefined
  return { ...term, requires: single ? 'all' : 'one', accepts: value === '' ? isEmpty : values => values.some(accepts) }
}

type Reader = (value: string) => (actual: Value) => boolean

/** The tests of keys whose values are not compared as plain texts or numbers. */
const readers: Record<string, Reader> = {
  status: value => (/^\dxx$/i.test(value) ? actual => String(actual).startsWith(value[0] as string) : equals(value)),
  dur: value => {
    const bare = /^[<>]/.test(value) ? value : `>=${value}`
    return compares(bare, durationOf) ?? equals(value)
  },
  level: value => compares(value, levelRank) ?? (actual => same(levelRank, value, String(actual))),
  trace: sameId,
  span: sameId,
}

/** Keys with long values. A part of the value matches. */
const contained = new Set(['', 'route', 'resource', 'name', 'message'])
const known = new Set([...contained, ...Object.keys(readers), 'service', 'method', 'is', 'stream', 'outcome', 'why'])

function contains(value: string): (actual: Value) => boolean {
  const wanted = value.toLowerCase()
  return wanted.includes('*') ? equals(`*${value}*`) : actual => String(actual).toLowerCase().includes(wanted)
}

function equals(value: string): (actual: Value) => boolean {
  const compared = compares(value, Number)
  if (compared) return compared
  const parts = value.toLowerCase().split('*')
  return actual => fits(String(actual).toLowerCase(), parts)
}

/** Whether a text contains the parts of a pattern in their order. A regular expression could be very slow for a long line. */
function fits(text: string, parts: string[]): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}

function comparison(value: string): { sign: string; of: string } | undefined {
  const [, sign, of] = /^(>=|<=|>|<)\s*(\w.*|\.\d.*)$/.exec(value) ?? []
  return sign && of ? { sign, of } : undefined
}

function compares(value: string, read: (text: string) => number): ((actual: Value) => boolean) | undefined {
  const { sign, of } = comparison(value) ?? {}
  const limit = of === undefined ? Number.NaN : read(of)
  if (Number.isNaN(limit)) return undefined
  return actual => {
    const number = typeof actual === 'number' ? actual : read(String(actual))
    if (sign === '>') return number > limit
    if (sign === '>=') return number >= limit
    return sign === '<' ? number < limit : number <= limit
  }
}

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, min: 60_000 }

/** Milliseconds. A number without a unit is in milliseconds. */
function durationOf(text: string): number {
  const [, number, unit = 'ms'] = /^([\d.]+)\s*([a-zµ]*)$/.exec(text) ?? []
  return Number(number) * (units[unit || 'ms'] ?? Number.NaN)
}

/** Two names of one level, such as `warn` and `warning`, are the same. Other words must be equal. */
function same(rank: (level: string) => number, one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase() || (rank(one) > 0 && rank(one) === rank(other))
}

/** An id matches in each of its forms, hexadecimal or decimal. */
function sameId(value: string): (actual: Value) => boolean {
  const wanted = spellings(value.toLowerCase())
  return actual => spellings(String(actual)).some(spelling => wanted.includes(spelling))
}

function spellings(id: string): string[] {
  if (/^[0-9a-f]{32}$/.test(id)) return [id, decimalOf(id.slice(16))]
  return /^[0-9a-f]{16}$/.test(id) ? [id, decimalOf(id)] : [id]
}

function decimalOf(hex: string): string {
  return BigInt(`0x${hex}`).toString()
}

function isEmpty(values: readonly Value[]): boolean {
  return values.every(value => value === '')
}

// The values of requests and lines

function valuesOfTrace(row: TraceRow, key: string, lines: readonly LineRow[]): readonly Value[] {
  const read = entryOf(traceKeys, key)
  if (read) return read(row)
  if (key === '') return [...textsOfTrace(row), ...lines.map(line => line.raw)]
  return own(row.tags, key)
}

const traceKeys: Record<string, (row: TraceRow) => readonly Value[]> = {
  status: row => (row.status === undefined ? [] : [row.status]),
  service: row => row.services,
  route: row => [row.route],
  resource: row => [row.resource],
  name: row => [row.name],
  method: row => [row.method],
  dur: row => [row.duration],
  level: row => row.levels,
  outcome: row => [row.outcome],
  trace: row => [row.id, row.idLow],
  is: row => [
    row.outcome,
    ...names({ error: row.error, unlinked: row.unlinked > 0, repeated: row.repeated > 0, missing: row.missing > 0 }),
  ],
}

function textsOfTrace({ id, idLow, service, name, resource, method, route, status, tags }: TraceRow): Value[] {
  return [id, idLow, service, name, resource, `${method} ${route}`, `${status ?? ''}`, ...Object.values(tags)]
}

function valuesOfLine(line: LineRow, key: string): readonly Value[] {
  const read = entryOf(lineKeys, key)
  if (read) return read(line)
  return (entryOf(aliases, key) ?? [key]).flatMap(name => deep(line.fields, name)).slice(0, 1)
}

const lineKeys: Record<string, (line: LineRow) => readonly Value[]> = {
  '': line => [line.message, line.raw],
  message: line => [line.message],
  service: line => [line.service],
  level: line => (line.level ? [line.level] : []),
  stream: line => [line.stream],
  why: line => line.why,
  trace: line => (line.traceId ? [line.traceId] : []),
  span: line => (line.spanId ? [line.spanId] : []),
  dur: line => [
    ...numbers(deep(line.fields, 'responseTime')),
    // Datadog's standard attribute is in nanoseconds.
    ...numbers(deep(line.fields, 'duration')).map(nanoseconds => nanoseconds / 1e6),
  ],
  is: line => {
    const states = { error: levelRank(line.level) >= 50, unlinked: line.why.length > 0, linked: line.traceId !== '' }
    return [...names(states), ...deep(line.fields, 'outcome')]
  },
}

/** The fields in which request loggers write the value of a key. */
const aliases: Record<string, string[]> = {
  status: ['http.status_code', 'status_code', 'statusCode', 'res.statusCode', 'status'],
  route: ['http.route', 'route'],
  method: ['http.method', 'req.method', 'method'],
}

/** The value of a path. `http.route` is `{ "http.route": … }` or `{ "http": { "route": … } }`. */
function deep(fields: Readonly<Record<string, unknown>>, path: string): Value[] {
  const flat = own(fields, path)
  if (flat.length > 0) return flat
  const dot = path.indexOf('.')
  const inner = dot > 0 ? ownValue(fields, path.slice(0, dot)) : undefined
  return typeof inner === 'object' && inner !== null ? deep(inner as Record<string, unknown>, path.slice(dot + 1)) : []
}

function own(fields: Readonly<Record<string, unknown>>, key: string): Value[] {
  const value = ownValue(fields, key)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [value]
  return value === undefined || value === null ? [] : [JSON.stringify(value)]
}

/** The value of a key. Upper and lower case are the same. */
function ownValue(fields: Readonly<Record<string, unknown>>, key: string): unknown {
  const name = Object.hasOwn(fields, key)
    ? key
    : Object.keys(fields).find(each => each.toLowerCase() === key.toLowerCase())
  return name === undefined ? undefined : fields[name]
}

/** Own properties only. A filter `constructor:x` must not read `Object.prototype`. */
function entryOf<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

function names(states: Record<string, boolean>): string[] {
  return Object.keys(states).filter(name => states[name])
}

function numbers(values: readonly Value[]): number[] {
  return values.filter(value => typeof value === 'number')
}
