import { stripVTControlCharacters } from 'node:util'
import { withPath } from '../path-of'
import type { Span } from './decode'
import { type LogLine, linesOf } from './lines'
import type { Trace } from './traces'

/** Options for printing a trace. */
export interface PrintOptions {
  /**
   * Whether to use colours.
   *
   * @default by the terminal, `NO_COLOR` and `FORCE_COLOR`
   */
  colour?: boolean
  /** Returns the address of the trace on the page. It is printed above the tree. */
  link?: (trace: Trace) => string
  /**
   * How many rows of the tree are printed. A line below the tree has the number of rows that were left out.
   *
   * @default all
   */
  rows?: number
}

/**
 * A trace as a tree for a terminal: start, duration, service and resource of each span, with the log lines that were written in it
 * below. It takes those of `lines` that belong to the trace.
 *
 * Control characters in texts are removed or made visible.
 */
export function printTrace(trace: Trace, lines: readonly LogLine[] = [], options: PrintOptions = {}): string {
  const own = linesOf(trace, lines)
  const view = viewOf(trace, options.colour ?? wantsColour())
  const all = rowsOf(trace.spans, own)
  const { link, rows = all.length } = options
  const shown = all.slice(0, rows).map(row => printRow(row, view))
  const more = all.length > rows ? [`${''.padEnd(columns)}… and ${count(all.length - rows, 'row')} more`] : []
  const links = link ? [view.paint('dim', link(trace))] : []
  return [...printTitle(trace, own, view), ...links, '', ...shown, ...more, ''].join('\n')
}

/** Colours are used on terminals, unless `NO_COLOR` or `FORCE_COLOR` is set. */
function wantsColour(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return process.stdout.isTTY === true
}

// The order of the rows

type Branch = { under: Entry[] } & ({ span: Span } | { note: string })
type Entry = Branch | { line: LogLine } | { errorOf: Span }
type Row = { entry: Entry; guide: string }

function rowsOf(spans: readonly Span[], lines: LogLine[]): Row[] {
  const rows: Row[] = []
  const seen = new Set<Entry>()
  const { tops, all } = grow(spans, lines)
  // Spans whose parents form a circle are below no top span. Without `...all` they would not be printed.
  for (const top of [...tops, ...all]) walk(top, rows, seen)
  return rows
}

/** Not recursive: a deep trace would overflow the call stack. */
function walk(top: Branch, rows: Row[], seen: Set<Entry>): void {
  const open = [{ entry: top as Entry, guide: '', indent: '' }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { entry, guide, indent } = next
    if (seen.has(entry)) continue
    seen.add(entry)
    rows.push({ entry, guide })
    if ('under' in entry) for (const each of hang(entry.under, indent).reverse()) open.push(each)
  }
}

function hang(entries: Entry[], indent: string) {
  const under = entries.sort((a, b) => timeOf(a) - timeOf(b))
  const lastBranch = under.findLastIndex(entry => 'under' in entry)
  return under.map((entry, at) => {
    const more = at < lastBranch
    const inner = `${indent}${more ? '│  ' : '   '}`.slice(0, deepest)
    return { entry, guide: 'under' in entry ? `${indent}${more ? '├─ ' : '└─ '}` : inner, indent: inner }
  })
}

/** Most characters of indentation. Deeper spans have the same indentation. */
const deepest = 60

function grow(spans: readonly Span[], lines: LogLine[]) {
  const all = [...spans]
    .sort(byStart)
    .map(span => ({ span, under: (errorText(span) ? [{ errorOf: span }] : []) as Entry[] }))
  const byId = new Map<string, Branch>(all.map(branch => [branch.span.spanId, branch]))
  const tops: Branch[] = []
  const branchOf = (id: string): Branch => {
    const branch = byId.get(id) ?? { note: id ? `span ${id} was not received` : 'without a span id', under: [] }
    if (!byId.has(id)) tops.push(branch)
    byId.set(id, branch)
    return branch
  }
  for (const branch of all) {
    if (branch.span.parentId === '0') tops.push(branch)
    else branchOf(branch.span.parentId).under.push(branch)
  }
  for (const line of lines) branchOf(line.spanId ?? '').under.push({ line })
  return { tops, all }
}

function byStart(a: Span, b: Span): number {
  return millisecondsOf(a.start) - millisecondsOf(b.start)
}

function timeOf(entry: Entry): number {
  if ('line' in entry) return entry.line.time
  if ('span' in entry) return millisecondsOf(entry.span.start)
  return Number.NEGATIVE_INFINITY
}

// The text of a row

interface View {
  paint: (style: Style, text: string) => string
  /** Milliseconds since 1970. */
  from: number
  /** Milliseconds. */
  length: number
  colours: Map<string, Style>
}

function viewOf(trace: Trace, colour: boolean): View {
  const spans = [...trace.spans].sort(byStart)
  const from = spans[0] ? millisecondsOf(spans[0].start) : 0
  const length = spans.reduce(
    (most, span) => Math.max(most, millisecondsOf(span.start) + span.duration / 1e6 - from),
    0,
  )
  const services = [...new Set(spans.map(span => span.service))]
  const colours = new Map(services.map((service, at) => [service, serviceColours[at % serviceColours.length] as Style]))
  return {
    paint: (style, text) => (colour && text ? `\u001b[${styles[style]}m${text}\u001b[0m` : text),
    from,
    length,
    colours,
  }
}

function printTitle(trace: Trace, lines: LogLine[], { paint, length, colours }: View): string[] {
  const span = trace.root ?? trace.spans[0]
  const counts = [count(colours.size, 'service'), count(trace.spans.length, 'span'), count(lines.length, 'log line')]
  const title = span ? `${paint('bold', safe(withPath(span, span.resource)))}${outcome(span, paint)}` : 'no span'
  return [`${title}  ${duration(length)}`, paint('dim', `trace ${trace.traceId} · ${counts.join(' · ')}`)]
}

