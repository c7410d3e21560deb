import type { Span } from '../agent/decode'
import { isRequest, KeptTrace, weigh } from '../agent/traces'
import { statusOf, wasAborted } from '../agent/tree'
import type { Outcome, SpanRow, TraceRow } from '../api'
import { levelRank } from '../levels'
import { type KeptLine, lineRow } from './kept-line'
import { Ring } from './ring'

/** A trace with its lines. Its row is computed only when it is requested, because most traces of a busy application are never shown. */
export class StoredTrace extends KeptTrace {
  /** The number of its last change. */
  seq = 0
  /** Bytes of memory that its spans take, by estimate. */
  weight = 2000
  cut = 0
  readonly lines = new Ring<KeptLine>()
  #lineCount = 0
  /** How many of the last lines the summary has not read yet. */
  #unread = 0
  #summary?: Summary

  constructor(
    low: string,
    private readonly heaviest: number,
  ) {
    super(low)
  }

  has(spanId: string): boolean {
    return this.spans.some(span => span.spanId === spanId)
  }

  override add(span: Span): void {
    if (this.weight > this.heaviest) {
      this.cut++
      return
    }
    super.add(span)
    this.weight += weigh(span)
  }

  addLine(line: KeptLine): void {
    this.lines.push(line)
    this.#lineCount++
    this.#unread++
  }

