import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fields, LoggerOption } from './logger'
import type { AccessLogOptions } from './logger/access-log'
import type { Namespace } from './store'
import type { RequestIdOptions } from './tags/request-id'
import type { Span, Tracer } from './tracer/types'

/**
 * Options of `spanlog()`. Callbacks receive `Incoming`: Express's `req` or Koa's `ctx`. The hook receives `Req` and `Res`: Express's own,
 * or Node's on Koa.
 */
export interface Options<Incoming = IncomingMessage, Req = IncomingMessage, Res = ServerResponse> {
  /**
   * The application's logger: pino, winston, bunyan, `consoleLogger()`. For any other logger, a function
   * that takes fields and returns a logger.
   * @default consoleLogger()
   * @example (fields) => mine.with(fields)
   */
  readonly logger?: LoggerOption
  /**
   * The tracer: any object with dd-trace's public methods.
   * @default the `dd-trace` singleton
   */
  readonly tracer?: Tracer
  /**
   * The service of the span. Its lines carry the same `dd.service`, normalised as the agent does it. A span that dd-trace started
   * keeps its own service.
   * @default the tracer's (DD_SERVICE)
   */
  readonly service?: string
  /**
   * More tags on the span. A value that is not a number or boolean becomes a string of at most 8 kB.
   * @default none
   */
  readonly tags?: Fields | ((req: Incoming) => Fields)
  /**
   * More fields on every line of the request.
   * @default none
   */
  readonly fields?: (req: Incoming) => Fields
  /**
   * Headers of request and response that become tags, as in DD_TRACE_HEADER_TAGS: `'x-team'`, or `'x-plan:plan'` for a tag named `plan`.
   * @default DD_TRACE_HEADER_TAGS
   */
  readonly headers?: readonly string[]
  /**
   * Returns true for a request that gets no span. Its `req.log` works and carries no trace ids.
   * @default no request is skipped
   * @example (req) => req.url === '/health'
   */
  readonly skip?: (req: Incoming) => boolean
  /**
   * Returns true for a status that is a success. Any other status makes the span an error.
   * @default DD_TRACE_HTTP_SERVER_ERROR_STATUSES, else `code < 500`
   */
  readonly validateStatus?: (code: number) => boolean
  /**
   * Whether to continue the trace of the caller. Set `false` in a public service, so that no outsider can join a trace or force sampling.
   * On a span that dd-trace's integrations start, dd-trace decides this: set DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT=ignore, too.
   * @default true
   */
  readonly trustIncoming?: boolean | ((req: Incoming) => boolean)
  /**
   * The name of a response header that carries the trace id in the form of the log lines, for bug reports and support.
   * @default none
   * @example 'x-trace-id'
   */
  readonly traceHeader?: string
  /**
   * Writes one line per request, when it has ended: method, url, route, status, duration, outcome, error. The values are those of the
   * span.
   * @default false
   */
  readonly accessLog?: boolean | AccessLogOptions<Incoming, Res>
  /**
   * Gives each request an id: the caller's if it is valid and trusted, else a new UUID. It is `req.id` or `ctx.id`, a header of the
   * response, a tag of the span and a field of each line (`http.request_id`). `true` uses the header `x-request-id`; a string names
   * another header.
   * @default false
   */
  readonly requestId?: boolean | string | RequestIdOptions<Incoming>
  /**
   * Names of fields that also become tags of the span. The fields come from `fields` or `addFields()`. The last value counts.
   * @default none
   * @example ['user', 'tenant']
   */
  readonly tagFields?: readonly string[]
  /**
   * Whether Datadog keeps the trace of each request that failed or wrote a line of level error, whatever the sampler decided.
   * @default false
   */
  readonly keepOnError?: boolean
  /**
   * Holds lines below the logger's level in memory, and writes them only if the request fails: in order, each with its own time and
   * ids, before the first line of level error or at the end. Works for pino, winston, bunyan and `consoleLogger()`. `true` holds up to
   * 100 lines and 64 kB per request. A number sets the number of lines.
   * @default false
   */
  readonly debugOnError?: boolean | number | { readonly lines?: number; readonly bytes?: number }
  /**
   * `request` is called with the span just before it finishes. If it throws, only its own tags are missing. Like a hook of dd-trace it
   * receives `req` and `res`, on Koa those of Node. Koa's `ctx` is the fourth argument.
   * @default none
   * @example (span, req, res, ctx) => span.setTag('user', ctx.state.user.id)
   */
  readonly hooks?: { readonly request?: (span: Span, req: Req, res: Res, incoming: Incoming) => void }
  /**
   * A cls-hooked namespace that carries the request as well: the object, or the name that it was created with.
   * @default AsyncLocalStorage alone
   */
  readonly namespace?: Namespace | string
}
