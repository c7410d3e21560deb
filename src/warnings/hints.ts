import type { ServerResponse } from 'node:http'
import { isContinued, isNoop } from '../tracer/internals'
import type { Span } from '../tracer/types'
import { isOfFastify } from './no-route'
import { type Warning, warnOnce } from './warn'

// Warnings about a set-up that loses spans or ids. Each message contains the correction. After the first request they cost nothing.

const noTracer: Warning = {
  code: 'SPANLOG_NO_TRACER',
  message:
    'dd-trace is not running, so there are no spans and no ids on lines. Call `tracer.init()` before the first request or job (dd-trace 6 needs Node 22), or set DD_TRACE_ENABLED=false to say that you want none.',
}

let isTracerKnown = false

/** Warns at the first request or job if the tracer was never started: its spans do nothing. */
export function hintTracer(span: Span): void {
  if (isTracerKnown) return
  isTracerKnown = true
  if (isNoop(span) && !isSwitchedOff(process.env)) warnOnce(noTracer)
}

/** Whether the user switched dd-trace off on purpose, by the variables that dd-trace reads. */
function isSwitchedOff({ DD_TRACE_ENABLED, DD_TRACING_ENABLED, OTEL_TRACES_EXPORTER }: NodeJS.ProcessEnv): boolean {
  return /^(?:false|0)$/i.test(DD_TRACE_ENABLED ?? DD_TRACING_ENABLED ?? '') || OTEL_TRACES_EXPORTER === 'none'
}

const continued: Warning = {
  code: 'SPANLOG_CALLER_CONTINUED',
  message:
    '`trustIncoming` refuses a caller, but dd-trace has started the span of the request and has continued the trace of the caller. Set DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT=ignore, so that dd-trace continues no trace.',
}

/** Warns if a caller that is not trusted has chosen the trace of a span that dd-trace started. */
export function hintContinued(span: Span): void {
  if (isContinued(span)) warnOnce(continued)
}

const unrecorded: Warning = {
  code: 'SPANLOG_UNRECORDED_ERROR',
  message:
    'A request was answered with 5xx, and spanlog does not know the error. Mount `app.use(recordErrors())` after the routes, before your own error handlers, or call `recordError(error)`.',
}

const unrecordedInFastify: Warning = {
  code: unrecorded.code,
  message:
    "A request was answered with 5xx, and spanlog does not know the error: Fastify answers it itself. Write `fastify.addHook('onError', (request, reply, error, done) => { recordError(error); done() })`.",
}

let areErrorsRecorded = false

/** Call this when the application records errors: then `hintUnrecorded` never warns. */
export function errorsAreRecorded(): void {
  areErrorsRecorded = true
}

/** Warns when an Express request ended with 5xx and no error was recorded for it. */
export function hintUnrecorded(res: ServerResponse, error: unknown): void {
  if (areErrorsRecorded || error !== undefined || res.statusCode < 500) return
  warnOnce(isOfFastify(res.req) ? unrecordedInFastify : unrecorded)
}

const replaced: Warning = {
  code: 'SPANLOG_LOG_REPLACED',
  message:
    'Other code assigns the `log` of a request, so its lines carry no ids. Remove the other request logger, or use `getLog()`.',
}

/** Warns of another request logger, such as pino-http or koa-pino-logger. */
export function hintReplaced(): void {
  warnOnce(replaced)
}

const twoLoggers: Warning = {
  code: 'SPANLOG_TWO_LOGGERS',
  message:
    'Two `spanlog()` with different loggers serve the same request. The logger of the first one is used. Mount `spanlog()` once.',
}

export function hintTwoLoggers(one: unknown, other: unknown): void {
  if (one !== other) warnOnce(twoLoggers)
}

/** Warns if most routes are declared before our middleware: their requests have no span. A health check may be declared there. */
export function hintMountedLate(before: number, after: number): void {
  if (before <= after) return
  warnOnce({
    code: 'SPANLOG_MOUNTED_LATE',
    message: `${before} of ${before + after} routes are declared before \`spanlog()\`: their requests have no span and no \`req.log\`. Mount it before the routes.`,
  })
}
