import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { hasFailed, type Outcome } from '../response/response-end'
import type { ErrorFields } from '../tags/error-fields'
import { requestIdField } from '../tags/request-id'
import { resourceOf } from '../tags/resource'
import { durationOf, finishTimeOf, isErrorSpan, tagsOf } from '../tracer/internals'
import type { Span } from '../tracer/types'
import { attempt, guard, optionWarning, tracerWarning } from '../warnings/warn'
import type { Fields } from '.'
import type { LineContext } from './fields'
import type { WriteLine } from './write-line'

/** How a request or a job ended, for the callbacks of `accessLog`. */
export interface AccessOutcome {
  readonly outcome: 'answered' | 'aborted' | 'failed' | 'unfinished'
  /** Absent where none was sent. */
  readonly status?: number
  /** Whether the span is an error. Without a running tracer: whether the request or job failed. */
  readonly isError: boolean
  /** Milliseconds. */
  readonly duration: number
}

/** Options of `accessLog`. */
export interface AccessLogOptions<Incoming = IncomingMessage, Res = ServerResponse> {
  /**
   * Returns the level of the line, as a level name of your logger.
   * @default 'error' where the span is an error, 'warn' where the client left or the process ended, else 'info'
   */
  readonly level?: (outcome: AccessOutcome) => string
  /**
   * Returns true for a request that gets no line. It is called for successes only, so a health check that fails has its line.
   * @default every request has its line
   */
  readonly skip?: (req: Incoming, res: Res) => boolean
  /**
   * More fields on the line.
   * @default none
   */
  readonly fields?: (req: Incoming, res: Res) => Fields
}

/** The option `accessLog` as requests use it. */
export interface AccessLog<Incoming = unknown> {
  readonly write: WriteLine
  readonly level: (outcome: AccessOutcome) => string
  readonly skip: ((req: Incoming, res: ServerResponse) => boolean) | undefined
  readonly fields: ((req: Incoming, res: ServerResponse) => Fields) | undefined
}

/** Reads the option `accessLog`. */
export function accessLogSettings<Incoming>(
  option: boolean | AccessLogOptions<Incoming> | undefined,
  write: WriteLine,
): AccessLog<Incoming> | undefined {
  if (!option) return undefined
  const { level, skip, fields } = option === true ? ({} as AccessLogOptions<Incoming>) : option
  return {
    write,
    level: level ? guard('accessLog', level, usualLevel) : usualLevel,
    skip: skip && guard('accessLog', skip, () => false),
    fields: fields && guard('accessLog', fields, () => ({})),
  }
}

/** A line is an error exactly where its span is one. */
function usualLevel({ outcome, isError }: AccessOutcome): string {
  if (isError) return 'error'
  return outcome === 'answered' ? 'info' : 'warn'
}

/** What the access line reads of its request. */
export interface AccessRequest {
  readonly span: Span | undefined
  readonly adopted: boolean
  readonly fields: Fields | undefined
  readonly id: string | undefined
  readonly lines: { readonly written: number; readonly errors: number } | undefined
  readonly settings: {
    readonly accessLog: AccessLog | undefined
    readonly urlOf: (req: IncomingMessage) => string
    readonly isSuccess: (status: number) => boolean
  }
  spanFields(): ReturnType<LineContext['dd']>
}

const warning = optionWarning('accessLog')

/** The access line of one request. */
export class AccessLine {
  readonly #start = performance.now()
  readonly #bytesBefore: number | undefined
  #pending: (() => void) | undefined = undefined

  /** @param req absent for a job */
  constructor(req: IncomingMessage | undefined) {
    this.#bytesBefore = req && bytesOf(req)
  }

