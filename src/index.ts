export { type Correlation, correlate } from './correlate'
export { type JobInput, type JobOptions, jobRunner, type RunJob } from './job'
export {
  type AnyLog,
  type ConsoleLevel,
  type ConsoleLogger,
  type ConsoleLoggerOptions,
  consoleLogger,
  type Fields,
  type Log,
  type LoggerOption,
} from './logger'
export type { AccessLogOptions, AccessOutcome } from './logger/access-log'
// An application can extend the interface `Register` only if it is exported by `export *`.
export * from './logger/register'
export { bunyanStream, pinoMixin, winstonFormat } from './logger/shared'
export { type ShutdownOptions, shutdown } from './shutdown'
export { addFields, getLog, getRequestId, getSpan, type Namespace, recordError, setRoute } from './store'
export type { RequestIdOptions } from './tags/request-id'
export type { DdFields } from './tracer/dd-fields'
export type { Span, SpanContext, Tracer } from './tracer/types'
export { recordErrors, spanlog } from './warnings/wrong-entry'