  /** Removes its oldest line. The row still counts it. */
  dropLine(): void {
    if (this.#unread === this.lines.length) this.#read()
    this.lines.shift()
  }

  /** Adds new spans and lines to the summary. Each is read once, even if the row is requested often. */
  #read(): Summary {
    this.#summary ??= new Summary()
    const summary = this.#summary
    summary.readSpans(this.spans)
    for (const line of this.lines.slice(this.lines.length - this.#unread)) summary.readLine(line)
    this.#unread = 0
    return summary
  }

  /** The row as it is now. */
  get row(): TraceRow {
    const { entry: span, services, levels: counts, fields, missing, repeated, unlinked } = this.#read()
    const { method, route, status } = span ? requestOf(span) : { method: '', route: '' }
    const levels = [...counts]
    return {
      id: this.traceId,
      idLow: this.traceIdLow,
      seq: this.seq,
      start: span ? millisecondsOf(span.start) : (this.lines.first?.time ?? 0),
      duration: span ? span.duration / 1e6 : 0,
      service: span?.service ?? this.lines.first?.service ?? '',
      name: span?.name ?? '',
      resource: span?.resource ?? '',
      ...{ method, route, status },
      outcome: span ? outcomeOf(span, status) : 'unfinished',
      error: span?.error === 1,
      services: [...services],
      spans: this.spans.length,
      missing,
      repeated: repeated >= fewestRepeats ? repeated : 0,
      lines: this.#lineCount,
      worst: levels.reduce((worst, level) => (levelRank(level) > levelRank(worst) ? level : worst), ''),
      levels,
      unlinked,
      cut: this.cut,
      tags: { ...fields, ...(span && tagsOf(span)) },
    }
  }
}

/** The values of the row, computed from the spans and lines so far. Each is added once, and adding one takes constant time. */
class Summary {
  readonly services = new Set<string>()
  readonly levels = new Set<string>()
  readonly fields: Record<string, string> = {}
  entry?: Span
  missing = 0
  repeated = 0
  unlinked = 0
  #spansRead = 0
  readonly #ids = new Set<string>()
  /** Key: the id of a parent that has not come. Value: how many spans name it as their parent. */
  readonly #awaited = new Map<string, number>()
  readonly #queries = new Map<string, number>()

  readSpans(spans: readonly Span[]): void {
    for (; this.#spansRead < spans.length; this.#spansRead++) this.#readSpan(spans[this.#spansRead] as Span)
  }

  readLine(line: KeptLine): void {
    const { level, fields, why } = lineRow(line)
    if (why.length > 0) this.unlinked++
    if (level && this.levels.size < 20) this.levels.add(level)
    addTags(this.fields, fields)
  }

  #readSpan(span: Span): void {
    if (this.services.size < 50) this.services.add(span.service)
    if (!this.entry || rank(span) > rank(this.entry) || isEarlier(span, this.entry)) this.entry = span
    this.#countMissing(span)
    this.#countQuery(span)
  }

  #countMissing({ spanId, parentId }: Span): void {
    this.missing -= this.#awaited.get(spanId) ?? 0
    this.#awaited.delete(spanId)
    this.#ids.add(spanId)
    if (parentId === '0' || this.#ids.has(parentId)) return
    this.missing++
    this.#awaited.set(parentId, (this.#awaited.get(parentId) ?? 0) + 1)
  }

  #countQuery(span: Span): void {
    if (!isQuery(span)) return
    const query = `${span.parentId} ${shapeOf(span.resource)}`
    const times = (this.#queries.get(query) ?? 0) + 1
    if (times > 1 || this.#queries.size < mostQueries) this.#queries.set(query, times)
    this.repeated = Math.max(this.repeated, times)
  }
}

/** From this number of equal queries below one span on, they may be an N+1. */
const fewestRepeats = 5
/** Different queries of one trace that are counted. */
const mostQueries = 5000

/** The entry span is the root. Before it has come, the first request of a server; before that, the first span. */
function rank(span: Span): number {
  if (span.parentId === '0') return 2
  return isRequest(span) ? 1 : 0
}

function isEarlier(span: Span, other: Span): boolean {
  return rank(span) === rank(other) && span.start < other.start
}

const queryTypes = new Set(['sql', 'redis', 'mongodb', 'cassandra', 'elasticsearch', 'memcached', 'db', 'cache'])

function isQuery({ type = '', meta }: Span): boolean {
  return queryTypes.has(type) || meta['db.type'] !== undefined || meta['db.system'] !== undefined
}

/** The query without its values. */
function shapeOf(query: string): string {
  return query.slice(0, 2000).replace(/'[^']*'|\b\d+\b/g, '?')
}

function requestOf(span: Span): Pick<TraceRow, 'method' | 'route' | 'status'> {
  const { meta, resource } = span
  const [, named = '', rest = ''] = /^([A-Z]{3,10})(?: (\S.*))?$/s.exec(resource) ?? []
  const method = meta['http.method'] ?? meta['http.request.method'] ?? ''
  const status = Number(statusOf(span))
  const route = meta['http.route'] ?? (method && method === named ? rest : '')
  return { method, route, status: status > 0 ? status : undefined }
}

function outcomeOf(span: Span, status?: number): Outcome {
  const { meta, error } = span
  if (wasAborted(span)) return 'aborted'
  if (meta['http.unfinished'] === 'true') return 'unfinished'
  // An error with a good status: the response was broken off. An error without a status: the work has failed.
  return error && (status ?? 0) < 400 ? 'failed' : 'answered'
}

/** The tags for filters, without internal tags of the tracer. */
function tagsOf({ meta, metrics }: Span): Record<string, string> {
  const tags: Record<string, string> = {}
  addTags(tags, meta)
  addTags(tags, metrics)
  return tags
}

const mostTags = 100
const longestTag = 200

function addTags(tags: Record<string, string>, values: Readonly<Record<string, unknown>>): void {
  let left = mostTags - Object.keys(tags).length
  for (const key in values) {
    const value = values[key]
    if (left <= 0) return
    if (key.startsWith('_') || unimportant.has(key) || Object.hasOwn(tags, key) || key.length > longestTag) continue
    if (typeof value === 'object' || value === undefined) continue
    tags[key] = String(value).slice(0, longestTag)
    left--
  }
}

const unimportant = new Set(['runtime-id', 'language', 'process_id', 'error.stack'])

export function spanRow(span: Span): SpanRow {
  const { spanId: id, parentId, name, resource, service, type = '', error, duration, meta, metrics, spanEvents } = span
  return {
    ...{ id, parentId, name, resource, service, type },
    error: error === 1,
    start: millisecondsOf(span.start),
    duration: duration / 1e6,
    meta: spanEvents ? { ...meta, events: JSON.stringify(spanEvents, bigIntText) } : meta,
    metrics,
  }
}

function bigIntText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

function millisecondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6
}
