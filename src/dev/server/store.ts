import type { Span } from '../agent/decode'
import { type LogLine, lowHalf } from '../agent/lines'
import type { Trace } from '../agent/traces'
import type { LineRow, TraceDetail, TraceRow } from '../api'
import { type KeptLine, keepLine, lineRow } from './kept-line'
import { Ring } from './ring'
import { StoredTrace, spanRow } from './stored-trace'

/** The most traces, lines and bytes that are kept. */
export interface Bounds {
  readonly traces: number
  readonly lines: number
  /** Bytes, by estimate: half for traces, half for lines. */
  readonly memory: number
}

export const defaultBounds: Bounds = { traces: 2000, lines: 50_000, memory: 64 * 1024 * 1024 }

/** The last traces and lines. The oldest are dropped first. Each change has a number, by which a reader asks for later changes. */
export class Store {
  /** Key: the low half of the id, because spans and some lines have no more. Oldest first. */
  readonly #traces = new Map<string, StoredTrace>()
  readonly #lines = new Ring<KeptLine>()
  readonly #gone = new Gone()
  readonly #services = new Set<string>()
  readonly #listeners = new Set<(traces: readonly Trace[]) => void>()
  readonly #weight = { traces: 0, lines: 0 }
  // Numbers of an earlier process are smaller, so a page that comes back with one of them gets everything.
  #seq = Date.now() * 1000
  #cleared = this.#seq
  #lineNumber = 0
  readonly counts = { traces: 0, spans: 0, linked: 0, droppedTraces: 0, droppedLines: 0 }

  /** @param onChange called after each change, so it must be fast */
  constructor(
    readonly bounds: Bounds,
    private readonly onChange: () => void = () => {},
  ) {}

  get seq(): number {
    return this.#seq
  }

