import type { ServerResponse } from 'node:http'
import { isNoop } from './tracer/internals'
import type { Span } from './tracer/types'
import { type Warning, warnOnce } from './warn'

// Warnings about an application that is put together in a way that loses spans or ids, each with what to type instead. None of them
// costs a request anything after the first.

const noTracer: Warning = {
  code: 'SPANLOG_NO_TRACER',
  message:
    'dd-trace is not running, so there are no spans and no ids on lines. Call `tracer.init()` before the first request, or set DD_TRACE_ENABLED=false to say that you want none.',
}

let isTracerKnown = false

/** At the first request: a tracer that nobody has started gives spans that do nothing. */
export function hintTracer(span: Span): void {
  if (isTracerKnown) return
  isTracerKnown = true
  if (isNoop(span) && !isSwitchedOff(process.env)) warnOnce(noTracer)
}

/** The variables by which dd-trace is switched off on purpose (dd-trace's config). */
function isSwitchedOff({ DD_TRACE_ENABLED, DD_TRACING_ENABLED, OTEL_TRACES_EXPORTER }: NodeJS.ProcessEnv): boolean {
  return /^(?:false|0)$/i.test(DD_TRACE_ENABLED ?? DD_TRACING_ENABLED ?? '') || OTEL_TRACES_EXPORTER === 'none'
}

const unrecorded: Warning = {
  code: 'SPANLOG_UNRECORDED_ERROR',
  message:
    'A request was answered with 5xx, and its error is not known. Mount `app.use(recordErrors())` after the routes, before your own error handlers, or call `recordError(error)`.',
}

let areErrorsRecorded = false

/** Called by what records errors. */
export function errorsAreRecorded(): void {
  areErrorsRecorded = true
}

/** When an Express request has ended: the error that its handler threw never came to us. */
export function hintUnrecorded(res: ServerResponse, error: unknown): void {
  if (!areErrorsRecorded && error === undefined && res.statusCode >= 500) warnOnce(unrecorded)
}

const replaced: Warning = {
  code: 'SPANLOG_LOG_REPLACED',
  message:
    'Something else assigns the `log` of a request, so its lines carry no ids. Remove the other request logger, or use `getLog()`.',
}

/** Another request logger, such as pino-http or koa-pino-logger, stands beside spanlog. */
export function hintReplaced(): void {
  warnOnce(replaced)
}

const twoLoggers: Warning = {
  code: 'SPANLOG_TWO_LOGGERS',
  message:
    'Two `spanlog()` with different loggers stand in the way of one request. The first one writes its lines; mount it once.',
}

export function hintTwoLoggers(one: unknown, other: unknown): void {
  if (one !== other) warnOnce(twoLoggers)
}

/** Routes that stand before our middleware answer without a span. A health check may; most routes do not. */
export function hintMountedLate(before: number, after: number): void {
  if (before <= after) return
  warnOnce({
    code: 'SPANLOG_MOUNTED_LATE',
    message: `${before} of ${before + after} routes are declared before \`spanlog()\`: their requests have no span and no \`req.log\`. Mount it before the routes.`,
  })
}
