import { channel } from 'node:diagnostics_channel'
import type { Span, SpanContext, Tracer } from './types'

// Everything that spanlog reads of dd-trace without a public method. Check this file when a new major version of dd-trace appears.

const requestKey = Symbol.for('spanlog.request')

interface Internals extends SpanContext {
  _trace?: { started?: Span[]; isRecording?: boolean; [requestKey]?: Tied }
  _parentId?: { toString(radix?: number): string } | null
  _spanId?: unknown
  _isFinished?: boolean
  _isRemote?: boolean
  _links?: unknown[]
  _tags?: { [key: string]: unknown }
  getTag?(key: string): unknown
  getTags?(): { [key: string]: unknown }
}

const internals = (span: Span) => span.context() as Internals

/**
 * The one tracer of this process. dd-trace keeps it on `globalThis`, so a second copy of dd-trace returns the same. It is loaded when a
 * middleware is made, never when spanlog is imported.
 */
export function defaultTracer(): Tracer {
  return loadedTracer() ?? (require('dd-trace') as Tracer)
}

/** The tracer, if the application has loaded it. */
export function loadedTracer(): Tracer | undefined {
  return (globalThis as { _ddtrace?: Tracer })._ddtrace
}

/**
 * Whether two spans are in the same local part of a trace. The trace id is not enough: several requests of one trace may come to
 * this process.
 */
export function sameTrace(one: Span, other: Span): boolean {
  if (one === other) return true
  const trace = internals(one)._trace
  if (trace !== undefined) return trace === internals(other)._trace
  return one.context().toTraceId() === other.context().toTraceId()
}

/** The part of a request that is read from its trace. */
export interface Tied {
  readonly span: Span | undefined
  readonly ended: boolean
}

/**
 * Keeps the request on its trace, so that any span leads to it. All spans of a trace in this process share that object. If an outer
 * request is still open on it, the outer one stays.
 */
export function tieToTrace(span: Span, request: Tied): void {
  const trace = internals(span)._trace
  if (trace && trace[requestKey]?.ended !== false) trace[requestKey] = request
}

/** The request that a span's trace belongs to. */
export function tiedTo(span: Span): Tied | undefined {
  return internals(span)._trace?.[requestKey]
}

/** Whether the span is never sent to Datadog: the application's blocklist for dd-trace names this request. */
export function isDropped(span: Span): boolean {
  return internals(span)._trace?.isRecording === false
}

/** Whether a span is from a tracer that does not run: dd-trace before `init()`, or switched off. */
export function isNoop(span: Span): boolean {
  return internals(span)._trace?.started?.length === 0
}

/** Whether a span has ended. */
export function isFinished(span: Span): boolean {
  return internals(span)._isFinished === true
}

/** The links for a new span: other contexts that `extract` found. dd-trace's own integrations pass them to their spans too. */
export function linksOf(context: SpanContext | undefined): unknown[] | undefined {
  const { _isRemote, _links } = (context ?? {}) as Internals
  return _isRemote && _links?.length ? _links : undefined
}

/** The decimal id of a span's parent, `'0'` for a root; `undefined` where the tracer does not keep it. */
export function parentIdOf(span: Span): string | undefined {
  const context = internals(span)
  return '_parentId' in context ? (context._parentId?.toString(10) ?? '0') : undefined
}

/** Whether the entry span of this process continues the trace of a caller. */
export function isContinued(span: Span): boolean {
  const { _trace, _parentId } = internals(span)
  return Boolean(_parentId) && _trace?.started?.[0] === span
}

/** All tags that a span has now. */
export function tagsOf(span: Span): Readonly<Record<string, unknown>> {
  const context = internals(span)
  return context.getTags?.() ?? context._tags ?? {}
}

/** The current value of a tag. */
export function tagOf(span: Span, key: string): unknown {
  const context = internals(span)
  return context.getTag ? context.getTag(key) : context._tags?.[key]
}

