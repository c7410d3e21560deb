import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InnerApplication } from './frameworks/inner-application'
import type { Fields, Log } from './logger'
import { AccessLine } from './logger/access-log'
import { RequestLines } from './logger/request-lines'
import { allowTraceHeaders } from './response/cors'
import { hasFailed, isTooLate, type Outcome, readResponseEnd } from './response/response-end'
import { isAnswerable } from './response/stand-in'
import type { Settings } from './settings'
import {
  activeSpan,
  carrierOf,
  exposeTrace,
  findSpan,
  finishSpan,
  isolateBaggage,
  keepTrace,
  setTags,
  startSpan,
  writeOutcome,
} from './span'
import { type CurrentRequest, keepScope, type Namespace, runInRequest } from './store'
import { type ErrorFields, readError } from './tags/error-fields'
import { type RequestIdSettings, requestIdField, requestIdOf } from './tags/request-id'
import { pickFields } from './tags/tag-fields'
import { type DdFields, ddFieldsOf } from './tracer/dd-fields'
import { isErrorSpan, sameTrace, tieToTrace } from './tracer/internals'
import type { Span, Tracer } from './tracer/types'
import { hintContinued, hintTracer } from './warnings/hints'
import { attempt, lineTracerWarning, optionWarning, tracerWarning, warnOnce } from './warnings/warn'

/*
 * One request, first byte to last. The middleware of Express and of Koa enters here, by `serve`:
 *
 *   open  adopts the server span that dd-trace has started, or starts one
 *   run   runs the rest of the application, with the span active and the request in the async context
 *   end   when the response has ended: writes the tags that are known only then, such as route and status, and finishes the span if
 *         spanlog started it
 */

/**
 * The state of a request that spanlog serves. A forgotten timer of the request keeps this object in memory. So it is small, and holds
 * no request, response or body once the request has ended. It extends no class, because that would double the cost of making one.
 */
export class ServedRequest<Route = unknown> implements CurrentRequest {
  error: ErrorFields | undefined = undefined
  /** Whether the error came after the head was sent, while the client was still connected. */
  brokenOff = false
  /** The template that `setRoute()` gave. */
  ownRoute: string | undefined = undefined
  ended = false
  fields: Fields | undefined = undefined
  context: CurrentRequest['context'] = undefined
  scope: CurrentRequest['scope'] = undefined
  open: CurrentRequest['open'] = undefined
  id: string | undefined = undefined
  accessLine: AccessLine | undefined = undefined
  lines: RequestLines | undefined = undefined
  /** The last application that the request has entered from one of the other framework; `undefined` before that. */
  inner: InnerApplication | undefined = undefined
  #log: unknown = undefined
  #ownFields: DdFields | undefined = undefined
  #innerFields: DdFields | undefined = undefined
  #innerSpan: Span | undefined = undefined
  #tracerScope: ReturnType<Tracer['scope']> | undefined = undefined

  constructor(
    readonly settings: Settings,
    readonly span: Span | undefined,
    /** Whether dd-trace started the span. Whoever starts a span finishes it. */
    readonly adopted: boolean,
    /** Where the adapter remembers which route the framework took. */
    readonly route: Route,
  ) {}

  get tracer(): Tracer {
    return this.settings.tracer
  }

  get namespace(): Namespace | undefined {
    return this.settings.namespace
  }

  /** The service for the lines; `undefined` for the tracer's own. Always `undefined` for an adopted span, which keeps its service. */
  get service(): string | undefined {
    return this.adopted ? undefined : this.settings.lineService
  }

  /** Remembers what was thrown. The last error counts. It goes on the span only if the answer is an error. */
  noteError(error: unknown, req?: IncomingMessage, res: ServerResponse | undefined = this.open?.res): void {
    this.error = readError(error)
    const asked = req ?? res?.req
    if (this.open && res && asked) this.brokenOff = isTooLate(asked, res)
  }

  setRoute(template: string): boolean {
    if (this.settings.component === 'job') return false
    if (this.ended) return true // the resource is written, and `http.route` must agree with it
    this.ownRoute = template
    if (this.span) attempt(tracerWarning, setTags, this.span, { 'http.route': template })
    return true
  }

  /** Writes the access line of an adopted span. dd-trace has finished that span by now. */
  afterEnd(): void {
    this.accessLine?.writePending()
  }

  /** The logger of this request, made when someone first logs. */
  get log(): Log {
    this.#log ??= this.settings.bindLogger(this)
    return this.#log as Log
  }

  /** The `dd` of the line that is written now. */
  dd(): DdFields | undefined {
    try {
      const span = this.lineSpan()
      return span === this.span ? this.spanFields() : this.#fieldsOfInner(span as Span)
    } catch (error) {
      warnOnce(lineTracerWarning, error)
      return undefined
    }
  }

