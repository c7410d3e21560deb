import type { IncomingHttpHeaders } from 'node:http'
import { checkJobOptions } from './check-options'
import type { Fields, LoggerOption } from './logger'
import { AccessLine, type AccessLogOptions } from './logger/access-log'
import { closeLines, linesOf, runInSpan, ServedRequest } from './request'
import { openUntilEnd, responseEnded } from './response/response-end'
import { readOptions, type Settings } from './settings'
import { finishSpan, isolateBaggage, setError, setTags } from './span'
import type { Namespace } from './store'
import { pickFields } from './tags/tag-fields'
import { traceHeaders } from './tracer/trace-headers'
import type { Span, Tracer } from './tracer/types'
import { describe } from './warnings/describe'
import { hintTracer } from './warnings/hints'
import { attempt, isPromiseLike, tracerWarning } from './warnings/warn'

/** Options of `jobRunner()`. Each means the same as the option of that name in `spanlog()`. */
export interface JobOptions {
  /** @default consoleLogger() */
  readonly logger?: LoggerOption
  /** @default the `dd-trace` singleton */
  readonly tracer?: Tracer
  /** @default the tracer's (DD_SERVICE) */
  readonly service?: string
  /** Tags of each job's span: an object, or a function of the job's name. @default none */
  readonly tags?: Fields | ((name: string) => Fields)
  /** Fields of each line of a job: a function of the job's name. @default none */
  readonly fields?: (name: string) => Fields
  /** @default AsyncLocalStorage alone */
  readonly namespace?: Namespace | string
  /** @default none */
  readonly tagFields?: readonly string[]
  /** @default false */
  readonly keepOnError?: boolean
  /** @default false */
  readonly debugOnError?: boolean | number | { readonly lines?: number; readonly bytes?: number }
  /** Writes one line per job, when it has ended. @default false */
  readonly accessLog?: boolean | Pick<AccessLogOptions, 'level'>
}

/** Options of a single job. */
export interface JobInput {
  /**
   * The headers of the message that caused the job: an object, a Map or fetch's `Headers`; values may be bytes. The job continues the
   * trace that they name.
   * @default a new trace
   */
  readonly carrier?: object
  /** More tags on this job's span. @default none */
  readonly tags?: Fields
}

/**
 * Runs `fn` as a job. Returns what `fn` returns and throws what `fn` throws. For a promise, or a query that runs when it is awaited,
 * it returns a promise of the same result.
 *
 * @param name the kind of job. It becomes the resource of the span, so do not put ids into it: each id would make a new resource
 */
export type RunJob = <T>(name: string, fn: () => T, input?: JobInput) => T

/**
 * Gives work without a request its own span and logger: the consumer of a queue, a timer, an event of a socket. Each job has a
 * `job.run` span, and `getLog()`, `addFields()` and `getSpan()` work in it.
 *
 * @example
 * const runJob = jobRunner({ logger })
 * await runJob('send-email', async () => { getLog().info('sending') })
 * @throws TypeError for wrong options, with what to type instead
 */
export function jobRunner(options: JobOptions = {}): RunJob {
  checkJobOptions(options)
  const settings = readOptions(options as never, 'job') as Settings<string>
  return (name, fn, input) => {
    checkJob(name, fn)
    const carrier = input?.carrier && attempt(carrierWarning, readCarrier, input.carrier)
    const run = () => runJob(settings, name, fn, carrier, input?.tags)
    return carrier ? isolateBaggage(run) : run()
  }
}

function checkJob(name: unknown, fn: unknown): void {
  if (typeof name === 'string' && name !== '' && typeof fn === 'function') return
  throw new TypeError(
    `Expected a name and a function, as in \`runJob('send-email', async () => …)\`, got ${describe(name)} and ${describe(fn)}.`,
  )
}

const carrierWarning = {
  code: 'SPANLOG_CARRIER',
  message: 'The `carrier` of a job could not be read: the job begins a new trace',
}