/**
 * Whether dd-trace makes the resource when it finishes its own span, from `http.route`, which the application's hook for dd-trace may
 * still change. Versions without `getTag` replace our route by their own, so for these we set the resource.
 */
export function makesResource(span: Span, route: unknown): boolean {
  return tagOf(span, 'component') !== undefined && (!route || 'getTag' in internals(span))
}

/**
 * The open server span that dd-trace's integrations started for this request. The active span may be one of their middleware spans
 * below it, so follow the parents. A partial flush may have removed a parent. Then the last open server span is returned.
 */
export function serverSpanOf(active: Span): Span | undefined {
  const started = internals(active)._trace?.started
  if (!Array.isArray(started)) return isOpenServerSpan(active) ? active : undefined
  for (let span: Span | undefined = active; span; span = parentSpanOf(span, started)) {
    if (isOpenServerSpan(span)) return span
  }
  return started.findLast(isOpenServerSpan)
}

function parentSpanOf(span: Span, started: Span[]): Span | undefined {
  const parentId = internals(span)._parentId
  if (!parentId) return undefined
  return started.find(other => sameId(internals(other)._spanId, parentId))
}

const sameId = (one: unknown, other: unknown) => one === other || String(one) === String(other)

function isOpenServerSpan(span: Span): boolean {
  return !isFinished(span) && tagOf(span, 'span.kind') === 'server' && tagOf(span, 'span.type') === 'web'
}

/** Finishes all open spans of a span's trace, the inner ones first: dd-trace sends a trace when all of its spans have finished. */
export function finishTrace(span: Span, finishTime?: number): void {
  for (const started of [span, ...(internals(span)._trace?.started ?? [])].reverse()) {
    if (!isFinished(started)) started.finish(finishTime)
  }
}

/** Whether a span is an error. */
export function isErrorSpan(span: Span): boolean {
  return Boolean(tagOf(span, 'error') || tagOf(span, 'error.message'))
}

/** The times of a span of dd-trace, in milliseconds. */
interface Timed {
  _startTime?: number
  _duration?: number
  _getTime?(): number
}

/** The current time by the clock of a span: the time that `finish()` would use. */
export function finishTimeOf(span: Span): number | undefined {
  return (span as Timed)._getTime?.()
}

/** The duration of a span in milliseconds. For an open span, the duration if it finishes at `finishTime`. */
export function durationOf(span: Span, finishTime: number | undefined): number | undefined {
  const { _duration, _startTime } = span as Timed
  if (_duration !== undefined) return _duration
  return finishTime !== undefined && _startTime !== undefined ? finishTime - _startTime : undefined
}

/** The exporter of dd-trace 5 and 6. */
interface Exporter {
  export?(spans: Span[]): void
  flush?(done: () => void): void
}

/**
 * Sends the finished spans at once and resolves when the agent has answered. dd-trace has no public method for it. If nothing is left
 * to send, the answer for earlier spans may still be missing. So send an empty trace after them, and wait for its answer.
 */
export async function flushSpans(tracer: Tracer): Promise<void> {
  const exporter = (tracer as { _tracer?: { _exporter?: Exporter } })._tracer?._exporter
  if (!exporter || (await flushed(exporter))) return
  exporter.export?.([])
  await flushed(exporter)
}

/** Resolves to whether there was anything to send. */
function flushed(exporter: Exporter): Promise<boolean> {
  return new Promise(resolve => {
    let sent = false
    exporter.flush?.(() => resolve(sent))
    sent = true
    if (!exporter.flush) resolve(true)
  })
}

/** The channels by which dd-trace injects ids into pino's lines. The first is that of older versions. */
const pinoLines = [channel('apm:pino:log'), channel('apm:pino:log:json')] as const

/** Whether dd-trace's log injection for pino is on. */
export function injectsIntoPino(): boolean {
  return pinoLines[0].hasSubscribers || pinoLines[1].hasSubscribers
}
