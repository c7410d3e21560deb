import type { Span } from '../../agent/index'
import { isLinked } from '../line'
import { countOf, endOf, isEntry, type Run, type RunLine, type RunTrace, startOf } from '../run/run'
import { type Count, isOfRequest } from '../seen'
import type { Rule } from './rule'

const correlatedLogs =
  'https://docs.datadoghq.com/tracing/troubleshooting/correlated-logs-not-showing-up-in-the-trace-id-panel/'

/** Causes that only a run shows, because there lines and traces can be compared. */
export const traceMissing: readonly Rule[] = [
  {
    code: 'no-traces',
    title: 'No trace arrived, and no line has ids',
    why: 'Requests were answered, but the tracer sent no trace and added nothing to any line. It is switched off, was never started, or was loaded after the framework and the logger. `spanlog doctor .` looks for the reason in the source.',
    looks: 'DD_TRACE_ENABLED=false node app.js',
    fix: {
      any: 'node --require dd-trace/init app.js            # CommonJS: before anything else\nnode --import dd-trace/initialize.mjs app.js    # ECMAScript modules\nDD_TRACE_ENABLED=true                           # or leave it out',
    },
    sources: [
      'https://github.com/DataDog/documentation/pull/27782',
      'https://github.com/DataDog/dd-trace-js/issues/148',
    ],
    run: ({ traces, served, lines }) => {
      const silent = traces.length === 0 && served && !lines.some(({ line }) => line.hasDd)
      return silent ? { lines: lines.length, example: lines[0]?.example } : undefined
    },
  },
  {
    code: 'context-lost',
    title: 'Some lines of requests have no ids, but other lines of the same logger have them',
    why: 'The span was no longer active when the line was written. This happens in a callback of a pool, an emitter or a stream, after an abort, and after the response.',
    looks: '{"msg":"loading","dd":{"trace_id":"6b02…"}}\n{"msg":"row came from the pool","dd":{"service":"shop"}}',
    fix: {
      any: "app.use(spanlog({ logger }))                       // req.log has the ids of its request, even if no span is active\nreq.log.info('row came from the pool')             // const { spanlog } = require('spanlog/express')\npool.query(sql, AsyncResource.bind((error, rows) => …))   // or keep the context of a callback; from node:async_hooks",
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/2204',
      'https://github.com/microsoft/FluidFramework/pull/10326',
    ],
    run: contextLost,
  },
  {
    code: 'frozen-id',
    title: 'All lines of a request carry the id of its first span',
    why: 'The ids were read only once, when a child logger was made. Lines that were written in an inner span have the id of the outer one. So the inner span has no lines.',
    looks: 'const log = logger.child({ dd: { trace_id, span_id } })   // once per request',
    fix: {
      any: 'app.use(spanlog({ logger }))   // each line gets the ids of the innermost span of its request',
      pino: "const logger = pino({ mixin: pinoMixin() })   // reads the ids for each line; const { pinoMixin } = require('spanlog')",
      winston: 'format: format.combine(winstonFormat(), format.json())   // reads the ids for each line',
    },
    sources: [correlatedLogs],
    run: frozenId,
  },
  {
    code: 'foreign-id',
    title: 'The id is not the id of any trace of this application',
    why: "The trace of a request arrived, but its lines have another id. It comes from the caller's `traceparent`, which was not continued, or the application has made it up.",
    looks: "logger.child({ trace_id: req.headers['traceparent']?.split('-')[1] ?? randomUUID() })",
    fix: {
      any: "tracer.inject(tracer.scope().active(), 'log', record)   // the ids of the span that was really started\n// or { ...correlate() }                                // const { correlate } = require('spanlog')",
    },
    sources: ['https://github.com/googleapis/nodejs-logging-winston/issues/674'],
    run: run =>
      countOf(
        strangers(run)
          .filter(group => answeredBy(run, group))
          .flat(),
      ),
  },
  {
    code: 'trace-never-came',
    title: 'The trace of these lines was never sent',
    why: 'The lines have an id, but the tracer sent no trace with this id. The route is filtered (`blocklist`, `filter`), or the trace was dropped in the application. Lines keep their ids in both cases.',
    looks: "tracer.use('http', { server: { blocklist: ['/health'] } })",
    fix: {
      any: "app.use('/health', quietHandler)   // log nothing on a route whose traces are not kept\n// or trace the route, and drop its traces at the agent: DD_APM_IGNORE_RESOURCES='GET /health'",
    },
    sources: [correlatedLogs, 'https://docs.datadoghq.com/tracing/guide/ignoring_apm_resources/'],
    run: run =>
      run.traces.length === 0
        ? undefined
        : countOf(
            strangers(run)
              .filter(group => !answeredBy(run, group) && !openAt(run, group))
              .flat(),
          ),
  },
  {
    code: 'unfinished-span',
    title: 'The span of these lines never ended',
    why: 'dd-trace sends a span when it has ended. So lines have no trace while an answer stays open or a long job runs, and after a process was stopped before the end.',
    looks: "app.get('/events', (req, res) => { req.log.info('subscribed'); res.writeHead(200) })   // and no end()",
    fix: {
      any: "tracer.trace('event', { childOf: req.span }, span => …)   // a short span for each piece of work\nDD_TRACE_PARTIAL_FLUSH_MIN_SPANS=10                      // sends finished children before their parent ends\nprocess.once('SIGTERM', () => server.close())            // let open requests end: await shutdown() of spanlog",
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/1269',
      'https://github.com/DataDog/dd-trace-js/issues/1565',
    ],
    run: run =>
      countOf([
        ...(run.traces.length
          ? strangers(run)
              .filter(group => !answeredBy(run, group) && openAt(run, group))
              .flat()
          : []),
        ...onMissingSpans(run),
      ]),
  },
  {
    code: 'sampled-out',
    title: 'The trace is not kept: it was sampled out',
    why: 'The tracer decided not to keep this trace: its priority is 0 or less. Datadog shows the lines, but no trace for them.',
    looks: 'DD_TRACE_SAMPLE_RATE=0.1',
    fix: {
      any: 'app.use(spanlog({ logger, keepOnError: true }))   // keep the traces of failed requests\nDD_TRACE_SAMPLING_RULES=\'[{"service":"shop","sample_rate":1}]\'\nspan.setTag(\'manual.keep\', true)                 // keep this one',
    },
    sources: [correlatedLogs, 'https://github.com/kolonialno/troncos/issues/29'],
    run: ({ traces }) =>
      countOf(traces.filter(({ priority }) => priority !== undefined && priority <= 0).flatMap(({ lines }) => lines)),
  },
  {
    code: 'half-id',
    title: 'The upper half of the trace id is wrong',
    why: 'A trace id has 128 bits. The lines have its lower half, filled up with other digits. Datadog compares all digits.',
    looks: '{"dd":{"trace_id":"000000000000000072ed2db9f17da9fe"}}   (the trace is 6b02cac80000000072ed2db9f17da9fe)',
    fix: {
      any: "tracer.inject(span, 'log', record)   // the whole id\nspan.context().toTraceId(true)       // 32 digits; not toTraceId(), filled up with zeros",
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/3262',
      'https://github.com/DataDog/dd-trace-java/issues/6896',
    ],
    run: run => countOf(run.lines.filter(line => hasOtherHalf(line, run.traceOf(line)))),
  },
  {
    code: 'clock-skew',
    title: 'The line and its span are minutes apart',
    why: 'Datadog looks for the lines of a trace around the time of the trace. The time of this line is far from it, because of a wrong clock, a time zone, or seconds instead of milliseconds.',
    looks: '{"time":"2026-11-27T02:00:00Z","dd":{"trace_id":"6b02…"}}   (the span began at 10:00 UTC)',
    fix: {
      any: 'timestamp: new Date().toISOString()   // UTC, with the Z; not local time with a Z added',
      winston: 'format.timestamp()   // without a format that writes local time',
      pino: 'pino({ timestamp: pino.stdTimeFunctions.isoTime })',
    },
    sources: ['https://docs.datadoghq.com/logs/troubleshooting/', correlatedLogs],
    run: run => countOf(run.lines.filter(line => isFarFrom(line, run.traceOf(line)))),
  },
]

