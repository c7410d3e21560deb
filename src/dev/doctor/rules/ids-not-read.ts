import { allKeys, keysOf, pathsOf } from '../json'
import { isLinked, isObject, isTraceId, type Line, parseRecord } from '../line'
import { inSource, usesSpanlog } from '../project/find'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import { isNode, type Node, nameOfKey, nodesOf, propertyIn, type SourceFile } from '../project/syntax'
import type { Rule } from './rule'

const correlatedLogs =
  'https://docs.datadoghq.com/tracing/troubleshooting/correlated-logs-not-showing-up-in-the-trace-id-panel/'
const logsTroubleshooting = 'https://docs.datadoghq.com/logs/troubleshooting/'

/** One line of code per logger that puts ids on its lines. Many fixes contain it. */
export const ways = {
  pino: "const logger = pino({ mixin: pinoMixin() })                      // const { pinoMixin } = require('spanlog')",
  winston:
    "format: format.combine(winstonFormat(), format.json())          // const { winstonFormat } = require('spanlog')",
  bunyan:
    "streams: [{ type: 'raw', stream: bunyanStream(process.stdout) }] // const { bunyanStream } = require('spanlog')",
  any: "logger.info({ ...correlate() }, 'loading')                      // const { correlate } = require('spanlog')",
}