  /**
   * The innermost active span if it belongs to this request's trace, else the request's own: no span, or that of another request, is
   * active when the async context is lost.
   */
  lineSpan(): Span | undefined {
    if (this.span === undefined) return undefined
    this.#tracerScope ??= this.settings.tracer.scope()
    const active = this.#tracerScope.active()
    return active && sameTrace(active, this.span) ? active : this.span
  }

  /** The fields of the request's own span. */
  spanFields(): DdFields | undefined {
    this.#ownFields ??= attempt(lineTracerWarning, ddFieldsOf, this.tracer, this.span, this.service)
    return this.#ownFields
  }

  #fieldsOfInner(span: Span): DdFields | undefined {
    if (span !== this.#innerSpan) {
      this.#innerFields = ddFieldsOf(this.tracer, span, this.service)
      this.#innerSpan = span
    }
    return this.#innerFields
  }
}

/** The differences between the frameworks. `Incoming` is passed to callbacks of the options: Express's `req` or Koa's `ctx`. */
export interface Adapter<Incoming, Route> {
  /**
   * True for Koa: it writes the answer after the middleware's async context is gone. So that context is kept, and the response's
   * listeners are called in it.
   */
  readonly answersOutside: boolean
  /** Makes the object that remembers which route the framework takes. */
  newRoute(): Route
  /**
   * Ties the request to the framework's own objects, and calls `end` when the response has ended.
   *
   * @param res `undefined` where no event would report the end
   */
  attach(incoming: Incoming, res: ServerResponse | undefined, request: ServedRequest<Route>): void
}

const traceHeaderWarning = optionWarning('traceHeader')
const requestIdWarning = optionWarning('requestId')

/** On Node 26 `req.headers` throws where an application has replaced `req.rawHeaders`. */
const requestWarning = {
  code: 'SPANLOG_REQUEST',
  message: 'The headers of a request could not be read: it is served without a span',
}

/** Serves one request: starts its span, and runs the rest of the application. Returns what `next` returns. */
export function serve<Incoming, Route, T>(
  adapter: Adapter<Incoming, Route>,
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  res: ServerResponse,
  next: () => T,
): T {
  if (!attempt(requestWarning, isAnswerable, req, res)) return serveWithoutSpan(adapter, settings, incoming, next)
  const carrier = carrierOf(settings, incoming, req)
  if (carrier === undefined || !('baggage' in carrier)) {
    return serveWith(carrier, adapter, settings, incoming, req, res, next)
  }
  return isolateBaggage(() => serveWith(carrier, adapter, settings, incoming, req, res, next))
}

function serveWith<Incoming, Route, T>(
  carrier: object | undefined,
  adapter: Adapter<Incoming, Route>,
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  res: ServerResponse,
  next: () => T,
): T {
  const request = open(settings, incoming, req, res, carrier, adapter.newRoute())
  adapter.attach(incoming, res, request)
  expose(request, res)
  if (!request.adopted) allowTraceHeaders(req, res)
  return run(request, next, adapter.answersOutside)
}

/**
 * Serves a request that gets no span, for example an upgrade to a WebSocket: nothing would report its end. The logger works; its lines
 * have no ids.
 */
function serveWithoutSpan<Incoming, Route, T>(
  adapter: Adapter<Incoming, Route>,
  settings: Settings<Incoming>,
  incoming: Incoming,
  next: () => T,
): T {
  const request = new ServedRequest(settings as Settings, undefined, false, adapter.newRoute())
  if (settings.fields) request.fields = settings.fields(incoming)
  adapter.attach(incoming, undefined, request)
  return run(request, next, false)
}

function open<Incoming, Route>(
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  res: ServerResponse,
  carrier: object | undefined,
  route: Route,
): ServedRequest<Route> {
  const { skip, tags, fields } = settings
  const isSkipped = skip?.(incoming)
  const active = isSkipped ? undefined : attempt(tracerWarning, activeSpan, settings as Settings, req)
  const found = active ? attempt(tracerWarning, findSpan, active, req, res) : undefined
  const isStarted = found === undefined && active !== undefined
  const span = isStarted ? attempt(tracerWarning, startSpan, settings as Settings, req, carrier, active) : found
  const request = new ServedRequest(settings as Settings, span, found !== undefined, route)
  if (span) attempt(tracerWarning, tieToTrace, span, request)
  if (span) attempt(tracerWarning, hintTracer, span)
  if (found && settings.mayRefuse && !carrier) attempt(tracerWarning, hintContinued, found)
  if (span && tags) attempt(tracerWarning, setTags, span, tags(incoming))
  if (fields) request.fields = fields(incoming)
  if (settings.requestId) attempt(requestIdWarning, giveId, request, settings.requestId, incoming, req)
  if (settings.accessLog && !isSkipped) request.accessLine = new AccessLine(req)
  if (settings.countsLines) request.lines = linesOf(settings as Settings, span)
  return request
}

