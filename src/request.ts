import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fields, Log } from './logger'
import type { Settings } from './options'
import { type Ending, endingOf, failureOf, hasBegun } from './response-end'
import {
  activeSpan,
  exposeTrace,
  findSpan,
  type Outcome,
  setEndpoint,
  setFailure,
  setHeaders,
  setOutcome,
  setTags,
  startSpan,
} from './span'
import { keepScope, type Namespace, type RequestState, runInRequest } from './store'
import { type ErrorFields, readError } from './tags/error-fields'
import { type DdFields, ddFieldsOf } from './tracer/dd-fields'
import { finishTrace, type Span, sameTrace, type Tracer } from './tracer/internals'
import { attempt, warnOnce } from './warn'

/*
 * One request, first byte to last:
 *
 *   open  adopt the server span that dd-trace started, or start one
 *   run   the rest of the application, with the span active and the request in the async context
 *   end   the response has finished or the client has gone: the truth onto the span, and finish it
 */

/**
 * What spanlog knows of a request that it serves. It lives as long as anything that the request started, a forgotten timer too, so
 * it is small and holds no request, response or body. No subclass of anything: to make one costs twice as much.
 */
export class ServedRequest<Taken = unknown> implements RequestState {
  error: ErrorFields | undefined = undefined
  ended = false
  fields: Fields | undefined = undefined
  context: object | undefined = undefined
  scope: RequestState['scope'] = undefined
  open: RequestState['open'] = undefined
  #log: unknown = undefined
  #own: DdFields | undefined = undefined
  #inner: DdFields | undefined = undefined
  #innerSpan: Span | undefined = undefined
  #tracerScope: ReturnType<Tracer['scope']> | undefined = undefined

  constructor(
    readonly settings: Settings,
    readonly span: Span | undefined,
    /** Whether dd-trace started the span. Whoever starts a span finishes it. */
    readonly adopted: boolean,
    /** Where the adapter notes which route the framework took. */
    readonly taken: Taken,
  ) {}

  get tracer(): Tracer {
    return this.settings.tracer
  }

  get namespace(): Namespace | undefined {
    return this.settings.namespace
  }

  get service(): string | undefined {
    return this.adopted ? undefined : this.settings.lineService
  }

  /** Remembers what was thrown. The last error counts, and only if the answer is one. */
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
      return span === this.span ? this.#ownFields() : this.#innerFields(span as Span)
    } catch (error) {
      warnOnce('SPANLOG_TRACER', 'The tracer threw while a log line was written: the line has no trace ids', error)
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

  #ownFields(): DdFields | undefined {
    this.#own ??= ddFieldsOf(this.tracer, this.span, this.service)
    return this.#own
  }

  #innerFields(span: Span): DdFields | undefined {
    if (span !== this.#innerSpan) {
      this.#inner = ddFieldsOf(this.tracer, span, this.service)
      this.#innerSpan = span
    }
    return this.#inner
  }
}

/** `incoming` is what the options' callbacks are given: Express's `req`, Koa's `ctx`. */
export function open<Incoming, Taken>(
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  carrier: object | undefined,
  taken: Taken,
): ServedRequest<Taken> {
  const { skip, tags, fields } = settings
  const skipped = skip?.(incoming)
  const active = skipped ? undefined : ofTracer(activeSpan, settings as Settings)
  const found = active ? ofTracer(findSpan, active) : undefined
  const span =
    found ?? (active === undefined ? undefined : ofTracer(startSpan, settings as Settings, req, carrier, active))
  const request = new ServedRequest(settings as Settings, span, found !== undefined, taken)
  if (span && tags) ofTracer(setTags, span, tags(incoming))
  if (fields) request.fields = fields(incoming)
  return request
}

/** Before the application answers; the id is made only where somebody asks for it. */
export function expose(request: ServedRequest, res: ServerResponse): void {
  if (request.settings.traceHeader) attempt('traceHeader', () => exposeTrace(request.settings, request.dd(), res))
}

/** Koa takes all headers off before it answers an error: ours goes back on when the head is written. */
export function exposeAgain(request: ServedRequest, res: ServerResponse): void {
  if (!request.settings.traceHeader || res.headersSent || !Object.isExtensible(res)) return
  const { writeHead } = res
  res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    expose(request, this)
    return (writeHead as (...args: unknown[]) => ServerResponse).apply(this, args)
  }
}

/**
 * Runs the rest of the application.
 *
 * @param answersOutside Koa answers outside of what its middleware ran in: what the response then tells is to be heard in there
 */
// An adopted span is active already, or one of dd-trace's own below it.
export function run<T>(request: ServedRequest, next: () => T, answersOutside = false): T {
  if (request.span === undefined || request.adopted) return runInRequest(request, next)
  return runInRequest(request, activate<T>, request, next, answersOutside)
}

/** `activate` puts what is thrown through it onto the span, an answer of 200 or not; so nothing is. */
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
    warnOfTracer(error)
  }
  if (outcome === 'threw') throw value
  return outcome === 'returned' ? (value as T) : next()
}

/** Calls the tracer. One that misbehaves costs the request its span or a tag, and one warning. */
function ofTracer<Args extends unknown[], T>(fn: (...args: Args) => T, ...args: Args): T | undefined {
  try {
    return fn(...args)
  } catch (error) {
    return warnOfTracer(error)
  }
}

function warnOfTracer(error: unknown): undefined {
  warnOnce('SPANLOG_TRACER', 'The tracer threw; requests are served without what it was asked for', error)
}

/**
 * Once, whichever event comes first. For an adopted span that is before the response tells of its end, since dd-trace finishes
 * the span then.
 */
export function end(request: ServedRequest, req: IncomingMessage, res: ServerResponse, template?: string): void {
  if (request.ended) return
  request.ended = true
  request.scope = undefined // it holds what others keep in the async context, and a logger may live long
  const { span, settings } = request
  if (!span) return
  const ending = endingOf(req, res)
  ofTracer(tellOutcome, request, span, req, res, outcomeOf(ending, request.error, res, template))
  settings.onFinish?.(span, req, res)
  ofTracer(finish, request, span, ending)
}

/** The status and the error of an adopted span are dd-trace's own to judge, unless the application told us how. */
function tellOutcome(
  { settings, adopted }: ServedRequest,
  span: Span,
  req: IncomingMessage,
  res: ServerResponse,
  outcome: Outcome,
): void {
  setOutcome(span, req.method ?? 'GET', outcome, !adopted)
  if (!adopted) setEndpoint(span, settings, outcome)
  if (!adopted || outcome.error || settings.ownValidateStatus) setFailure(span, settings, outcome)
  setHeaders(span, settings, req, res)
}

/** Whoever starts a span finishes it; but nobody comes after us when the process is about to end. */
function finish(request: ServedRequest, span: Span, ending: Ending): void {
  if (ending === 'unfinished') finishTrace(span)
  else if (!request.adopted) span.finish()
}

function outcomeOf(
  ending: Ending,
  noted: ErrorFields | undefined,
  res: ServerResponse,
  template: string | undefined,
): Outcome {
  const failed = ending === 'failed'
  const status = ending === 'answered' || hasBegun(res) ? res.statusCode : unsent[ending]
  const error = noted ?? (failed ? readError(failureOf(res)) : undefined)
  return { ending, status, template, error }
}

/** Where no status was sent. 499 is nginx's word for a client that left; a request cut off by the end of the process has none. */
const unsent = { aborted: 499, failed: 500, unfinished: 0 } as const
