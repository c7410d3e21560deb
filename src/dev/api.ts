/**
 * What `spanlog dev` tells its page and its other commands, as JSON. This file is types only: the page is bundled with it.
 *
 *   GET  /                                    the page
 *   GET  /api/events?after=N                  server-sent events, see `Events`
 *   GET  /api/state                           State
 *   GET  /api/traces?filter=&limit=           Traces, newest first; 100 without a limit
 *   GET  /api/traces/:id                      TraceDetail; 404 NotFound where there is none
 *   GET  /api/lines?filter=&before=N&limit=   Lines: the last ones before number N, oldest first; 500 without a limit
 *   GET  /api/health                          Health
 *   POST /api/clear                           forgets all; only from the page itself or a program of this machine
 *
 * An id is one of a trace or a span, hexadecimal or decimal, or a whole `traceparent`, or `latest`, or `latest-error`.
 * The filter is that of `filter.ts`.
 */

/**
 * What `/api/events` sends, by name of event. The last event of a batch has a number as its id: a browser that comes back with it
 * (`Last-Event-ID`, or `after`) is sent what it has missed. Without it, all that is there comes first: the state, all rows, and the last 1,000
 * lines. Rows come within 100 ms of what changed them, many in one event; a row takes the place of the one with its id.
 */
export interface Events {
  readonly state: State
  readonly traces: Traces
  readonly lines: NewLines
  readonly gone: Gone
  /** All was forgotten. Also sent first where what was missed cannot be told any more. */
  readonly clear: Readonly<Record<string, never>>
}

/** Newest first, also in an event; of several events, the later one is the newer. */
export interface Traces {
  readonly traces: readonly TraceRow[]
}

export interface Lines {
  readonly lines: readonly LineRow[]
}

interface NewLines extends Lines {
  /** Lines before these that were not sent, since they came faster than a page can read; `/api/lines` has them. */
  readonly skipped: number
}

/** What was dropped to stay within the bounds. */
interface Gone {
  /** Ids of traces. */
  readonly traces: readonly string[]
  /** The number of the oldest line that is still here. */
  readonly firstLine: number
}

export interface NotFound {
  readonly error: string
  /** It was here, and was dropped to stay within the bounds or cleared. */
  readonly gone: boolean
}

export interface Health {
  readonly findings: readonly Finding[]
  /** Lines that were not read yet: the next answer is of more lines. */
  readonly unread: number
}

/** How a request ended. */
export type Outcome = 'answered' | 'aborted' | 'failed' | 'unfinished'

/** One row of the list of requests. */
export interface TraceRow {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** The low 64 bits in decimal. */
  readonly idLow: string
  /** Grows with each change of any trace. */
  readonly seq: number
  /** Milliseconds since 1970, with fractions. */
  readonly start: number
  /** Milliseconds. */
  readonly duration: number
  readonly service: string
  /** Name of the entry span, such as `web.request`. */
  readonly name: string
  readonly resource: string
  readonly method: string
  readonly route: string
  /** Absent where none was sent. */
  readonly status?: number
  readonly outcome: Outcome
  readonly error: boolean
  readonly services: readonly string[]
  readonly spans: number
  /** Spans whose parent has not come. */
  readonly missing: number
  /** How often the most repeated query stands in the trace; 0 below the limit at which it is a potential N+1. */
  readonly repeated: number
  readonly lines: number
  /** The worst level of its lines, in lower case; empty where there are none. */
  readonly worst: string
  /** All levels of its lines, in the order in which they came. */
  readonly levels: readonly string[]
  /** How many of its lines Datadog would not link to it. */
  readonly unlinked: number
  /** Spans that were not kept, since the trace alone would fill the memory. */
  readonly cut: number
  /** Tags of the entry span and fields of the lines, bounded: what a filter such as `user:7` looks at. */
  readonly tags: Readonly<Record<string, string>>
}

/** One log line of any process. */
export interface LineRow {
  /** Counts from 1 in the order of arrival. */
  readonly n: number
  /** Milliseconds since 1970: what the line tells, else when it came. */
  readonly time: number
  /** Lower case; empty where the line tells none. */
  readonly level: string
  readonly message: string
  readonly service: string
  readonly stream: 'stdout' | 'stderr' | 'intake'
  /** As it came, cut at 64 kB. */
  readonly raw: string
  readonly fields: Readonly<Record<string, unknown>>
  /** 32 hexadecimal digits where the trace is known in full, else the low 64 bits in decimal; empty where the line has none. */
  readonly traceId: string
  /** Decimal; empty where the line has none. */
  readonly spanId: string
  /** Codes of the doctor's rules that say why Datadog would not link it; empty for a linked line and for one outside a request. */
  readonly why: readonly string[]
}

/** One span of a trace. */
export interface SpanRow {
  /** Decimal. */
  readonly id: string
  /** Decimal; `'0'` for a span without a parent. */
  readonly parentId: string
  readonly name: string
  readonly resource: string
  readonly service: string
  readonly type: string
  readonly error: boolean
  /** Milliseconds since 1970, with fractions. */
  readonly start: number
  /** Milliseconds. */
  readonly duration: number
  readonly meta: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
}

/** A whole trace: also the form of a saved file. */
export interface TraceDetail {
  readonly spanlog: 1
  readonly trace: TraceRow
  readonly spans: readonly SpanRow[]
  readonly lines: readonly LineRow[]
  /** The span that was asked for, in decimal, where the id was one of a span or a `traceparent`. */
  readonly span?: string
}

/** What has arrived so far, and from where. */
export interface State {
  readonly version: string
  /** The command that runs; absent with `--listen`. */
  readonly command?: string
  readonly running: boolean
  /** Of the command, once it has ended. */
  readonly exitCode?: number
  /** Of the command. */
  readonly pid?: number
  /** A saved trace is shown: nothing will arrive. */
  readonly saved: boolean
  readonly agentUrl: string
  /** Languages and versions of the tracers that have reported. */
  readonly tracers: readonly string[]
  /** In the order in which they were first seen: the first gets the first colour. */
  readonly services: readonly string[]
  readonly traces: number
  readonly spans: number
  readonly lines: number
  /** Lines that carry ids. */
  readonly linked: number
  /** What has been dropped to stay within the bounds. */
  readonly dropped: { readonly traces: number; readonly lines: number }
  /** What is kept at most; `memory` is in bytes, by estimate. */
  readonly bounds: { readonly traces: number; readonly lines: number; readonly memory: number }
}

/** One cause for which lines are not linked: a row of the panel "Health", and of `spanlog doctor --json`. */
export interface Finding {
  readonly code: string
  readonly title: string
  readonly lines: number
  readonly of: number
  readonly share: number
  readonly example?: { readonly line: number; readonly text: string }
  readonly why: string
  readonly fix: string
}