/** The line has ids, but Datadog does not read them in this form or at this place. */
export const idsNotRead: readonly Rule[] = [
  {
    code: 'numeric-ids',
    title: 'The ids are numbers',
    why: 'Datadog links a line by an id that is a string. Also, a 64-bit id that is a number has lost its last digits in JavaScript. It ends in zeros, and no trace has this id.',
    looks: '{"level":30,"msg":"loading","dd":{"trace_id":7482291040663559000,"span_id":7482291040663559000}}',
    fix: {
      any: "tracer.inject(span, 'log', record)     // writes strings; instead of Number(span.context().toTraceId())\n{ dd: { trace_id: String(traceId), span_id: String(spanId) } }",
      pino: `mixin: () => {\n  const fields = {}\n  tracer.inject(tracer.scope().active(), 'log', fields)   // strings, not Number(…)\n  return fields\n}\n// or\n${ways.pino}`,
      winston: `${ways.winston}\n// or, by hand: info.dd = { trace_id: span.context().toTraceId(true), span_id: span.context().toSpanId() }`,
      bunyan: ways.bunyan,
      log4js:
        'layout: { type: \'pattern\', pattern: \'[%d] [%p] %c - %m dd.trace_id="%X{trace_id}" dd.span_id="%X{span_id}"\' }   // in quotes',
    },
    sources: [
      correlatedLogs,
      'https://github.com/DataDog/dd-trace-go/issues/3324',
      'https://github.com/DataDog/dd-trace-go/issues/2351',
    ],
    project: project => inCalls(project, /^(?:Number|parseInt|Number\.parseInt|parseFloat)$/, /\.to(?:Trace|Span)Id\(/),
    line: ({ traceId, spanId, text }) => {
      const numeric = [traceId, spanId].some(id => typeof id === 'number' && id !== 0)
      return numeric ? marked(text, /"?(?:dd\.)?(?:trace_id|span_id)"?\s*[:=]\s*\d[\d.e+]*/) : undefined
    },
  },
  {
    code: 'other-key',
    title: 'The id has another name',
    why: 'Datadog reads only `dd.trace_id` and `trace_id`. It reads another name only if the account has a remapper for it.',
    looks: '{"level":"info","message":"loading","traceId":"6b02cac80000000072ed2db9f17da9fe"}',
    fix: {
      any: `{ dd: { trace_id: traceId, span_id: spanId } }   // instead of { traceId, spanId }\n// or\n${ways.any}`,
      pino: `mixin: () => ({ dd: { trace_id, span_id } })   // instead of { traceId, spanId }\n// or\n${ways.pino}`,
      winston: `info.dd = { trace_id, span_id }   // instead of info.traceId\n// or\n${ways.winston}`,
      bunyan: ways.bunyan,
    },
    sources: [
      correlatedLogs,
      'https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/opentelemetry/',
    ],
    project: idsUnderOtherNames,
    line: line => (mayHide(line) ? otherKey(line) : undefined),
  },
  {
    code: 'nested-ids',
    title: 'The ids are too deep in the line',
    why: 'Datadog looks for `dd` at the top of the line. It does not find it if the logger puts all fields under another key.',
    looks: '{"level":"info","message":"loading","metadata":{"dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe"}}}',
    fix: {
      any: 'const { dd, ...metadata } = fields\nwrite({ level, message, dd, metadata })   // `dd` beside `metadata`, not in it',
      pino: "pino({ nestedKey: undefined })   // or give `dd` by a mixin, which nestedKey does not move:\npino({ nestedKey: 'payload', formatters: { log: fields => fields } })",
      winston:
        "format.combine(winstonFormat(), format.metadata({ fillExcept: ['level', 'message', 'timestamp', 'dd'] }), format.json())",
      tslog: 'const log = logger.getSubLogger({}, { ...correlate() })   // the fields of a sub logger are at the top',
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/1018',
      'https://github.com/apollographql/router/issues/4763',
    ],
    line: line => (mayHide(line) ? nestedIds(line) : undefined),
  },
  {
    code: 'zero-id',
    title: 'The id is empty or zero',
    why: 'A zero id means "no trace". It comes from a span that does nothing: the tracer was not started, or only after the code that uses it.',
    looks: '{"level":"info","message":"loading","dd":{"trace_id":"0","span_id":"0"}}',
    fix: {
      any: "require('dd-trace').init()   // the first line of the program, or: node --require dd-trace/init app.js\n// and write no ids where there is no span:\nconst span = tracer.scope().active()\nif (span) tracer.inject(span, 'log', record)",
    },
    sources: [
      'https://github.com/namespace-ee/django-datadog-logger/issues/33',
      'https://github.com/DataDog/dd-trace-js/issues/7995',
    ],
    line: ({ traceId, text, record }) => {
      const zero = traceId === 0 || traceId === null || (typeof traceId === 'string' && /^0*$/.test(traceId))
      if (!zero) return undefined
      return marked(text, record ? /"(?:dd\.)?trace_id"\s*:\s*(?:"0*"|0|null)/ : /dd\.trace_id=0*/)
    },
  },
  {
    code: 'no-trace-id',
    title: 'The line has a span id but no trace id',
    why: 'Datadog finds the lines of a trace by the trace id. A span id alone links nothing.',
    looks: '{"level":"info","message":"loading","dd":{"span_id":"8281325566447954430"}}',
    fix: {
      any: "tracer.inject(span, 'log', record)   // writes both ids; instead of { span_id: span.context().toSpanId() }",
      pino: ways.pino,
      winston: ways.winston,
      bunyan: ways.bunyan,
    },
    sources: ['https://github.com/DataDog/dd-trace-js/issues/1081'],
    line: ({ traceId, spanId, text }) =>
      traceId === undefined && spanId !== undefined
        ? marked(text, /"(?:dd\.)?span_id"\s*:\s*(?:"[^"]*"|\d+)/)
        : undefined,
  },
  {
    code: 'two-dd',
    title: 'The line has `dd` twice',
    why: 'Some readers use the first one, others the last one. pino writes the `dd` of a child logger, and dd-trace adds its own at the end of the same line.',
    looks: '{"level":30,"dd":{"trace_id":"1"},"msg":"loading","dd":{"trace_id":"2","span_id":"3"}}',
    fix: {
      any: '// Write the ids in one place only: by your own code,\nDD_LOGS_INJECTION=false\n// or by dd-trace, and then without `dd` in the fields of a child logger.',
      pino: 'DD_LOGS_INJECTION=false                 // if your code writes `dd`\nlogger.child({ requestId })             // or: no `dd` in child() where dd-trace writes it\nconst logger = pino({ mixin: pinoMixin() }) // or: by a mixin. Then dd-trace adds no `dd`',
    },
    sources: ['https://github.com/DataDog/dd-trace-js/blob/master/packages/datadog-instrumentations/src/pino.js'],
    line: ({ record, text }) =>
      record && hasTwoDd(text, record) ? marked(text, /"dd(?:\.trace_id)?"\s*:.*"dd(?:\.trace_id)?"\s*:/s) : undefined,
  },
  {
    code: 'hex-id',
    title: 'The id is half a trace id in hexadecimal',
    why: 'Datadog accepts trace ids of 32 hexadecimal digits or of up to 20 decimal digits, and span ids in decimal. It does not accept 16 hexadecimal digits.',
    looks: '{"level":"info","message":"loading","dd":{"trace_id":"72ed2db9f17da9fe","span_id":"72ed2db9f17da9fe"}}',
    fix: {
      any: "tracer.inject(span, 'log', record)   // the right form, with any DD_TRACE_128_BIT_TRACEID_*\nspan.context().toTraceId(true)       // 32 hexadecimal digits\nspan.context().toSpanId()            // decimal; not toSpanId(true)",
      pino: ways.pino,
      winston: ways.winston,
      bunyan: ways.bunyan,
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/4524',
      'https://github.com/DataDog/dd-trace-js/issues/3262',
      'https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/36926',
    ],
    line: ({ traceId, spanId, text }) => {
      if (isHalf(traceId)) return marked(text, /"?(?:dd\.)?trace_id"?\s*[:=]\s*"?(?:0x)?[0-9a-f]{16}\b"?/i)
      return isLinkedId(traceId) && isHalf(spanId)
        ? marked(text, /"?(?:dd\.)?span_id"?\s*[:=]\s*"?(?:0x)?[0-9a-f]{16}\b"?/i)
        : undefined
    },
  },
  {
    code: 'not-an-id',
    title: 'The value is not a trace id',
    why: 'Datadog accepts 32 hexadecimal digits or up to 20 decimal digits. A request id, a UUID, a whole `traceparent` or the word `undefined` is not the id of a trace.',
    looks: '{"level":"info","message":"loading","dd":{"trace_id":"2f1f4c1e-9d5c-4f1b-8f5e-1c2d3e4f5a6b"}}',
    fix: {
      any: `{ request_id: requestId, ...correlate() }   // the request's own id under its own name\ntraceparent.split('-')[1]                   // the trace id in a traceparent`,
      pino: ways.pino,
      winston: ways.winston,
      bunyan: ways.bunyan,
    },
    sources: [correlatedLogs, 'https://github.com/googleapis/nodejs-logging-winston/issues/674'],
    line: ({ traceId, text }) =>
      isNoId(traceId) ? marked(text, /"?(?:dd\.)?trace_id"?\s*[:=]\s*(?:"[^"]*"|[^\s,}\]]+)/) : undefined,
  },
  {
    code: 'text-before-json',
    title: 'There is text before the JSON',
    why: 'Datadog reads a line as JSON only if it begins with `{`. With a prefix the whole line is text, and the ids in it are not found.',
    looks: '[0] {"level":30,"msg":"loading","dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe"}}',
    fix: {
      any: 'concurrently --raw "npm:start:*"      // no prefix\npm2-runtime --raw app.js              // not `pm2 logs`\nexec node app.js                      // one program per container, and no other between it and stdout',
    },
    sources: ['https://github.com/DataDog/serverless-plugin-datadog/issues/59'],
    line: textBeforeJson,
  },
  {
    code: 'json-in-string',
    title: 'The line is inside a string of another JSON object',
    why: 'Another program has put the whole line into one field. Datadog parses that field only if a pipeline for the source does so (`source:nodejs` does for `message`).',
    looks:
      '{"log":"{\\"dd\\":{\\"trace_id\\":\\"6b02cac80000000072ed2db9f17da9fe\\"}}","kubernetes":{"pod_name":"shop"}}',
    fix: {
      any: '[FILTER]                 # Fluent Bit: take the record out of the string\n    Name         parser\n    Match        *\n    Key_Name     log\n    Parser       json\n    Reserve_Data On',
      console:
        'console.log(JSON.stringify({ message, ...correlate() }))   // an object, not JSON as the message of another logger',
      winston: 'logger.info(message, fields)   // not logger.info(JSON.stringify({ message, ...fields }))',
      pino: 'logger.info(fields, message)   // not logger.info(JSON.stringify({ message, ...fields }))',
    },
    sources: [
      'https://github.com/fluent/fluent-bit/issues/3660',
      'https://github.com/DataDog/integrations-core/pull/5085',
      'https://github.com/Nebo15/logger_json/issues/98',
    ],
    line: line => (line.record && !isLinked(line) ? jsonInString(line) : undefined),
  },
  {
    code: 'many-lines',
    title: 'One entry was written as many lines',
    why: 'For Datadog each line is a separate entry. The first line may have the ids. The stack, or the pretty-printed rest, has none.',
    looks: 'Error: no such post\n    at load (/app/posts.js:7:9)',
    fix: {
      any: "logger.error({ err }, 'could not load')   // one line, with the stack as a field; not console.error(err)",
      pino: "logger.error(err, 'could not load')   // one line\npino()                                // pino-pretty for the terminal only: pino app.js | pino-pretty",
      winston: 'format: format.combine(format.errors({ stack: true }), format.json())   // not prettyPrint()',
      console:
        "console.error(JSON.stringify({ message: err.message, error: { stack: err.stack }, ...correlate() }))\n// or const { consoleLogger } = require('spanlog')\n// Express prints the stack of an error that none of your error handlers answers: mount one",
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/1170',
      'https://github.com/DataDog/dd-trace-js/issues/1328',
      'https://docs.datadoghq.com/logs/guide/how-to-handle-multi-line-logs/',
    ],
    line: ({ record, text }) => (record ? undefined : ofManyLines(text)),
  },
  {
    code: 'cut-at-16k',
    title: 'The line was cut at 16 kB',
    why: "Docker splits a line after 16,384 bytes. The first part is not valid JSON, and the rest has no ids. Datadog's agent joins the parts if it reads the containers itself. A pipe, a log shipper or `docker logs` does not.",
    looks: '{"level":30,"msg":"loading","body":"… (16,384 bytes, and no end)',
    fix: {
      any: "logger.info({ size: body.length }, 'loading')   // not the whole body\n// or let Datadog's agent read the containers itself: DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL=true",
      pino: "pino({ redact: { paths: ['body', 'res.body'], remove: true } })",
    },
    sources: ['https://github.com/moby/moby/issues/34855', 'https://github.com/DataDog/datadog-agent/issues/17082'],
    line: line => {
      const size = line.text.length
      return isOpen(line) && size >= 16_000 && size <= 16_500 ? line.text.slice(-40) : undefined
    },
  },
  {
    code: 'too-long',
    title: 'The line is longer than 1 MB',
    why: 'Datadog cuts a line after 1 MB. dd-trace writes its ids at the end of the line, so they are cut off.',
    looks: '{"level":30,"msg":"loading","body":"… (more than 1,000,000 bytes)',
    fix: { any: "logger.info({ size: body.length }, 'loading')   // not the whole body" },
    sources: [logsTroubleshooting],
    line: ({ text }) => (text.length > 1_000_000 ? '' : undefined),
  },
  {
    code: 'broken-json',
    title: 'The line begins like JSON but is not valid JSON',
    why: 'Datadog reads such a line as text, and finds no ids in it. Such lines come from two processes that write into one pipe, or from a file that was cut.',
    looks: '{"level":30,"msg":"load{"level":30,"msg":"other"}',
    fix: {
      any: 'pino(pino.destination({ sync: true }))   // whole lines, one process per pipe\nlogrotate: copytruncate                  // not: rename while the program writes',
    },
    sources: [logsTroubleshooting],
    line: line => (isOpen(line) && line.text.length < 16_000 ? line.text.slice(-40) : undefined),
  },
  {
    code: 'text-not-read',
    title: 'Datadog does not read ids at this place in a text',
    why: 'The pipeline for `source:nodejs` reads ids in a text only in the form `[… dd.trace_id=… dd.span_id=…]`, at the very start. The pipeline for `source:go` reads them as key="value". In any other form they are only text.',
    looks:
      '2026-11-27T10:00:00Z INFO loading dd.trace_id="6b02cac80000000072ed2db9f17da9fe" dd.span_id="8281325566447954430"',
    fix: {
      any: "const { consoleLogger } = require('spanlog')\nconst log = consoleLogger({ format: 'text' })   // writes the ids where Datadog reads them; consoleLogger() writes JSON",
      console:
        "const { consoleLogger } = require('spanlog')\nconst log = consoleLogger({ format: 'text' })   // writes the ids where Datadog reads them; consoleLogger() writes JSON",
      log4js:
        "layout: { type: 'json' }   // see examples/express-other-loggers.js; in a pattern, put the ids at the start, or in quotes",
      winston: ways.winston,
    },
    sources: [correlatedLogs],
    line: textNotRead,
  },
  {
    code: 'winston-text',
    title: "winston's format prints no ids that Datadog can read",
    why: '`simple`, `cli` and `printf` write a line as text. dd-trace adds its ids to the record. These formats print them at the end of the line, or not at all.',
    looks: 'info: loading {"dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe","span_id":"8281325566447954430"}}',
    fix: {
      any: 'format: format.json()   // instead of format.simple() or format.printf(…)',
      winston: 'format: format.json()   // instead of format.simple() or format.printf(…)',
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/2277',
      'https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/nodejs/',
    ],
    project: project => (usesSpanlog(project) ? [] : textFormats(project)),
    line: ({ record, logger, text }) =>
      !record && logger === 'winston' && embeddedJson(text) ? marked(text, /\{.*"(?:dd|trace_id)".*$/s) : undefined,
    lines: seen => {
      const linked = seen.count('winston', 'linked', 'text').lines
      const found = seen.count('winston', 'other', 'text')
      const asked = seen.count('winston', 'request', 'text')
      const lines = found.lines + asked.lines
      return linked || !lines ? undefined : { lines, example: found.example ?? asked.example }
    },
  },
  {
    code: 'forged',
    title: 'The message can choose the trace',
    why: 'The pipeline for `source:nodejs` also parses the message. If it begins with `[… dd.trace_id=… dd.span_id=…]` or is JSON with ids, its ids replace those of the line. So the text of a user can move the line to another trace.',
    looks:
      '{"msg":"[dd.trace_id=1 dd.span_id=1] hi","dd":{"trace_id":"6b02cac80000000072ed2db9f17da9fe","span_id":"8281325566447954430"}}',
    fix: {
      any: "log('said: ' + text)   // your own words before the text of a user",
      pino: "logger.info({ text }, 'said')   // text of a user as a field, not as the message",
      winston: "logger.info('said', { text })   // text of a user as a field, not as the message",
      bunyan: "logger.info({ text }, 'said')   // text of a user as a field, not as the message",
    },
    sources: ['https://docs.datadoghq.com/logs/log_configuration/pipelines/'],
    line: line => (line.record ? forgedIds(line) : undefined),
  },
]

/** The first words that match. */
function marked(text: string, words: RegExp): string {
  return words.exec(text)?.[0] ?? ''
}

const otherNames = new Set([
  ...['traceid', 'trace-id', 'trace.id', 'dd.traceid', 'dd_trace_id', 'ddtraceid', 'oteltraceid', 'x-datadog-trace-id'],
  ...['logging.googleapis.com/trace', 'datadog.trace_id', 'dd.trace.id', 'span.trace_id', 'traceparent'],
])

/** A quick test whether a line without an id may have one at another place. Most lines have none, so they are not searched. */
function mayHide({ traceId, record, text }: Line): boolean {
  return traceId === undefined && record !== undefined && /trace/i.test(text)
}

function otherKey({ record = {}, text }: Line): string | undefined {
  const dd = isObject(record.dd) ? record.dd : {}
  const keys = [...Object.entries(record), ...Object.entries(dd)]
  const key = keys.find(([name, value]) => otherNames.has(name.toLowerCase()) && isIdLike(value))?.[0]
  if (key) return markedKey(text, key)
  const { trace } = record
  return isObject(trace) && isIdLike(trace.id) ? markedKey(text, 'trace') : undefined
}

function nestedIds({ record = {}, text }: Line): string | undefined {
  const found = pathsOf(record, ['trace_id', 'dd.trace_id', 'traceId'], 6).find(
    ({ path, value }) => path.length > 1 && isIdLike(value),
  )
  // The other name, as in `dd.traceId`, is reported by the rule `other-key`.
  if (!found || (found.path[0] === 'dd' && found.path.length === 2)) return undefined
  return markedKey(text, found.path[0] as string)
}

function markedKey(text: string, key: string): string {
  const at = text.indexOf(JSON.stringify(key))
  return at < 0 ? '' : text.slice(at, Math.min(at + key.length + 50, text.length))
}

function isIdLike(value: unknown): boolean {
  if (typeof value === 'number') return value > 1e9
  return (
    typeof value === 'string' &&
    /^(?:[0-9a-f]{16}|[0-9a-f]{32}|\d{10,20}|.*\/traces\/\w+|\w\w-[0-9a-f]{32}-.*|[0-9a-f-]{36})$/i.test(value)
  )
}

function isHalf(id: unknown): boolean {
  return typeof id === 'string' && /^(?:0x)?[0-9a-f]{16}$/i.test(id) && /[a-f]/i.test(id)
}

function isLinkedId(id: unknown): boolean {
  return isTraceId(id)
}

function isNoId(id: unknown): boolean {
  if (id === undefined || id === null || id === '' || typeof id === 'number') return false
  return !isTraceId(id) && !isHalf(id) && !/^0+$/.test(String(id))
}

function hasTwoDd(text: string, record: Readonly<Record<string, unknown>>): boolean {
  const first = text.indexOf('"dd')
  if (first < 0 || text.indexOf('"dd', first + 1) < 0) return false
  if ('dd' in record && 'dd.trace_id' in record) return true
  return keysOf(text).filter(key => key === 'dd').length > 1
}

function textBeforeJson(line: Line): string | undefined {
  if (line.envelope.by === 'runner') return isLinked(line) ? line.envelope.prefix : undefined
  if (line.record || isLinked(line) || line.logger === 'winston') return undefined
  const json = embeddedJson(line.text)
  return json === undefined ? undefined : line.text.slice(0, line.text.length - json.length) || undefined
}

/** The JSON with ids at the end of a text; `undefined` if there is none. */
function embeddedJson(text: string): string | undefined {
  const at = text.indexOf('{')
  if (at <= 0 || !text.trimEnd().endsWith('}') || !/"(?:dd|trace_id|dd\.trace_id)"/.test(text)) return undefined
  const json = text.slice(at)
  return parseRecord(json) ? json : undefined
}

function textNotRead({ record, traceId, text }: Line): string | undefined {
  if (record || traceId !== undefined || text.startsWith('{') || embeddedJson(text)) return undefined
  return /\bdd\.trace_id=\S+(?: dd\.span_id=[^\s\]]+)?/.exec(text)?.[0]
}

function jsonInString({ record = {}, text }: Line): string | undefined {
  for (const key of ['message', 'msg', 'log', 'body', 'MESSAGE', 'line']) {
    const value = record[key]
    if (typeof value === 'string' && /^\s*\{/.test(value) && hasIds(value)) return markedKey(text, key)
  }
  return undefined
}

function hasIds(text: string): boolean {
  const inner = parseRecord(text.trim())
  return inner !== undefined && allKeys(inner, 3).some(key => key === 'trace_id' || key === 'dd.trace_id')
}

function ofManyLines(text: string): string | undefined {
  const frame = /^\s+at (?:.+ \()?(?:file:\/\/|node:|\/|[A-Za-z]:\\|<anonymous>|eval |async ).*$/.exec(text)
  return (frame ?? /^\s+"?dd"?: \{.*$/.exec(text) ?? /^\s+"?trace_id"?: ["'].*$/.exec(text))?.[0].trim()
}

/** Whether a line begins like a JSON object but is not one. */
function isOpen({ record, text }: Line): boolean {
  return !record && /^\{\s*"/.test(text)
}

function forgedIds(line: Line): string | undefined {
  const { message, text } = line
  const [words, id] = /^\s*\[[^[\]]*dd\.trace_id=(\w+) dd\.span_id=\w+\]/.exec(message) ?? []
  if (words && id !== line.traceId) return markedWords(text, words)
  return isLinked(line) && /^\s*\{/.test(message) && hasIds(message)
    ? markedWords(text, message.slice(0, 40))
    : undefined
}

/** The words as they are written in JSON; `''` if the line does not contain them in this form. */
function markedWords(text: string, words: string): string {
  const written = JSON.stringify(words).slice(1, -1)
  return text.includes(written) ? written : ''
}

/** Calls of a function that matches `callee`, with a first argument that matches `argument`. */
function inCalls({ sources }: Project, callee: RegExp, argument: RegExp): Place[] {
  return sources.flatMap(source =>
    source.calls
      .filter(call => callee.test(call.callee) && call.args[0] && argument.test(source.textOf(call.args[0])))
      .map(call => inSource(source, call, `${call.callee}(`)),
  )
}

/** Finds `{ traceId: span.context().toTraceId() }`, as an argument of a call or as the value that an arrow function returns. */
function idsUnderOtherNames({ sources }: Project): Place[] {
  return sources.flatMap(source => {
    const nodes = source.text.includes('toTraceId(') ? [...nodesOf(source.tree)] : []
    return nodes
      .filter(({ type }) => type === 'CallExpression' || type === 'ArrowFunctionExpression')
      .flatMap(({ arguments: given, body }) => [given, body].flat())
      .flatMap(object => (isNode(object) && object.type === 'ObjectExpression' ? (object.properties as Node[]) : []))
      .filter(
        ({ key, value }) => isOtherName(nameOfKey(key)) && isNode(value) && /\.toTraceId\(/.test(source.textOf(value)),
      )
      .map(({ key, loc }) => inSource(source, loc.start, nameOfKey(key)))
  })
}

/** Names of headers do not count: they are for other services, not for lines. */
const isOtherName = (name: string) => otherNames.has(name.toLowerCase()) && !/^x-|^traceparent$/i.test(name)

/** `winston.createLogger` with a format that writes text without `dd`. */
function textFormats({ sources }: Project): Place[] {
  return sources.flatMap(source =>
    source.calls
      .filter(
        ({ callee }) =>
          /^winston\.(?:createLogger|loggers\.add)$/.test(callee) ||
          /^(?:winston\.transports\.|nest-winston\.WinstonModule\.)/.test(callee),
      )
      .flatMap(({ args }) => propertyIn(args[0], 'format') ?? [])
      .filter(format => writesText(source, format))
      .map(format =>
        inSource(source, format.loc.start, /\b(?:simple|printf|cli|prettyPrint)\b/.exec(source.textOf(format))?.[0]),
      ),
  )
}

function writesText(source: SourceFile, format: Node): boolean {
  const names = [...nodesOf(format)]
    .filter(({ type }) => type === 'CallExpression')
    .map(({ callee }) => source.nameOf(callee))
  if (names.some(name => /^(?:winston\.format|logform)\.(?:json|logstash)$/.test(name))) return false
  const isText = names.some(name => /^(?:winston\.format|logform)\.(?:simple|printf|cli|prettyPrint)$/.test(name))
  return isText && !/JSON\.stringify|\bdd\b|trace_id/.test(source.textOf(format))
}
