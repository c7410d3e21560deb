import { isLinked, isObject, type Line } from '../line'
import { type Logger, patched } from '../loggers'
import { inSource, isTraced, usesSpanlog } from '../project/find'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import { countOf } from '../run/run'
import { type Count, isOfRequest, none, type Seen, sum } from '../seen'
import { ways } from './ids-not-read'
import type { Rule } from './rule'

/** The line has no ids, but should have them. */
export const noIds: readonly Rule[] = [
  {
    code: 'no-ids',
    title: 'No line has ids',
    why: 'dd-trace puts ids on pino, winston and bunyan only if it was started before the logger was loaded, and only if log injection is on. `spanlog doctor .` looks for the reason in the source. If there was no request in this time, nothing is wrong.',
    looks: '{"level":30,"time":1764237600000,"req":{"method":"GET","url":"/posts/7"},"msg":"request completed"}',
    fix: {
      any: "node --require dd-trace/init app.js            # CommonJS: before anything else\nnode --import dd-trace/initialize.mjs app.js    # ECMAScript modules\n// or without any patching: app.use(spanlog({ logger }))   // const { spanlog } = require('spanlog/express')",
      pino: `node --require dd-trace/init app.js   # or --import dd-trace/initialize.mjs\n// or without patching:\n${ways.pino}`,
      winston: `node --require dd-trace/init app.js   # or --import dd-trace/initialize.mjs\n// or without patching:\n${ways.winston}`,
      bunyan: `node --require dd-trace/init app.js   # or --import dd-trace/initialize.mjs\n// or without patching:\n${ways.bunyan}`,
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/2189',
      'https://github.com/DataDog/dd-trace-js/issues/3500',
      'https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/nodejs/',
    ],
    lines: seen => {
      if (seen.all('linked').lines + seen.all('service-only').lines > 0) return undefined
      return enough(seen, [...patched, 'json'], 'json')
    },
    run: ({ lines, traces }) => {
      if (!traces.length || lines.some(({ line }) => line.hasDd || isLinked(line))) return undefined
      const during = lines.filter(
        ({ line, time }) =>
          line.record && isPlain(line) && traces.some(({ start, end }) => time >= Math.floor(start) && time <= end + 1),
      )
      return countOf(during)
    },
  },
  {
    code: 'unsupported-logger',
    title: 'dd-trace does not know this logger',
    why: "dd-trace adds ids to the lines of pino, winston and bunyan only. It adds none to console, Nest's own logger, consola, log4js and tslog.",
    looks: '[Nest] 4711  - 11/27/2026, 10:00:00 AM     LOG [PostsController] GET /posts/7',
    fix: {
      any: `app.use(spanlog({ logger: fields => logger.child(fields) }))   // any logger, by a function\n// or on each line:\n${ways.any}`,
      console:
        "const { consoleLogger } = require('spanlog')\napp.use(spanlog({ logger: consoleLogger() }))   // and req.log.info(…) instead of console.log(…)",
      nest: "const app = await NestFactory.create(AppModule, { bufferLogs: true })\napp.useLogger(app.get(Logger))   // import { Logger, LoggerModule } from 'nestjs-pino'",
      log4js:
        'const withFields = fields => {\n  const logger = log4js.getLogger()\n  for (const [key, value] of Object.entries(fields)) logger.addContext(key, value)\n  return logger\n}\napp.use(spanlog({ logger: withFields }))   // and a layout that prints the context',
      tslog:
        "const logger = new Logger({ type: 'json' })\napp.use(spanlog({ logger: fields => logger.getSubLogger({}, fields) }))",
      consola:
        'app.use(spanlog({ logger: fields => consola.withDefaults(fields) }))   // and a reporter that writes JSON',
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/pull/715',
      'https://github.com/DataDog/dd-trace-js/issues/1172',
      'https://github.com/DataDog/dd-trace-js/issues/2284',
    ],
    project: unknownLogger,
    lines: seen => {
      const unknown = (['nest', 'log4js', 'tslog', 'consola', 'console'] as const).filter(
        logger => !seen.of(logger, 'linked').lines,
      )
      return found(sum(unknown.map(logger => enough(seen, [logger]) ?? none)))
    },
  },
  {
    code: 'outside-span',
    title: 'The line is from a request or a job, but no span was active',
    why: 'The tracer was running: the line has a `dd` with a service, but no ids. Work from a queue, a timer or a socket has no span unless your code starts one. A callback of a pool or an emitter may run outside of the span that started the work.',
    looks: '{"level":30,"msg":"sent","jobId":"81","dd":{"service":"shop","env":"prod"}}',
    fix: {
      any: "const { jobRunner } = require('spanlog')\nconst runJob = jobRunner({ logger })\nqueue.process(job => runJob('send-email', () => send(job)))   // a span around each job\n// or by hand: tracer.trace('job.run', { resource: 'send-email' }, () => send(job))",
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/2688',
      'https://github.com/DataDog/dd-trace-js/issues/1657',
      'https://github.com/DataDog/dd-trace-js/issues/2189',
    ],
    line: line => (speaksOfWork(line) ? wordsOfWork(line) : undefined),
  },
  {
    code: 'past-the-patch',
    title: 'Some lines of this logger have no `dd`, but others have one',
    why: 'Lines of requests have no `dd`, while other lines of the same logger have one. They were written by a logger that was made before the tracer started, or by process.stdout.write().',
    looks: '{"level":30,"req":{"url":"/posts/7"},"msg":"request completed"}   (beside lines with dd)',
    fix: {
      any: '// One logger for the whole program, made after the tracer was started:\nconst req = pinoHttp({ logger })         // not pinoHttp(), which makes its own logger\nlogger.info(fields, message)             // not process.stdout.write(JSON.stringify(fields))',
    },
    sources: [
      'https://github.com/DataDog/serverless-plugin-datadog/issues/74',
      'https://github.com/DataDog/dd-trace-js/issues/2189',
    ],
    lines: seen =>
      found(sum(structured.filter(logger => hasDd(seen, logger)).map(logger => seen.count(logger, 'request', 'json')))),
  },
  {
    code: 'lambda-lines',
    title: 'The function runs on Lambda, and its lines have no ids',
    why: "Lambda's runtime prints console lines with its request id. They get ids only from the Datadog layer or library that wraps the handler, and only if they are written by console.",
    looks: '2026-11-27T10:00:00.000Z\t8f5e1c2d-3e4f-4a6b-9d5c-2f1f4c1e9d5c\tINFO\tloading',
    fix: {
      any: "const { datadog } = require('datadog-lambda-js')\nexports.handler = datadog(handler)   // or the plugin serverless-plugin-datadog with `addLayers: true`\n// and DD_LOGS_INJECTION=true; pino: pino(pinoLambdaDestination()) instead of another stream",
    },
    sources: [
      'https://github.com/DataDog/datadog-lambda-js/issues/171',
      'https://github.com/DataDog/dd-trace-js/issues/2479',
    ],
    project: lambdaWithoutLayer,
    lines: seen => {
      if (!seen.all('lambda-report').lines || seen.all('linked').lines) return undefined
      return found(
        sum([
          seen.of('lambda', 'other', 'request'),
          seen.of('pino', 'other', 'request'),
          seen.of('json', 'other', 'request'),
          seen.of('winston', 'other', 'request'),
        ]),
      )
    },
  },
]

