export type { AccessLogOptions, AccessOutcome } from './access-log'
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
// An application can extend the interface `Register` only if it is exported by `export *`.
export * from './logger/register'
export { bunyanStream, pinoMixin, winstonFormat } from './logger/shared'
export { recordError } from './record-error'
export type { RequestIdOptions } from './request-id'
export { type ShutdownOptions, shutdown } from './shutdown'
export { addFields, getLog, getRequestId, getSpan, type Namespace, setRoute } from './store'
export type { DdFields } from './tracer/dd-fields'
export type { Span, SpanContext, Tracer } from './tracer/types'
export { recordErrors, spanlog } from './wrong-entry'
