/**
 * The JSON that `spanlog dev` sends to its page and its other commands. This file contains types only, because the page is bundled with
 * it.
 *
 *   GET  /                                    the page
 *   GET  /api/events?after=N                  server-sent events, see `Events`
 *   GET  /api/state                           State
 *   GET  /api/traces?filter=&limit=           Traces, newest first; 100 without a limit
 *   GET  /api/traces/:id                      TraceDetail; 404 NotFound if there is none
 *   GET  /api/lines?filter=&before=N&limit=   Lines: the last ones before number N, oldest first; 500 without a limit
 *   GET  /api/health                          Health
 *   POST /api/clear                           deletes everything; only from the page itself or a program of this machine
 *
 * An id is that of a trace or a span, hexadecimal or decimal, or a whole `traceparent`, or `latest`, or `latest-error`.
 * `filter.ts` reads the filter.
 */

/**
 * The events of `/api/events`, by name. The last event of a batch has a number as its id. A browser that reconnects with it
 * (`Last-Event-ID`, or `after`) gets the events that it has missed. Without it, everything is sent first: the state, all rows, and the
 * last 1,000 lines. A row is sent within 100 ms after a change, many rows in one event. It replaces the row with the same id.
 */
export interface Events {
  readonly state: State
  readonly traces: Traces
  readonly lines: NewLines
  readonly gone: Gone
  /** Everything was deleted. Also sent first to a page that comes back when the changes it missed are no longer known. */
  readonly clear: Readonly<Record<string, never>>
}

/** Newest first, also within an event. A later event has newer traces. */
export interface Traces {
  readonly traces: readonly TraceRow[]
}

export interface Lines {
  readonly lines: readonly LineRow[]
}

interface NewLines extends Lines {
  /** How many lines before these were not sent, because they came faster than a page can read. `/api/lines` has them. */
  readonly skipped: number
}

/** Traces and lines that were dropped to stay within the bounds. */
interface Gone {
  /** Ids of traces. */
  readonly traces: readonly string[]
  /** The number of the oldest line that is kept. */
  readonly firstLine: number
}

export interface NotFound {
  readonly error: string
  /** Whether it was kept before, and was dropped to stay within the bounds or cleared. */
  readonly gone: boolean
}

export interface Health {
  readonly findings: readonly Finding[]
  /** How many lines the server has not read yet. The findings of the next answer will include more of them. */
  readonly unread: number
}

/** The end of a request. */
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
  /** Absent if none was sent. */
  readonly status?: number
  readonly outcome: Outcome
  readonly error: boolean
  readonly services: readonly string[]
  readonly spans: number
  /** How many spans have a parent that has not come. */
  readonly missing: number
  /** How many times the most frequent query is in the trace; 0 if that is too few for a potential N+1. */
  readonly repeated: number
  readonly lines: number
  /** The worst level of its lines, in lower case; `''` without lines. */
  readonly worst: string
  /** All levels of its lines, in the order of arrival. */
  readonly levels: readonly string[]
  /** How many of its lines Datadog would not link to it. */
  readonly unlinked: number
  /** How many spans of this trace were not kept. A trace may not use more than half of the memory bound. */
  readonly cut: number
  /** Tags of the entry span and fields of the lines, at most 100 of each, for filters such as `user:7`. */
  readonly tags: Readonly<Record<string, string>>
}

/** One log line of any process. */
export interface LineRow {
  /** Counts from 1 in the order of arrival. */
  readonly n: number
  /** Milliseconds since 1970: the time in the line, else the time when it came. */
  readonly time: number
  /** In lower case; `''` if the line has no level. */
  readonly level: string
  readonly message: string
  readonly service: string
  readonly stream: 'stdout' | 'stderr' | 'intake'
  /** The whole line, cut after 65,536 characters. */
  readonly raw: string
  readonly fields: Readonly<Record<string, unknown>>
  /** The id as the line has it: 32 hexadecimal digits, or the low 64 bits in decimal; `''` if the line has none. */
  readonly traceId: string
  /** Decimal; `''` if the line has none. */
  readonly spanId: string
  /** Codes of the doctor's findings for this line. Empty for a linked line, and for most lines without ids. */
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

/** A whole trace. A saved file has the same form. */
export interface TraceDetail {
  readonly spanlog: 1
  readonly trace: TraceRow
  readonly spans: readonly SpanRow[]
  readonly lines: readonly LineRow[]
  /** The id of the requested span, in decimal; absent if the request named a trace. */
  readonly span?: string
}

/** The state of the panel: the command, the tracers, and the counts. */
export interface State {
  readonly version: string
  /** The command that runs; absent with `--listen`. */
  readonly command?: string
  readonly running: boolean
  /** The exit code of the command; absent while it runs. */
  readonly exitCode?: number
  /** The process id of the command. */
  readonly pid?: number
  /** Whether a saved trace is shown, so that nothing will arrive. */
  readonly saved: boolean
  readonly agentUrl: string
  /** Languages and versions of the tracers that have reported. */
  readonly tracers: readonly string[]
  /** In the order of arrival. The first one gets the first colour. */
  readonly services: readonly string[]
  readonly traces: number
  readonly spans: number
  readonly lines: number
  /** Lines with ids. */
  readonly linked: number
  /** Traces and lines that were dropped to stay within the bounds. */
  readonly dropped: { readonly traces: number; readonly lines: number }
  /** The most traces and lines that are kept; `memory` is in bytes, by estimate. */
  readonly bounds: { readonly traces: number; readonly lines: number; readonly memory: number }
}

/** One cause for which lines are not linked, for the panel "Health" and `spanlog doctor --json`. */
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