/**
 * The lines without ids, if they are a finding: one of them names a request, or there are 50 or more. Fewer lines may all be from
 * start-up, outside of any request, where it is right that they have no ids.
 */
function enough(seen: Seen, loggers: readonly Logger[], form?: 'json'): Count | undefined {
  const count = (situation: 'request' | 'other') =>
    sum(loggers.map(logger => (form ? seen.count(logger, situation, form) : seen.of(logger, situation))))
  const asked = count('request')
  // Much of the output of the console is no log.
  const other = loggers.includes('console') ? none : count('other')
  const lines = asked.lines + other.lines
  const many = lines >= 50 && seen.all('linked').lines === 0
  return asked.lines || many ? { lines, example: asked.example ?? other.example } : undefined
}

const structured: readonly Logger[] = ['pino', 'winston', 'bunyan', 'json']

function hasDd(seen: Seen, logger: Logger): boolean {
  return seen.count(logger, 'linked', 'json').lines + seen.count(logger, 'service-only', 'json').lines > 0
}

function found(count: Count): Count | undefined {
  return count.lines ? count : undefined
}

function speaksOfWork(line: Line): boolean {
  const noId = line.traceId === undefined && line.spanId === undefined
  return noId && line.hasDd && line.service !== undefined && isOfRequest(line)
}

function wordsOfWork({ text, record = {} }: Line): string {
  const { dd } = record
  return isObject(dd)
    ? (/"dd"\s*:\s*\{[^}]*\}/.exec(text)?.[0] ?? '')
    : (/"dd\.service"\s*:\s*"[^"]*"/.exec(text)?.[0] ?? '')
}

/** Whether a line has no ids at all. Other rules report lines with ids in a wrong form. */
function isPlain({ traceId, spanId }: Line): boolean {
  return traceId === undefined && spanId === undefined
}

const unknownLoggers = /^(?:log4js|consola|tslog|signale|loglevel|npmlog|roarr)$/

/** The places where a project loads loggers, if dd-trace knows none of them. If it loads none, the places where it uses the console. */
function unknownLogger(project: Project): Place[] {
  if (
    !isTraced(project) ||
    usesSpanlog(project) ||
    [...patched, 'nestjs-pino', 'nest-winston'].some(name => project.has(name))
  )
    return []
  const loggers = project.sources.flatMap(source =>
    source.imports.filter(({ from }) => unknownLoggers.test(from)).map(each => inSource(source, each, each.from)),
  )
  if (loggers.length) return loggers
  return project.sources.flatMap(source =>
    source.calls
      .filter(({ callee }) => writes.test(callee))
      .map(call => inSource(source, call, call.callee.split('.').pop())),
  )
}

const writes = /^(?:console\.(?:log|info|warn|error)|new @nestjs\/common\.Logger|@nestjs\/common\.Logger)$/

/** Finds a serverless.yml or template.yaml of a package that has dd-trace, but no library or layer that wraps the handler. */
function lambdaWithoutLayer(project: Project): Place[] {
  if (!isTraced(project) || project.has('datadog-lambda-js') || project.has('serverless-plugin-datadog')) return []
  return project.configs.flatMap(({ path, text }) => {
    const lambda =
      /(?:^|\/)(?:serverless|template)\.ya?ml$/.test(path) &&
      /^\s*(?:name:\s*aws|Type:\s*AWS::Serverless::Function|runtime:\s*nodejs.*)$/m.exec(text)
    if (!lambda || /Datadog-(?:Node|Extension)|serverless-plugin-datadog/i.test(text)) return []
    return [
      {
        file: path,
        line: text.slice(0, lambda.index).split('\n').length,
        text: lambda[0].trim(),
        mark: lambda[0].trim(),
      },
    ]
  })
}
