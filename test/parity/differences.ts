/** A difference between the entry span of spanlog and that of dd-trace's integrations, and why it is there. docs/beside-dd-trace.md has a row for each. */
export interface Difference {
  readonly what: string
  readonly datadog: string
  readonly spanlog: string
  readonly why: string
  /** The fields of a span that it may touch. */
  readonly fields: RegExp
}

/** On every span. */
export const always = {
  name: {
    what: 'Name',
    datadog: '`express.request`, `koa.request`',
    spanlog: '`web.request`',
    why: 'One name whatever the framework: the one that dd-trace itself gives before a framework takes over. Trace metrics are named after it: `trace.web.request.hits`.',
    fields: /^name$/,
  },
  integration: {
    what: '`_dd.integration`',
    datadog: '`express`, `koa`',
    spanlog: '`opentracing`',
    why: "dd-trace's own note of who started the span; this is what it notes for any application that calls `startSpan`.",
    fields: /^meta\._dd\.integration$/,
  },
  codeOrigin: {
    what: '`_dd.code_origin.*`',
    datadog: 'file and line of the handler, on Express',
    spanlog: 'none',
    why: 'To know them each handler must be wrapped; spanlog wraps none.',
    fields: /^meta\._dd\.code_origin\./,
  },
} satisfies { [name: string]: Difference }

/** On the spans of some requests. */
export const some = {
  root: {
    what: 'Route of `/`',
    datadog: '`GET`, no `http.route`',
    spanlog: '`GET /`, `http.route:/`',
    why: 'The home page is a route of its own, and not one with everything that matched nothing.',
    fields: /^(?:resource|meta\.http\.(?:route|endpoint))$/,
  },
  unmatched: {
    what: '404 below a mount',
    datadog: '`GET /teams/:team`',
    spanlog: '`GET`',
    why: 'Nothing has answered there: what scanners ask for does not count as traffic of the mount.',
    fields: /^(?:resource|meta\.http\.route)$/,
  },
  passedOn: {
    what: "Route after `next('route')`",
    datadog: 'the longest that was tried',
    spanlog: 'the one that answered',
    why: 'The resource is what the time was spent on.',
    fields: /^(?:resource|meta\.http\.route)$/,
  },
  aborted: {
    what: 'Client that left without an answer',
    datadog: '200 on Express, 404 on Koa',
    spanlog: '499, `http.aborted:true`',
    why: 'Neither was ever sent.',
    fields: /^meta\.http\.(?:aborted|status_code)$/,
  },
  query: {
    what: 'Secrets in a query',
    datadog: '`?<redacted>&page=2`, and `?sid=12` stays',
    spanlog: '`?token=<redacted>&page=2`, `?sid=<redacted>`',
    why: 'The key stays, so that one sees what was asked for; more keys are known, however they are written; `design=1` is none.',
    fields: /^meta\.http\.url$/,
  },
  host: {
    what: 'Request without a host',
    datadog: '`http://undefined/ok`',
    spanlog: '`http://localhost/ok`',
    why: 'HTTP/1.0 needs no `Host`.',
    fields: /^meta\.http\.url$/,
  },
  target: {
    what: 'Absolute request target',
    datadog: '`http://shophttp://me:secret@shop/ok`',
    spanlog: '`http://shop/ok`',
    why: 'It is one URL, and a password has no place in it.',
    fields: /^meta\.http\.url$/,
  },
  thrown: {
    what: 'What was thrown is no `Error`',
    datadog: 'an error without a word',
    spanlog: '`error.type`, `error.message`',
    why: "`next('no such user')` says what happened.",
    fields: /^meta\.error\.(?:type|message)$/,
  },
  cause: {
    what: '`cause` of an error, `errors` of an AggregateError',
    datadog: 'none',
    spanlog: 'behind the stack in `error.stack`, as Node prints them',
    why: 'The reason is often there.',
    fields: /^meta\.error\.stack$/,
  },
  bounded: {
    what: 'Long values',
    datadog: 'cut at 25,000 characters',
    spanlog: 'cut at 8 kB, a stack at 16 kB',
    why: 'What a stranger can make long does not fill the payload.',
    fields: /^meta\.(?:http\.useragent|error\.(?:message|stack))$/,
  },
  context: {
    what: 'Incoming context that is not well formed',
    datadog: 'believed: trace 0, a priority of 99, an SQS message in a header',
    spanlog: 'a new trace, or without that part',
    why: 'No stranger can join traces, or mix all requests in one.',
    fields:
      /^(?:parent|trace|metrics\._dd\.(?:agent_psr|top_level)|metrics\._sampling_priority_v1|meta\._dd\.(?:p\.ksr|p\.dm|origin))$/,
  },
  address: {
    what: 'Client address',
    datadog: 'the next best, for `::ffff:8.8.8.8` or `proto=http; for=8.8.8.8`',
    spanlog: 'these are read too',
    why: 'Both are valid ways to write one.',
    fields: /^meta\.http\.client_ip$/,
  },
  headers: {
    what: 'Header tag of several values',
    datadog: 'none for `set-cookie`',
    spanlog: '`a=1, b=2`',
    why: 'It was asked for.',
    fields: /^meta\.http\.response\.headers\.set-cookie$/,
  },
  service: {
    what: '`_dd.svc_src`, with the option `service`',
    datadog: '`opt.plugin`',
    spanlog: '`m`',
    why: "dd-trace's own note of who named the service: `m` is the application by hand.",
    fields: /^meta\._dd\.svc_src$/,
  },
} satisfies { [name: string]: Difference }

export type DifferenceName = keyof typeof some

/** The rows of the table in docs/beside-dd-trace.md. */
export const rows = [...Object.values(always), ...Object.values(some)].map(
  ({ what, datadog, spanlog, why }: Difference) => `| ${what} | ${datadog} | ${spanlog} | ${why} |`,
)