/**
 * Lines without ids that were written in the time of one request, by a logger whose other lines have ids. A line of a kind that is also
 * written at other times does not count, unless it names a request.
 */
function contextLost(run: Run): Count | undefined {
  const loggers = new Set(run.lines.filter(({ low }) => low !== undefined).map(({ line }) => line.logger))
  const bare = run.lines.filter(
    ({ line, low }) => low === undefined && loggers.has(line.logger) && !isLinked(line) && line.spanId === undefined,
  )
  const inRequest = bare.filter(line => run.traces.filter(trace => covers(trace, line)).length === 1)
  const background = new Set(bare.filter(line => !inRequest.includes(line)).map(kindOf))
  return countOf(inRequest.filter(line => !background.has(kindOf(line)) || isOfRequest(line.line)))
}

/** Milliseconds. Some lines come just after the answer. */
const afterAnswer = 100

function covers({ entry, start, end }: RunTrace, { time }: RunLine): boolean {
  return isEntry(entry) && time >= Math.floor(start) && time <= end + afterAnswer
}

/** A message without its numbers and ids, which differ from line to line. */
function kindOf({ line }: RunLine): string {
  return line.message.replace(/[\da-f-]{8,}|\d+/gi, '#')
}

/** Lines that were written in a span that the application made, but carry the id of a span around it. */
function frozenId({ traces }: Run): Count | undefined {
  const frozen = traces.flatMap(({ trace, entry, lines }) => {
    const inner = trace.spans.filter(
      span => isOfApplication(span) && span.spanId !== entry.spanId && wasActive(span, trace.spans),
    )
    if (lines.some(({ line }) => inner.some(({ spanId }) => spanId === line.spanId))) return []
    return lines.filter(line =>
      inner.some(span => isInside(line.time, span) && around(span, trace.spans).has(line.line.spanId)),
    )
  })
  return frozen.length < 2 ? undefined : countOf(frozen)
}