  /**
   * Writes the line from the tags of the span, so that the two cannot disagree. dd-trace finishes an adopted span later, when the
   * response emits its end. The line of an adopted span is kept until `writePending`.
   *
   * @returns the time at which the span must finish, so that line and span have the same duration
   */
  end(
    request: AccessRequest,
    incoming: unknown,
    req: IncomingMessage,
    res: ServerResponse,
    outcome: Outcome,
  ): number | undefined {
    const { span } = request
    const finishTime = span && attempt(tracerWarning, finishTimeOf, span)
    if (span && request.adopted && outcome.ending !== 'unfinished') {
      this.#pending = () => attempt(warning, writeLine, this, request, incoming, req, res, outcome, finishTime)
    } else {
      attempt(warning, writeLine, this, request, incoming, req, res, outcome, finishTime)
    }
    return finishTime
  }

  /** Writes the line of a job. */
  endJob(job: AccessRequest, name: string, outcome: Outcome): number | undefined {
    const finishTime = job.span && attempt(tracerWarning, finishTimeOf, job.span)
    attempt(warning, writeJobLine, this, job, name, outcome, finishTime)
    return finishTime
  }

  writePending(): void {
    const write = this.#pending
    this.#pending = undefined
    write?.()
  }

  /** Milliseconds since this line was made: the duration if no tracer runs. */
  elapsed(): number {
    return performance.now() - this.#start
  }

  bytesWritten(req: IncomingMessage): number | undefined {
    const bytes = bytesOf(req)
    return bytes === undefined || this.#bytesBefore === undefined ? undefined : bytes - this.#bytesBefore
  }
}

/**
 * Bytes that the connection has sent; `undefined` where it sends other responses, too: all streams of HTTP/2 share it, and so do
 * pipelined requests, of which Node's private `_httpMessage` is the one that is answered now.
 */
function bytesOf(req: IncomingMessage): number | undefined {
  const socket = req.socket as (Socket & { _httpMessage?: ServerResponse }) | undefined
  if (req.httpVersionMajor >= 2 || !socket) return undefined
  return !socket._httpMessage || socket._httpMessage.req === req ? socket.bytesWritten : undefined
}

function writeLine(
  line: AccessLine,
  request: AccessRequest,
  incoming: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  outcome: Outcome,
  finishTime: number | undefined,
): void {
  const { settings, span } = request
  const { accessLog } = settings
  if (!accessLog) return
  const ended = endedSpan(span, finishTime)
  const { tags } = ended
  const judged = judge(request, line, outcome, ended)
  const isSuccess = !judged.isError && judged.outcome === 'answered'
  if (isSuccess && accessLog.skip?.(incoming, res)) return
  const application = accessLog.fields?.(incoming, res)
  const own: Fields = { http: httpFields(request, req, tags, judged, outcome) }
  const network = networkFields(tags, line.bytesWritten(req))
  if (network) own.network = network
  addClosing(own, request, tags, judged, outcome.error)
  const fields = application ? withFieldsOf(application, own) : own
  const ofRequest = request.id === undefined ? request.fields : withoutId(request.fields)
  const resource = String(tags['resource.name'] ?? resourceOf(req.method ?? 'GET', outcome.template))
  const context = { dd: () => request.spanFields(), fields: ofRequest }
  accessLog.write(context, accessLog.level(judged), fields, messageOf(resource, judged))
}

function writeJobLine(
  line: AccessLine,
  job: AccessRequest,
  name: string,
  outcome: Outcome,
  finishTime: number | undefined,
): void {
  const { accessLog } = job.settings
  if (!accessLog) return
  const ended = endedSpan(job.span, finishTime)
  const judged = judge(job, line, outcome, ended)
  const fields = { job: { name } }
  addClosing(fields, job, ended.tags, judged, outcome.error)
  const context = { dd: () => job.spanFields(), fields: job.fields }
  accessLog.write(context, accessLog.level(judged), fields, messageOf(name, judged))
}

/** The access line has the id in `http`. */
function withoutId(fields: Fields | undefined): Fields {
  const { [requestIdField]: _, ...others } = fields ?? {}
  return others
}