/**
 * Makes the `RequestLines` of a request. It counts the lines, holds debug lines, and with `keepOnError` keeps the trace when an error
 * line is written.
 */
export function linesOf({ debugOnError, keepOnError }: Settings, span: Span | undefined): RequestLines {
  const keep = span && keepOnError ? () => attempt(tracerWarning, keepTrace, span) : undefined
  return new RequestLines(debugOnError, keep)
}

function giveId<Incoming>(
  request: ServedRequest,
  requestId: RequestIdSettings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
): void {
  request.id = requestIdOf(requestId, incoming, req, request.settings.trust)
  request.fields = { ...request.fields, [requestIdField]: request.id }
  if (request.span) attempt(tracerWarning, setTags, request.span, { [requestIdField]: request.id })
}

/** Sets the headers of the options `traceHeader` and `requestId`, before the application answers. */
export function expose(request: ServedRequest, res: ServerResponse): void {
  const { settings, id } = request
  if (settings.traceHeader) attempt(traceHeaderWarning, exposeTrace, settings, request.spanFields(), res)
  if (id !== undefined && settings.requestId) attempt(requestIdWarning, exposeId, settings.requestId.header, id, res)
}

function exposeId(header: string, id: string, res: ServerResponse): void {
  if (!res.headersSent) res.setHeader(header, id)
}

/** Runs a job as part of its span. */
export function runInSpan<T>(request: ServedRequest, fn: () => T): T {
  return run(request, fn, false)
}

/** Runs the rest of the application. An adopted span, or one below it, is active already, so it is not activated again. */
function run<T>(request: ServedRequest, next: () => T, answersOutside: boolean): T {
  if (request.span === undefined || request.adopted) return runInRequest(request, next)
  return runInRequest(request, activate<T>, request, next, answersOutside)
}

/**
 * `scope().activate()` marks the span as an error when its callback throws, even if the application answers 200. So catch inside
 * and rethrow outside.
 */
function activate<T>(request: ServedRequest, next: () => T, answersOutside: boolean): T {
  let outcome: 'returned' | 'threw' | undefined
  let value: unknown
  const handle = () => {
    try {
      if (answersOutside) keepScope(request)
      value = next()
      outcome = 'returned'
    } catch (error) {
      value = error
      outcome = 'threw'
    }
  }
  try {
    request.tracer.scope().activate(request.span as never, handle)
  } catch (error) {
    warnOnce(tracerWarning, error)
  }
  if (outcome === 'threw') throw value
  return outcome === 'returned' ? (value as T) : next()
}

/**
 * Ends the request at the first event that reports its end; later calls do nothing. An adopted span must be complete before the
 * response emits its end, because dd-trace then finishes it. Tags that are written later are lost.
 *
 * @param incoming is passed to callbacks of the options
 */
export function end(
  request: ServedRequest,
  req: IncomingMessage,
  res: ServerResponse,
  template: string | undefined,
  incoming: unknown,
): void {
  if (request.ended) return
  request.ended = true
  const taken = request.ownRoute ?? request.inner?.template() ?? template
  request.inner = undefined
  request.scope = undefined // a logger may live long, and the scope keeps everything in the async context alive
  const { span, settings, accessLine } = request
  if (!span && !accessLine && !request.lines) return
  const outcome = outcomeOf(request, req, res, taken)
  if (span) {
    attempt(tracerWarning, writeOutcome, span, settings, request.adopted, req, res, outcome)
    if (settings.tagFields) attempt(tracerWarning, setTags, span, pickFields(request.fields, settings.tagFields))
    settings.onFinish?.(span, req, res, incoming)
  }
  if (settings.keepOnError || settings.debugOnError) closeLines(request, isFailed(request, outcome))
  const finishTime = accessLine?.end(request, incoming, req, res, outcome)
  if (span) attempt(tracerWarning, finishSpan, span, request.adopted, outcome, finishTime)
}

/** Whether the request failed. dd-trace marks its own span as an error only when it finishes it, so the status is read too. */
function isFailed({ span, settings }: ServedRequest, outcome: Outcome): boolean {
  if (hasFailed(outcome, settings)) return true
  return (span && attempt(tracerWarning, isErrorSpan, span)) ?? false
}

/** Keeps the trace of a failed request, and writes or drops the lines that were held for it. */
export function closeLines({ span, settings, lines }: ServedRequest, failed: boolean): void {
  if (failed && span && settings.keepOnError) attempt(tracerWarning, keepTrace, span)
  lines?.end(failed)
}

function outcomeOf(
  request: ServedRequest,
  req: IncomingMessage,
  res: ServerResponse,
  template: string | undefined,
): Outcome {
  const { ending, status, isSent, failure } = readResponseEnd(req, res, request.brokenOff)
  const error = request.error ?? (ending === 'failed' ? readError(failure) : undefined)
  return { ending, status, isSent, template, error }
}