  /**
   * A change number. A page that knows only older changes must get everything again: some deletions since then are no longer known.
   */
  get horizon(): number {
    return Math.max(this.#cleared, this.#gone.horizon)
  }

  get services(): string[] {
    return [...this.#services]
  }

  /** How many lines are kept. */
  get lines(): number {
    return this.#lines.length
  }

  /** Calls `listener` with the changed traces after each body of spans. */
  onTraces(listener: (traces: readonly Trace[]) => void): void {
    this.#listeners.add(listener)
  }

  addSpans(spans: readonly Span[]): void {
    const changed = new Set(spans.map(span => this.#addSpan(span)))
    for (const trace of changed) trace.seq = ++this.#seq
    this.#dropTraces()
    this.onChange()
    for (const listener of this.#listeners) listener([...changed])
  }

  addLine(line: LogLine, stream: LineRow['stream']): void {
    const kept = keepLine(line, stream, ++this.#lineNumber, ++this.#seq)
    this.#lines.push(kept)
    this.#weight.lines += kept.weight
    const low = line.traceId && lowHalf(line.traceId)
    if (low) this.#link(low, kept)
    this.#dropLines()
    this.onChange()
  }

  /** Deletes everything. */
  clear(): void {
    for (const trace of this.#traces.values()) this.#gone.add(trace, this.#seq)
    this.#traces.clear()
    this.#lines.clear()
    this.#weight.traces = this.#weight.lines = this.counts.traces = 0
    this.#cleared = ++this.#seq
    this.onChange()
  }

  // Reading

  /** Rows that have changed after number `seq`, in the order of their changes. */
  tracesSince(seq: number): TraceRow[] {
    const changed = [...this.#traces.values()].filter(trace => trace.seq > seq && trace.spans.length > 0)
    return changed.sort((a, b) => a.seq - b.seq).map(trace => trace.row)
  }

  /** Newest first. */
  *newestTraces(): Generator<StoredTrace> {
    const all = [...this.#traces.values()].filter(trace => trace.spans.length > 0)
    for (let at = all.length - 1; at >= 0; at--) yield all[at] as StoredTrace
  }

  /** The last `most` lines after change `seq`. `skipped` is the number of lines between that change and these. */
  linesSince(seq: number, most: number, mostWeight: number): { lines: LineRow[]; skipped: number } {
    const first = this.#lines.search(line => line.seq > seq)
    let from = this.#lines.length
    for (let weight = 0; from > first && this.#lines.length - from < most; from--) {
      weight += this.#lines.at(from - 1)?.weight ?? 0
      if (weight > mostWeight) break
    }
    return { lines: this.#lines.slice(from).map(lineRow), skipped: from - first }
  }

  /** Lines before number `before`, newest first. */
  *linesBefore(before: number): Generator<LineRow> {
    for (let at = this.#lines.search(line => line.n >= before) - 1; at >= 0; at--)
      yield lineRow(this.#lines.at(at) as KeptLine)
  }

  /** Lines after number `n`, oldest first. */
  *linesAfter(n: number): Generator<KeptLine> {
    for (let at = this.#lines.search(line => line.n > n); at < this.#lines.length; at++)
      yield this.#lines.at(at) as KeptLine
  }

  /** The number of the oldest kept line; without lines, the number of the next one. */
  get firstLine(): number {
    return this.#lines.first?.n ?? this.#lineNumber + 1
  }

  /** The number of the newest line, even if it was dropped. */
  get lastLine(): number {
    return this.#lineNumber
  }

  goneSince(seq: number): { traces: string[]; firstLine: number } {
    return { traces: this.#gone.since(seq), firstLine: this.firstLine }
  }

  /** The request that a line belongs to. */
  rowOf({ traceId }: LineRow): TraceRow | undefined {
    return this.#traces.get(lowHalf(traceId) ?? '')?.row
  }

  /** The trace with this id, or with a span of this id. */
  find(id: string): { trace: StoredTrace; span?: string } | undefined {
    const [, traceId = id, parentId] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/i.exec(id) ?? []
    const lows = lowHalvesOf(traceId)
    for (const low of lows) {
      const trace = this.#traces.get(low)
      if (trace) return { trace, span: parentId && decimalOf(parentId) }
    }
    return traceId.length === 32 ? undefined : this.#findSpan(lows.map(decimalOf))
  }

  /** Whether a trace with this id was kept before. */
  wasHere(id: string): boolean {
    return lowHalvesOf(id).some(low => this.#gone.has(low))
  }

  detail(trace: StoredTrace, span?: string): TraceDetail {
    const spans = trace.spans.map(spanRow).sort((a, b) => a.start - b.start)
    return { spanlog: 1, trace: trace.row, spans, lines: trace.lines.slice().map(lineRow), ...(span && { span }) }
  }

  // Writing

  #addSpan(span: Span): StoredTrace {
    const trace = this.#traceOf(span.traceId.slice(16))
    const before = trace.weight
    trace.add(span)
    if (trace.spans.length === 1) this.counts.traces++
    this.#weight.traces += trace.weight - before
    this.counts.spans++
    if (this.#services.size < 200) this.#services.add(span.service)
    return trace
  }

  #link(low: string, kept: KeptLine): void {
    this.counts.linked++
    const trace = this.#traceOf(low)
    trace.addLine(kept)
    trace.seq = ++this.#seq
    this.#dropTraces()
  }

  #traceOf(low: string): StoredTrace {
    const known = this.#traces.get(low)
    if (known) return known
    const trace = new StoredTrace(low, this.bounds.memory / 2)
    this.#traces.set(low, trace)
    this.#weight.traces += trace.weight
    return trace
  }

  get #fits(): boolean {
    return this.#traces.size <= this.bounds.traces && this.#weight.traces <= this.bounds.memory / 2
  }

  #dropTraces(): void {
    // Do not begin the loop without need: a map from which many first entries were deleted takes long to find the next one.
    if (this.#fits) return
    for (const [low, trace] of this.#traces) {
      if (this.#fits || this.#traces.size === 1) return
      this.#traces.delete(low)
      this.#weight.traces -= trace.weight
      this.counts.droppedTraces++
      if (trace.spans.length > 0) this.counts.traces--
      this.#gone.add(trace, ++this.#seq)
    }
  }

  #dropLines(): void {
    while (this.#lines.length > this.bounds.lines || this.#weight.lines > this.bounds.memory / 2) {
      const line = this.#lines.shift()
      if (!line) return
      this.#weight.lines -= line.weight
      this.counts.droppedLines++
      const trace = this.#traces.get(lowHalf(line.traceId) ?? '')
      if (trace?.lines.first === line) trace.dropLine()
    }
  }

  #findSpan(ids: string[]): { trace: StoredTrace; span: string } | undefined {
    for (const trace of this.#traces.values()) {
      const span = ids.find(id => trace.has(id))
      if (span) return { trace, span }
    }
    return undefined
  }
}

/** The traces that were dropped last. */
class Gone {
  readonly #all = new Ring<{ low: string; id: string; seq: number }>()
  readonly #lows = new Set<string>()
  /** The number of the last deletion that is no longer in this list. */
  horizon = 0

  add(trace: StoredTrace, seq: number): void {
    const low = trace.traceId.slice(16)
    this.#all.push({ low, id: trace.traceId, seq })
    this.#lows.add(low)
    if (this.#all.length <= mostGone) return
    const forgotten = this.#all.shift()
    if (!forgotten) return
    this.#lows.delete(forgotten.low)
    this.horizon = forgotten.seq
  }

  has(low: string): boolean {
    return this.#lows.has(low)
  }

  since(seq: number): string[] {
    return this.#all.slice(this.#all.search(each => each.seq > seq)).map(each => each.id)
  }
}

const mostGone = 10_000

/** The low 64 bits of a pasted id, in 16 hexadecimal digits. An id of 16 digits may be decimal or hexadecimal, so both are returned. */
function lowHalvesOf(id: string): string[] {
  const low = lowHalf(id.toLowerCase())
  const hexadecimal = /^[0-9a-f]{16}$/i.test(id) ? [id.toLowerCase()] : []
  return low === undefined ? hexadecimal : [low, ...hexadecimal]
}

function decimalOf(hexadecimal: string): string {
  return BigInt(`0x${hexadecimal}`).toString()
}