function judge(
  { settings }: AccessRequest,
  line: AccessLine,
  outcome: Outcome,
  { tags, isError = hasFailed(outcome, settings), duration = line.elapsed() }: EndedSpan,
): AccessOutcome {
  const status = outcome.isSent ? Number(tags['http.status_code'] ?? outcome.status) : undefined
  return { outcome: outcome.ending, status, isError, duration }
}

type Tags = Readonly<Record<string, unknown>>

/** The values of the span that are on the line. */
interface EndedSpan {
  readonly tags: Tags
  /** Milliseconds. */
  readonly duration?: number | undefined
  readonly isError?: boolean | undefined
}

const noSpan: EndedSpan = { tags: {} }

function endedSpan(span: Span | undefined, finishTime: number | undefined): EndedSpan {
  return (span && attempt(tracerWarning, readSpan, span, finishTime)) ?? noSpan
}

/** Where no tracer runs, a span keeps no tags. Then the outcome says whether it is an error. */
function readSpan(span: Span, finishTime: number | undefined): EndedSpan {
  const tags = tagsOf(span)
  const isError = tags['span.kind'] === undefined ? undefined : isErrorSpan(span)
  return { tags, duration: durationOf(span, finishTime), isError }
}

// No key has the value `undefined`: some loggers print it. So each is added only if it has a value, which costs less than a copy
// without the others.

/** Datadog's standard attributes of a request. */
function httpFields(
  { id, settings }: AccessRequest,
  req: IncomingMessage,
  tags: Tags,
  { status }: AccessOutcome,
  outcome: Outcome,
): Fields {
  const route = tags['http.route'] ?? outcome.template
  const useragent = tags['http.useragent'] ?? req.headers['user-agent']
  const http: Fields = {}
  if (req.method !== undefined) http.method = req.method
  http.url = tags['http.url'] ?? settings.urlOf(req)
  if (route !== undefined) http.route = route
  if (status !== undefined) http.status_code = status
  if (id !== undefined) http.request_id = id
  if (useragent !== undefined) http.useragent = useragent
  return http
}

function networkFields(tags: Tags, bytes: number | undefined): Fields | undefined {
  const ip = tags['http.client_ip']
  if (!ip) return bytes === undefined ? undefined : { bytes_written: bytes }
  return bytes === undefined ? { client: { ip } } : { client: { ip }, bytes_written: bytes }
}

/** Adds duration, outcome, error, and how many lines were written before this one. */
function addClosing(
  fields: Fields,
  { lines }: AccessRequest,
  tags: Tags,
  { outcome, duration, isError }: AccessOutcome,
  thrown: ErrorFields | undefined,
): void {
  fields.duration = Math.round(duration * 1e6) // nanoseconds, as Datadog reads it
  fields.outcome = outcome
  if (lines) fields.lines = lines.written
  if (lines) fields.error_lines = lines.errors
  const error = isError ? errorFields(tags, thrown) : undefined
  if (error) fields.error = error
}

function errorFields(tags: Tags, error: ErrorFields | undefined): Fields | undefined {
  const kind = tags['error.type'] ?? error?.type
  const message = tags['error.message'] ?? error?.message
  const stack = tags['error.stack'] ?? error?.stack
  return kind || message ? defined({ kind, message, stack }) : undefined
}

/** The application's fields below those of the line. It cannot set `network` and `error` where the line has none. */
function withFieldsOf(application: Fields, own: Fields): Fields {
  return defined({ ...application, network: undefined, error: undefined, ...own })
}

/** `GET /posts/:id 200 21.6 ms` */
function messageOf(resource: string, { status, outcome, duration }: AccessOutcome): string {
  const answer = status === undefined ? '' : ` ${status}`
  const ending = outcome === 'answered' ? '' : ` ${outcome}`
  return `${resource}${answer}${ending} ${duration.toFixed(1)} ms`
}

/** Without what is undefined. In a new object, since `delete` would make it a slow one. */
function defined(fields: Fields): Fields {
  const kept: Fields = {}
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key]
  return kept
}
