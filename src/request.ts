import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fields, Log } from './logger'
import { readResponseEnd } from './response-end'
import type { Settings } from './settings'
import {
  activeSpan,
  carrierOf,
  exposeTrace,
  findSpan,
  finishSpan,
  isolateBaggage,
  type Outcome,
  setTags,
  startSpan,
  writeOutcome,
} from './span'
import { type CurrentRequest, keepScope, type Namespace, runInRequest } from './store'
import { type ErrorFields, readError } from './tags/error-fields'
import { type DdFields, ddFieldsOf } from './tracer/dd-fields'
import { sameTrace } from './tracer/internals'
import type { Span, Tracer } from './tracer/types'
import { attempt, lineTracerWarning, optionWarning, tracerWarning, warnOnce } from './warn'

/*
 * One request, first byte to last. The middleware of Express and of Koa enters here, by `serve`:
 *
 *   open  adopts the server span that dd-trace has started, or starts one
 *   run   runs the rest of the application, with the span active and the request in the async context
 *   end   writes on the span what only the end of the response can tell, and finishes it
 */

/**
 * What spanlog knows of a request that it serves. It lives as long as anything that the request started, a forgotten timer too, so
 * it is small and holds no request, response or body. It extends no class: that would double the cost of making one.
 */
export class ServedRequest<Route = unknown> implements CurrentRequest {
  error: ErrorFields | undefined = undefined
  ended = false
  fields: Fields | undefined = undefined
  context: CurrentRequest['context'] = undefined
  scope: CurrentRequest['scope'] = undefined
  open: CurrentRequest['open'] = undefined
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

  /** The service on the lines, where it is not the tracer's. An adopted span keeps its own. */
  get service(): string | undefined {
    return this.adopted ? undefined : this.settings.lineService
  }

  /** Remembers what was thrown. The last error counts, and only if the answer is an error. */
  noteError(error: unknown): void {
    this.error = readError(error)
  }

  /** The logger of this request, made when someone first logs. */
  get log(): Log {
    this.#log ??= this.settings.bindLogger(this)
    return this.#log as Log
  }

  /** What the line that is written now is linked to. */
  dd(): DdFields | undefined {
    try {
      const span = this.lineSpan()
      return span === this.span ? this.#fieldsOfRequest() : this.#fieldsOfInner(span as Span)
    } catch (error) {
      warnOnce(lineTracerWarning, error)
      return undefined
    }
  }

  /** The innermost active span if it belongs to this request's trace, else the request's own: the context may be lost or another's. */
  lineSpan(): Span | undefined {
    if (this.span === undefined) return undefined
    this.#tracerScope ??= this.settings.tracer.scope()
    const active = this.#tracerScope.active()
    return active && sameTrace(active, this.span) ? active : this.span
  }

  #fieldsOfRequest(): DdFields | undefined {
    this.#ownFields ??= ddFieldsOf(this.tracer, this.span, this.service)
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

/** What differs between frameworks. `Incoming` is what the options' callbacks are given: Express's `req`, Koa's `ctx`. */
export interface Adapter<Incoming, Route> {
  /** Koa answers outside of the context in which its middleware ran. Then the response's listeners are called in there. */
  readonly answersOutside: boolean
  /** Where the route that the framework takes is remembered. */
  newRoute(): Route
  /** Ties the request to the framework's own objects, and lets `end` be called when the response has ended. */
  attach(incoming: Incoming, res: ServerResponse, request: ServedRequest<Route>): void
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
  const request = open(settings, incoming, req, carrier, adapter.newRoute())
  adapter.attach(incoming, res, request)
  expose(request, res)
  return run(request, next, adapter.answersOutside)
}

function open<Incoming, Route>(
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  carrier: object | undefined,
  route: Route,
): ServedRequest<Route> {
  const { skip, tags, fields } = settings
  const isSkipped = skip?.(incoming)
  const active = isSkipped ? undefined : attempt(tracerWarning, activeSpan, settings as Settings)
  const found = active ? attempt(tracerWarning, findSpan, active) : undefined
  const isStarted = found === undefined && active !== undefined
  const span = isStarted ? attempt(tracerWarning, startSpan, settings as Settings, req, carrier, active) : found
  const request = new ServedRequest(settings as Settings, span, found !== undefined, route)
  if (span && tags) attempt(tracerWarning, setTags, span, tags(incoming))
  if (fields) request.fields = fields(incoming)
  return request
}

const traceHeaderWarning = optionWarning('traceHeader')

/** Sets the `traceHeader`, before the application answers. The id is made only where somebody asks for it. */
export function expose(request: ServedRequest, res: ServerResponse): void {
  if (request.settings.traceHeader) attempt(traceHeaderWarning, exposeTrace, request.settings, request.dd(), res)
}

/** Runs the rest of the application. An adopted span is active already, or one of dd-trace's own below it is. */
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
 * Ends the request once, whichever event comes first. For an adopted span that is before the listeners of the response hear of
 * its end, since dd-trace finishes the span then.
 */
export function end(request: ServedRequest, req: IncomingMessage, res: ServerResponse, template?: string): void {
  if (request.ended) return
  request.ended = true
  request.scope = undefined // a logger may live long, and the scope holds all that others keep in the async context
  const { span, settings } = request
  if (!span) return
  const outcome = outcomeOf(request, req, res, template)
  attempt(tracerWarning, writeOutcome, span, settings, request.adopted, req, res, outcome)
  settings.onFinish?.(span, req, res)
  attempt(tracerWarning, finishSpan, span, request.adopted, outcome)
}

function outcomeOf(
  request: ServedRequest,
  req: IncomingMessage,
  res: ServerResponse,
  template: string | undefined,
): Outcome {
  const { ending, status, failure } = readResponseEnd(req, res)
  const error = request.error ?? (ending === 'failed' ? readError(failure) : undefined)
  return { ending, status, template, error }
}