/** The trace context of a message. A carrier may be an object, a Map or fetch's `Headers`, with names in any case. */
function readCarrier(carrier: object): object | undefined {
  const entries: Iterable<[string, unknown]> = isIterable(carrier) ? carrier : Object.entries(carrier)
  const headers: { [name: string]: unknown } = {}
  for (const [name, value] of entries) headers[String(name).toLowerCase()] = textOf(value)
  return traceHeaders(headers as IncomingHttpHeaders)
}

const isIterable = (carrier: object): carrier is Iterable<[string, unknown]> => Symbol.iterator in carrier

/** Some queues pass a value as bytes. Kafka passes a list, where a header was sent more than once. */
function textOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? textOf(value[0]) : value
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value
}

function runJob<T>(settings: Settings<string>, name: string, fn: () => T, carrier?: object, tags?: Fields): T {
  const span = attempt(tracerWarning, startJobSpan, settings, name, carrier)
  const job = new ServedRequest(settings as Settings, span, false, undefined)
  if (span) attempt(tracerWarning, hintTracer, span)
  if (span) attempt(tracerWarning, setJobTags, span, settings.tags?.(name), tags)
  if (settings.fields) job.fields = settings.fields(name)
  if (settings.accessLog) job.accessLine = new AccessLine(undefined)
  if (settings.countsLines) job.lines = linesOf(settings as Settings, span)
  job.open = openUntilEnd(() => endJob(job, name, 'unfinished'))
  return runInSpan(job, () => endAfter(job, name, fn))
}

function setJobTags(span: Span, tags: Fields | undefined, ofThisJob: Fields | undefined): void {
  setTags(span, { ...tags, ...ofThisJob })
}

/**
 * Ends the job when `fn` has returned or its promise has settled. For a promise it returns a new one, which settles after the end of
 * the job. If that one has no handler, Node reports its rejection, as it would without us. `then` is called only once, and in the
 * span: a query builder such as knex sends its query at each call.
 */
function endAfter<T>(job: ServedRequest, name: string, fn: () => T): T {
  const succeed = (value: unknown) => {
    endJob(job, name, 'answered')
    return value
  }
  const fail = (error: unknown) => {
    job.noteError(error)
    endJob(job, name, 'failed')
    throw error
  }
  let result: T
  try {
    result = fn()
  } catch (error) {
    return fail(error)
  }
  return (isPromiseLike(result) ? Promise.resolve(result).then(succeed, fail) : succeed(result)) as T
}

function startJobSpan({ tracer, lineService }: Settings<string>, name: string, carrier: object | undefined): Span {
  const parent = carrier && tracer.extract('text_map', carrier as never)
  const tags: Fields = { 'resource.name': name, 'span.kind': 'consumer', 'span.type': 'worker', component: 'spanlog' }
  if (lineService) tags['service.name'] = lineService
  return tracer.startSpan('job.run', { childOf: (parent ?? tracer.scope().active() ?? undefined) as never, tags })
}

type JobEnding = 'answered' | 'failed' | 'unfinished'

function endJob(job: ServedRequest, name: string, ending: JobEnding): void {
  if (job.ended) return
  job.ended = true
  responseEnded(job.open)
  const { span, error } = job
  const isFailed = ending !== 'answered' || error !== undefined // from `recordError()`
  const outcome = { ending, status: 0, isSent: false, template: undefined, error }
  if (span) attempt(tracerWarning, writeEnd, span, job, ending)
  if (job.settings.countsLines) closeLines(job, isFailed)
  const finishTime = job.accessLine?.endJob(job, name, outcome)
  if (span) attempt(tracerWarning, finishSpan, span, false, outcome, finishTime)
}

function writeEnd(span: Span, { settings, fields, error }: ServedRequest, ending: JobEnding): void {
  if (settings.tagFields) setTags(span, pickFields(fields, settings.tagFields))
  if (error) setError(span, error)
  if (ending === 'unfinished') span.setTag('job.unfinished', 'true')
}
