import type { IncomingMessage, ServerResponse } from 'node:http'
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

/** What the option `accessLog` was read into. */
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
  readonly #bytesBefore: number
  #pending: (() => void) | undefined = undefined

  /** @param req absent for a job */
  constructor(req: IncomingMessage | undefined) {
    this.#bytesBefore = (req && bytesOf(req)) ?? 0
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
    const write = () => attempt(warning, writeLine, this, request, incoming, req, res, outcome, finishTime)
    if (span && request.adopted && outcome.ending !== 'unfinished') this.#pending = write
    else write()
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

  /** The duration of the span, in milliseconds. Without a tracer, the time since this line was made. */
  durationOf(span: Span | undefined, finishTime: number | undefined): number {
    return (span && attempt(tracerWarning, durationOf, span, finishTime)) ?? performance.now() - this.#start
  }

  bytesWritten(req: IncomingMessage): number | undefined {
    const bytes = bytesOf(req)
    return bytes === undefined ? undefined : bytes - this.#bytesBefore
  }
}

/** Bytes that the connection has sent; `undefined` for HTTP/2, where all streams share one connection. */
function bytesOf(req: IncomingMessage): number | undefined {
  return req.httpVersionMajor < 2 ? req.socket?.bytesWritten : undefined
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
  const tags = tagsOfSpan(span)
  const judged = judge(request, tags, outcome, line.durationOf(span, finishTime))
  const isSuccess = !judged.isError && judged.outcome === 'answered'
  if (isSuccess && accessLog.skip?.(incoming, res)) return
  const fields = defined({
    ...accessLog.fields?.(incoming, res),
    http: httpFields(request, req, tags, judged, outcome),
    network: networkFields(tags, line.bytesWritten(req)),
    ...closingFields(request, tags, judged, outcome.error),
  })
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
  const tags = tagsOfSpan(job.span)
  const judged = judge(job, tags, outcome, line.durationOf(job.span, finishTime))
  const fields = defined({ job: { name }, ...closingFields(job, tags, judged, outcome.error) })
  const context = { dd: () => job.spanFields(), fields: job.fields }
  accessLog.write(context, accessLog.level(judged), fields, messageOf(name, judged))
}

/** The access line has the id in `http`. */
function withoutId(fields: Fields | undefined): Fields {
  const { [requestIdField]: _, ...others } = fields ?? {}
  return others
}

function judge(request: AccessRequest, tags: Tags, outcome: Outcome, duration: number): AccessOutcome {
  const status = outcome.isSent ? Number(tags['http.status_code'] ?? outcome.status) : undefined
  const isError = attempt(tracerWarning, isErrorLine, request, tags, outcome) ?? false
  return { outcome: outcome.ending, status, isError, duration }
}

/** Whether the span is an error. Where no tracer runs, a span keeps no tags, so the outcome is judged. */
function isErrorLine({ span, settings }: AccessRequest, tags: Tags, outcome: Outcome): boolean {
  const keepsTags = span !== undefined && tags['span.kind'] !== undefined
  return keepsTags ? isErrorSpan(span) : hasFailed(outcome, settings)
}

type Tags = Readonly<Record<string, unknown>>

const noTags: Tags = {}

/** The tags of the span as it has ended; none where no tracer runs. */
const tagsOfSpan = (span: Span | undefined): Tags => (span && attempt(tracerWarning, tagsOf, span)) ?? noTags

/** Datadog's standard attributes of a request. */
function httpFields(
  { id, settings }: AccessRequest,
  req: IncomingMessage,
  tags: Tags,
  { status }: AccessOutcome,
  outcome: Outcome,
): Fields {
  return defined({
    method: req.method,
    url: tags['http.url'] ?? settings.urlOf(req),
    route: tags['http.route'] ?? outcome.template,
    status_code: status,
    request_id: id,
    useragent: tags['http.useragent'] ?? req.headers['user-agent'],
  })
}

function networkFields(tags: Tags, bytes: number | undefined): Fields | undefined {
  const ip = tags['http.client_ip']
  return ip === undefined && bytes === undefined ? undefined : defined({ client: ip && { ip }, bytes_written: bytes })
}

/** Duration, outcome, error, and how many lines were written before this one. */
function closingFields(
  { lines }: AccessRequest,
  tags: Tags,
  { outcome, duration, isError }: AccessOutcome,
  error: ErrorFields | undefined,
): Fields {
  return {
    duration: Math.round(duration * 1e6), // nanoseconds, as Datadog reads it
    outcome,
    lines: lines?.written,
    error_lines: lines?.errors,
    error: isError ? errorFields(tags, error) : undefined,
  }
}

function errorFields(tags: Tags, error: ErrorFields | undefined): Fields | undefined {
  const kind = tags['error.type'] ?? error?.type
  const message = tags['error.message'] ?? error?.message
  const stack = tags['error.stack'] ?? error?.stack
  return kind || message ? defined({ kind, message, stack }) : undefined
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
