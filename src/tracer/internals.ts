import { channel } from 'node:diagnostics_channel'
import type { Span, SpanContext, Tracer } from './types'

// What spanlog asks of dd-trace for which there is no public method. A new major version of dd-trace is checked against this file.

const requestKey = Symbol.for('spanlog.request')

interface Internals extends SpanContext {
  _trace?: { started?: Span[]; isRecording?: boolean; [requestKey]?: object }
  _parentId?: { toString(radix?: number): string } | null
  _spanId?: unknown
  _isFinished?: boolean
  _isRemote?: boolean
  _links?: unknown[]
  _tags?: { [key: string]: unknown }
  getTag?(key: string): unknown
}

const internals = (span: Span) => span.context() as Internals

/**
 * The one tracer of this process. dd-trace keeps it on a global of its own, so a second copy of the package gives the same.
 * Loaded when a middleware is made, never when spanlog is imported.
 */
export function defaultTracer(): Tracer {
  return loadedTracer() ?? (require('dd-trace') as Tracer)
}

/** The tracer, if the application has loaded it. */
export function loadedTracer(): Tracer | undefined {
  return (globalThis as { _ddtrace?: Tracer })._ddtrace
}

/** Whether two spans belong to the same piece of a trace in this process: a shared trace id can span several requests. */
export function sameTrace(one: Span, other: Span): boolean {
  if (one === other) return true
  const trace = internals(one)._trace
  if (trace !== undefined) return trace === internals(other)._trace
  return one.context().toTraceId() === other.context().toTraceId()
}

/** Lets a trace lead back to the request that it belongs to: a property of the object that all its spans in this process share. */
export function tieToTrace(span: Span, request: object): void {
  const trace = internals(span)._trace
  if (trace) trace[requestKey] = request
}

/** The request that a span's trace belongs to. */
export function tiedTo(span: Span): object | undefined {
  return internals(span)._trace?.[requestKey]
}

/** A request that the application's own filter dropped still has a span, whose ids will never exist in Datadog. */
export function isDropped(span: Span): boolean {
  return internals(span)._trace?.isRecording === false
}

/** Whether a span has ended. */
export function isFinished(span: Span): boolean {
  return internals(span)._isFinished === true
}

/** What `extract` found beside the context that it chose: the links of the span to come. dd-trace's own integrations pass them on too. */
export function linksOf(context: SpanContext | undefined): unknown[] | undefined {
  const { _isRemote, _links } = (context ?? {}) as Internals
  return _isRemote && _links?.length ? _links : undefined
}

/** The decimal id of a span's parent, `'0'` for a root; `undefined` where the tracer does not say. */
export function parentIdOf(span: Span): string | undefined {
  const context = internals(span)
  return '_parentId' in context ? (context._parentId?.toString(10) ?? '0') : undefined
}

/** A tag of a span as it stands. */
export function tagOf(span: Span, key: string): unknown {
  const context = internals(span)
  return context.getTag ? context.getTag(key) : context._tags?.[key]
}

/**
 * Whether dd-trace makes the resource of its own span when it finishes it: from `http.route`, which its own hook may set after us.
 * Versions without `getTag` overwrite a route that we know with their own, so there the resource has to be ours.
 */
export function makesResource(span: Span, route: unknown): boolean {
  return tagOf(span, 'component') !== undefined && (!route || 'getTag' in internals(span))
}

/**
 * The open server span that dd-trace's integrations started for this request. The active span is one of their middleware
 * spans below it, so climb; a partial flush may have taken a span out of the middle, then take the last that fits.
 */
export function serverSpanOf(active: Span): Span | undefined {
  const started = internals(active)._trace?.started
  if (!Array.isArray(started)) return isOpenServerSpan(active) ? active : undefined
  for (let span: Span | undefined = active; span; span = parentOf(span, started)) {
    if (isOpenServerSpan(span)) return span
  }
  return started.findLast(isOpenServerSpan)
}

function parentOf(span: Span, started: Span[]): Span | undefined {
  const parentId = internals(span)._parentId
  if (!parentId) return undefined
  return started.find(other => sameId(internals(other)._spanId, parentId))
}

const sameId = (one: unknown, other: unknown) => one === other || String(one) === String(other)

function isOpenServerSpan(span: Span): boolean {
  return !isFinished(span) && tagOf(span, 'span.kind') === 'server' && tagOf(span, 'span.type') === 'web'
}

/** Ends what is open in a span's trace, the inner first: dd-trace sends a trace when all of it has ended. */
export function finishTrace(span: Span, finishTime?: number): void {
  for (const started of [span, ...(internals(span)._trace?.started ?? [])].reverse()) {
    if (!isFinished(started)) started.finish(finishTime)
  }
}

/** Whether a span is an error. */
export function isErrorSpan(span: Span): boolean {
  return Boolean(tagOf(span, 'error') || tagOf(span, 'error.message'))
}

/** What dd-trace measures a span with, in milliseconds. */
interface Timed {
  _startTime?: number
  _duration?: number
  _getTime?(): number
}

/** The time now, by the clock of a span: what `finish()` would take. */
export function finishTimeOf(span: Span): number | undefined {
  return (span as Timed)._getTime?.()
}

/** How long a span took, in milliseconds, or will have taken if it finishes at that time. */
export function durationOf(span: Span, finishTime: number | undefined): number | undefined {
  const { _duration, _startTime } = span as Timed
  if (_duration !== undefined) return _duration
  return finishTime !== undefined && _startTime !== undefined ? finishTime - _startTime : undefined
}

/** What `_tracer` of dd-trace 5 and 6 exports spans with. */
interface Exporter {
  export?(spans: Span[]): void
  flush?(done: () => void): void
}

/**
 * Sends the finished spans at once and resolves when the agent has answered; dd-trace has no public call for it. Where there is
 * nothing left to send, earlier spans may still be on their way: an empty trace goes after them on the same connection.
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

/** Where dd-trace hands pino's lines to its log injection; the first name is that of older versions. */
const pinoLines = [channel('apm:pino:log'), channel('apm:pino:log:json')] as const

/** Whether dd-trace puts ids of its own on pino's lines now. Its wrapper is there in any case. */
export function injectsIntoPino(): boolean {
  return pinoLines[0].hasSubscribers || pinoLines[1].hasSubscribers
}