/** Whether other spans were started in this one, so it was active. A span without children may never have been active. */
function wasActive({ spanId }: Span, spans: readonly Span[]): boolean {
  return spans.some(({ parentId }) => parentId === spanId)
}

/** The ids of all spans above this one. */
function around(span: Span, spans: readonly Span[]): Set<unknown> {
  const ids = new Set<unknown>()
  for (let at: Span | undefined = span; at && !ids.has(at.parentId); ) {
    const { parentId }: Span = at
    ids.add(parentId)
    at = spans.find(({ spanId }) => spanId === parentId)
  }
  return ids
}

/** Whether the application made the span. Spans of integrations do not count, because not all of them are active. */
function isOfApplication({ meta }: Span): boolean {
  return meta.component === undefined && (meta['span.kind'] ?? 'internal') === 'internal'
}

/** The times of lines are whole milliseconds. So a time counts only if its whole millisecond is in the span. */
function isInside(time: number, span: Span): boolean {
  return time > startOf(span) && time + 1 < endOf(span)
}

/** Lines with the id of a trace that did not arrive, grouped by id. */
function strangers(run: Run): RunLine[][] {
  const groups = new Map<string, RunLine[]>()
  for (const line of run.lines) {
    if (line.low !== undefined && !run.traceOf(line)) groups.set(line.low, [...(groups.get(line.low) ?? []), line])
  }
  return [...groups.values()]
}

/** Whether a trace without lines arrived for the request that wrote these lines. */
function answeredBy({ traces }: Run, group: readonly RunLine[]): boolean {
  return group.every(line => traces.some(trace => trace.lines.length === 0 && covers(trace, line)))
}

/** Whether these lines were written in a request whose answer did not end. */
function openAt({ requests }: Run, group: readonly RunLine[]): boolean {
  return requests.some(
    ({ open, start, end = Number.POSITIVE_INFINITY }) =>
      open && group.some(({ received }) => received >= start && received <= end),
  )
}

/** Lines whose span did not arrive, although other spans of its trace did. */
function onMissingSpans(run: Run): RunLine[] {
  return run.lines.filter(line => {
    const { trace } = run.traceOf(line) ?? {}
    return (
      trace !== undefined &&
      line.line.spanId !== undefined &&
      !trace.spans.some(({ spanId }) => spanId === String(line.line.spanId))
    )
  })
}

function hasOtherHalf({ line }: RunLine, joined: RunTrace | undefined): boolean {
  const id = String(line.traceId)
  if (!joined || id.length !== 32 || joined.trace.traceId.startsWith(''.padStart(16, '0'))) return false
  return id.toLowerCase() !== joined.trace.traceId
}

function isFarFrom({ time }: RunLine, joined: RunTrace | undefined): boolean {
  return joined !== undefined && (time < joined.start - farAway || time > joined.end + farAway)
}

const farAway = 5 * 60_000
