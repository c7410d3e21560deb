import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessLogOptions } from './access-log'
import type { Fields, LoggerOption } from './logger'
import type { RequestIdOptions } from './request-id'
import type { Namespace } from './store'
import type { Span, Tracer } from './tracer/types'

/**
 * Options of `spanlog()`. `Incoming` is what the callbacks are given: Express's `req`, Koa's `ctx`. `Req` and `Res` are what the hook is
 * given: Express's own, and on Koa those of Node.
 */
export interface Options<Incoming = IncomingMessage, Req = IncomingMessage, Res = ServerResponse> {
  /**
   * The application's logger: pino, winston, bunyan, `consoleLogger()`, or for any other a function from fields to a logger.
   * @default consoleLogger()
   * @example (fields) => mine.with(fields)
   */
  readonly logger?: LoggerOption
  /**
   * The tracer, by dd-trace's public methods.
   * @default the `dd-trace` singleton
   */
  readonly tracer?: Tracer
  /**
   * The service of the span, and then `dd.service` on its lines, as the agent normalises it. An adopted span keeps its own.
   * @default the tracer's (DD_SERVICE)
   */
  readonly service?: string
  /**
   * More tags on the span. Values that are not a string, number or boolean become a string of at most 8 kB.
   * @default none
   */
  readonly tags?: Fields | ((req: Incoming) => Fields)
  /**
   * More fields on every line of the request.
   * @default none
   */
  readonly fields?: (req: Incoming) => Fields
  /**
   * Headers of request and response that become tags, in dd-trace's form: `'x-team'`, or `'x-plan:plan'` for a tag of that name.
   * @default DD_TRACE_HEADER_TAGS
   */
  readonly headers?: readonly string[]
  /**
   * True for a request that shall have no span; its `req.log` exists and carries no trace ids.
   * @default none is skipped
   * @example (req) => req.url === '/health'
   */
  readonly skip?: (req: Incoming) => boolean
  /**
   * True for a status that is a success; any other makes the span an error.
   * @default DD_TRACE_HTTP_SERVER_ERROR_STATUSES, else `code < 500`
   */
  readonly validateStatus?: (code: number) => boolean
  /**
   * Whether to continue the trace of the caller. `false` at a public edge: nobody outside can join traces or force sampling.
   * @default true
   */
  readonly trustIncoming?: boolean | ((req: Incoming) => boolean)
  /**
   * A header of the response that shall tell the trace id, as it stands on the lines: for bug reports and support.
   * @default none
   * @example 'x-trace-id'
   */
  readonly traceHeader?: string
  /**
   * One line per request, when it has ended: method, url, route, status, duration, outcome, error. Its values are the span's own.
   * @default false
   */
  readonly accessLog?: boolean | AccessLogOptions<Incoming, Res>
  /**
   * An id for each request: the caller's if it is valid and trusted, else a new UUID. It is `req.id` or `ctx.id`, a header of the
   * response, a tag of the span and a field of each line (`http.request_id`). `true` for the header `x-request-id`, or its name.
   * @default false
   */
  readonly requestId?: boolean | string | RequestIdOptions<Incoming>
  /**
   * Names of fields that are tags of the request's span, too, whether they come from `fields` or `addFields()`. The last value counts.
   * @default none
   * @example ['user', 'tenant']
   */
  readonly tagFields?: readonly string[]
  /**
   * Datadog keeps the trace of a request that failed, or that has written a line of level error, whatever its sampler said.
   * @default false
   */
  readonly keepOnError?: boolean
  /**
   * Lines below the logger's own level are held in memory, and written only if the request fails: in order, each with its own time and
   * ids, before the first line of level error or at the end. For pino, winston, bunyan and `consoleLogger()`. `true` holds 100 lines and
   * 64 kB per request; a number is a number of lines.
   * @default false
   */
  readonly debugOnError?: boolean | number | { readonly lines?: number; readonly bytes?: number }
  /**
   * Called with the span just before it finishes; one that throws costs only itself. As a hook of dd-trace it is given `req` and `res`,
   * on Koa those of Node; what the other callbacks are given, Koa's `ctx`, comes after them.
   * @default none
   * @example (span, req, res, ctx) => span.setTag('user', ctx.state.user.id)
   */
  readonly hooks?: { readonly request?: (span: Span, req: Req, res: Res, incoming: Incoming) => void }
  /**
   * A cls-hooked namespace that shall carry the request too: the object, or the name it was created with.
   * @default AsyncLocalStorage alone
   */
  readonly namespace?: Namespace | string
}
