import type { Span, Trace } from '../../agent/index'
import { lowTraceId, parseLine } from '../../agent/lines'
import { isLinked, type Line, readLine } from '../line'
import { type Count, type Example, excerpt } from '../seen'

/** A line that the application wrote while it ran. */
export interface RunLine {
  /** From 1. */
  readonly n: number
  readonly line: Line
  /** Milliseconds since 1970: the time in the line, else the time when it came. */
  readonly time: number
  /** The time when it came, in milliseconds since 1970. */
  readonly received: number
  /** The low 64 bits of its trace id in decimal; `undefined` if it has none that Datadog accepts. */
  readonly low?: string
  readonly example: Example
}

/** A trace that arrived, with the lines that carry its id. */
export interface RunTrace {
  readonly trace: Trace
  /** The span of the request or job; without one, the root or the first span. */
  readonly entry: Span
  /** Milliseconds since 1970. */
  readonly start: number
  readonly end: number
  /** Above 0 for a trace that Datadog keeps. */
  readonly priority?: number
  readonly lines: readonly RunLine[]
}

/** A request that the doctor sent. */
export interface SentRequest {
  readonly url: string
  /** Milliseconds since 1970; `Infinity` before it is sent. */
  start: number
  end?: number
  status?: number
  /** Whether its answer did not end in time. */
  open?: boolean
}

/** The result of a run: the lines that the application wrote, and the traces that its tracer sent. */
export interface Run {
  readonly lines: readonly RunLine[]
  readonly traces: readonly RunTrace[]
  readonly requests: readonly SentRequest[]
  /** Whether at least one request of the doctor was answered. */
  readonly served: boolean
  traceOf(line: RunLine): RunTrace | undefined
}

export function readRunLine(raw: string, n: number, received: number): RunLine {
  const line = readLine(raw)
  const { time } = parseLine(line.text, received)
  const low = isLinked(line) ? lowTraceId(String(line.traceId)) : undefined
  return { n, line, time, received, low, example: { line: n, text: excerpt(raw), logger: line.logger } }
}

/** Joins lines and traces by their ids. */
export function joinRun(lines: readonly RunLine[], arrived: readonly Trace[], requests: readonly SentRequest[]): Run {
  const byLow = groupByLow(lines)
  const traces = arrived.map(trace => joinTrace(trace, byLow.get(trace.traceIdLow) ?? []))
  const known = new Map(traces.map(each => [each.trace.traceIdLow, each]))
  return {
    lines,
    traces,
    requests,
    served: requests.some(({ status }) => status !== undefined),
    traceOf: ({ low }) => (low === undefined ? undefined : known.get(low)),
  }
}

function groupByLow(lines: readonly RunLine[]): Map<string, RunLine[]> {
  const groups = new Map<string, RunLine[]>()
  for (const line of lines) {
    if (line.low === undefined) continue
    const group = groups.get(line.low) ?? []
    group.push(line)
    groups.set(line.low, group)
  }
  return groups
}

function joinTrace(trace: Trace, lines: readonly RunLine[]): RunTrace {
  const { spans } = trace
  const entry = spans.find(isEntry) ?? trace.root ?? (spans[0] as Span)
  const priority = spans.map(({ metrics }) => metrics._sampling_priority_v1).find(each => each !== undefined)
  return {
    trace,
    entry,
    start: Math.min(...spans.map(startOf)),
    end: Math.max(...spans.map(endOf)),
    priority,
    lines,
  }
}

export function isEntry({ meta }: Span): boolean {
  return meta['span.kind'] === 'server' || meta['span.kind'] === 'consumer'
}

/** Milliseconds since 1970. */
export function startOf({ start }: Span): number {
  return Number(start / 1000n) / 1000
}

export function endOf(span: Span): number {
  return startOf(span) + span.duration / 1e6
}

/** The number of these lines, with the first of them as the example; `undefined` if there are none. */
export function countOf(lines: readonly RunLine[]): Count | undefined {
  const sorted = [...lines].sort((a, b) => a.n - b.n)
  return sorted[0] ? { lines: sorted.length, example: sorted[0].example } : undefined
}
