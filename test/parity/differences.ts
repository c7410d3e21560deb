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
    why: "One name for all frameworks: the name that dd-trace's own span has before a framework renames it. Trace metrics contain it: `trace.web.request.hits`.",
    fields: /^name$/,
  },
  integration: {
    what: '`_dd.integration`',
    datadog: '`express`, `koa`',
    spanlog: '`opentracing`',
    why: 'dd-trace writes here which code started the span. This is its value for each application that calls `startSpan`.',
    fields: /^meta\._dd\.integration$/,
  },
  codeOrigin: {
    what: '`_dd.code_origin.*`',
    datadog: 'file and line of the handler, on Express',
    spanlog: 'none',
    why: 'For these each handler must be wrapped. spanlog wraps none.',
    fields: /^meta\._dd\.code_origin\./,
  },
} satisfies { [name: string]: Difference }

/** On the spans of some requests. */
export const some = {
  root: {
    what: 'Route of `/`',
    datadog: '`GET`, no `http.route`',
    spanlog: '`GET /`, `http.route:/`',
    why: 'The home page is a route. So it is not counted with the requests that matched nothing.',
    fields: /^(?:resource|meta\.http\.(?:route|endpoint))$/,
  },
  unmatched: {
    what: '404 below a mount',
    datadog: '`GET /teams/:team`',
    spanlog: '`GET`',
    why: 'Nothing below the mount has answered. So requests of scanners do not count as traffic of the mount.',
    fields: /^(?:resource|meta\.http\.route)$/,
  },
  passedOn: {
    what: "Route after `next('route')`",
    datadog: 'the longest one that was tried',
    spanlog: 'the one that answered',
    why: 'The time was spent in that route.',
    fields: /^(?:resource|meta\.http\.route)$/,
  },
  aborted: {
    what: 'Client that left without an answer',
    datadog: '200 on Express, 404 on Koa',
    spanlog: '499, `http.aborted:true`',
    why: 'No status was sent.',
    fields: /^meta\.http\.(?:aborted|status_code)$/,
  },
  query: {
    what: 'Secrets in a query',
    datadog: '`?<redacted>&page=2`, and `?sid=12` stays',
    spanlog: '`?token=<redacted>&page=2`, `?sid=<redacted>`',
    why: 'The key stays, so you see which parameters were sent. spanlog knows more keys, in any spelling. `design=1` is no secret.',
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
    why: 'It is one URL. A password must not be in it.',
    fields: /^meta\.http\.url$/,
  },
  thrown: {
    what: 'The thrown value is no `Error`',
    datadog: 'an error without type and message',
    spanlog: '`error.type`, `error.message`',
    why: "`next('no such user')` contains the reason.",
    fields: /^meta\.error\.(?:type|message)$/,
  },
  cause: {
    what: '`cause` of an error, `errors` of an AggregateError',
    datadog: 'none',
    spanlog: 'after the stack in `error.stack`, as Node prints them',
    why: 'The reason is often there.',
    fields: /^meta\.error\.stack$/,
  },
  bounded: {
    what: 'Long values',
    datadog: 'cut at 25,000 characters',
    spanlog: 'cut at 8 kB, a stack at 16 kB',
    why: 'A value that a stranger makes long cannot fill the payload.',
    fields: /^meta\.(?:http\.useragent|error\.(?:message|stack))$/,
  },
  context: {
    what: 'Incoming context that is not well formed',
    datadog: 'accepted: trace 0, a priority of 99, an SQS message in a header',
    spanlog: 'a new trace, or without that part',
    why: 'No stranger can join traces, or mix all requests in one.',
    fields:
      /^(?:parent|trace|metrics\._dd\.(?:agent_psr|top_level)|metrics\._sampling_priority_v1|meta\._dd\.(?:p\.ksr|p\.dm|origin))$/,
  },
  address: {
    what: 'Client address',
    datadog: 'another address, for `::ffff:8.8.8.8` or `proto=http; for=8.8.8.8`',
    spanlog: 'reads these, too',
    why: 'Both are valid forms of an address.',
    fields: /^meta\.http\.client_ip$/,
  },
  headers: {
    what: 'Header tag of several values',
    datadog: 'none for `set-cookie`',
    spanlog: '`a=1, b=2`',
    why: 'The option names this header.',
    fields: /^meta\.http\.response\.headers\.set-cookie$/,
  },
  service: {
    what: '`_dd.svc_src`, with the option `service`',
    datadog: '`opt.plugin`',
    spanlog: '`m`',
    why: 'dd-trace writes here which code set the service. `m` means that the application set it.',
    fields: /^meta\._dd\.svc_src$/,
  },
} satisfies { [name: string]: Difference }

export type DifferenceName = keyof typeof some

/** The rows of the table in docs/beside-dd-trace.md. */
export const rows = [...Object.values(always), ...Object.values(some)].map(
  ({ what, datadog, spanlog, why }: Difference) => `| ${what} | ${datadog} | ${spanlog} | ${why} |`,
)