function printRow({ entry, guide }: Row, view: View): string {
  if ('span' in entry) return printSpan(entry.span, guide, view)
  if ('line' in entry) return printLine(entry.line, guide, view)
  const { paint } = view
  const text = 'note' in entry ? paint('yellow', entry.note) : paint('red', `✗ ${safe(errorText(entry.errorOf))}`)
  return `${''.padEnd(columns)}${paint('dim', guide)}${text}`
}

function printSpan(span: Span, guide: string, view: View): string {
  const { paint, from, colours } = view
  const colour = span.error ? 'red' : (colours.get(span.service) ?? 'bold')
  const offset = millisecondsOf(span.start) - from
  const left = at(offset, view)
  const bar = '━'.repeat(Math.max(1, at(offset + span.duration / 1e6, view) - left))
  return [
    paint('dim', `+${duration(offset)}`.padStart(10)),
    '  ',
    paint(colour, (' '.repeat(left) + bar).padEnd(barWidth + 1)),
    duration(span.duration / 1e6).padStart(9),
    '  ',
    paint('dim', guide),
    paint(colours.get(span.service) ?? 'bold', safe(span.service)),
    `  ${safe(withPath(span, whatOf(span)))}`,
    outcome(span, paint),
  ].join('')
}

function printLine(line: LogLine, guide: string, view: View): string {
  const { paint, from } = view
  const offset = Math.max(0, line.time - from)
  const tick = `${' '.repeat(at(offset, view))}•`.padEnd(barWidth + 1)
  const message =
    line.level === 'error' || line.level === 'fatal' ? paint('red', safe(line.message)) : safe(line.message)
  return [
    paint('dim', `+${duration(offset)}`.padStart(10)),
    paint('dim', `  ${tick}${''.padEnd(9)}  ${guide}`),
    paint(levelStyles[line.level] ?? 'dim', `${safe(line.level).padEnd(5)} `),
    message,
    paint('dim', fieldsText(restOf(line.fields))),
  ].join('')
}

const barWidth = 20

/** Characters to the left of the tree: time, bar, duration. */
const columns = 10 + 2 + barWidth + 1 + 9 + 2

/** The column of the bar that shows a time. */
function at(offset: number, { length }: View): number {
  return length > 0 ? Math.min(barWidth, Math.max(0, Math.round((offset / length) * barWidth))) : 0
}

/** The resource of a web span is enough. Other spans also get their name, and a client's call its address. */
export function whatOf({ name, resource, type, meta }: Span): string {
  if (type === 'web') return resource
  const address = meta['span.kind'] === 'client' ? meta['http.url']?.split('?')[0] : undefined
  return [...new Set([name, resource, ...(address ? [address] : [])])].join(' ')
}

function outcome(span: Span, paint: View['paint']): string {
  const status = statusOf(span)
  const style = status >= '500' ? 'red' : status >= '400' ? 'yellow' : 'green'
  return `${status && `  ${paint(style, safe(status))}`}${wasAborted(span) ? `  ${paint('yellow', 'aborted')}` : ''}`
}

/** The status; `''` if none was sent. With OpenTelemetry's names (`DD_TRACE_OTEL_SEMANTICS_ENABLED`) it may be a number. */
export function statusOf({ meta, metrics }: Span): string {
  const [old, current] = ['http.status_code', 'http.response.status_code'] as const
  return meta[old] ?? meta[current] ?? String(metrics[old] ?? metrics[current] ?? '')
}

export function wasAborted({ meta, metrics }: Span): boolean {
  return meta['http.aborted'] === 'true' || metrics['http.aborted'] === 1
}

/** Type and message of the error; `error` for an error without them and without a status; else `''`. */
export function errorText(span: Span): string {
  if (!span.error) return ''
  const error = [span.meta['error.type'], span.meta['error.message']].filter(Boolean).join(': ')
  return error || (statusOf(span) ? '' : 'error')
}

/** Leaves out most fields of an access line: its message and the rows above it contain them, and the page has all. */
function restOf(fields: Record<string, unknown>): Record<string, unknown> {
  const { http, network, job, duration, outcome, lines, error_lines, error, ...rest } = fields
  const isAccessLine = typeof duration === 'number' && typeof outcome === 'string' && (http ?? job) !== undefined
  return isAccessLine ? rest : fields
}

function fieldsText(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .slice(0, 8)
    .map(([key, value]) => `  ${safe(key)}=${safe(valueText(value), 80)}`)
    .join('')
}

export function valueText(value: unknown): string {
  const { type, name, kind = type ?? name, message } = (value ?? {}) as Record<string, unknown>
  if (typeof message === 'string') return typeof kind === 'string' ? `${kind}: ${message}` : message
  return typeof value === 'string' ? value : String(JSON.stringify(value))
}

/** Text from outside could move the cursor, change colours or reverse the text order. So such characters are shown as escapes. */
export function safe(text: string, longest = 500): string {
  const shown = stripVTControlCharacters(text).replace(
    /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    sign => named[sign] ?? `\\u${sign.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  )
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown
}

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '  ' }

function millisecondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6
}

function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`
  return milliseconds === 0 ? '0 ms' : `${milliseconds.toFixed(1)} ms`
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

type Style = keyof typeof styles

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 }
const serviceColours: Style[] = ['cyan', 'magenta', 'blue', 'green', 'yellow']
const levelStyles: Record<string, Style> = { info: 'green', warn: 'yellow', error: 'red', fatal: 'red' }
