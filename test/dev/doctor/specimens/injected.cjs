// Writes real lines of real loggers, with dd-trace's log injection on: `>>> code sick` or `>>> code well` before each specimen.
const tracer = require('dd-trace').init({ service: process.env.DD_SERVICE ?? 'shop', env: 'dev', version: '1.0.0' })

const { setTimeout: sleep } = require('node:timers/promises')
const { inspect, format } = require('node:util')
const { trace: otel } = require('@opentelemetry/api')
const bunyan = require('bunyan')
const log4js = require('log4js')
const pino = require('pino')
const { consoleLogger, correlate } = require('spanlog')
const { Logger: Tslog } = require('tslog')
const winston = require('winston')

const span = tracer.startSpan('web.request', { tags: { 'span.kind': 'server' } })
const ids = () => span.context()
const inSpan = fn => tracer.scope().activate(span, fn)
const direct = pino.destination({ sync: true })
const newPino = options => pino(options, direct)
const newWinston = (form, options) =>
  winston.createLogger({
    format: form,
    transports: [new winston.transports.Stream({ stream: process.stdout })],
    ...options,
  })
const { combine, json, metadata, printf, simple, timestamp } = winston.format

const specimens = {
  'healthy pino': () => inSpan(() => newPino().info('loading')),
  'healthy winston': () => inSpan(() => newWinston(combine(timestamp(), json())).info('loading')),
  'healthy bunyan': () => inSpan(() => bunyan.createLogger({ name: 'shop' }).info('loading')),
  'healthy console json': () => inSpan(() => consoleLogger().child(correlate()).info('loading')),
  'healthy console text': () => inSpan(() => consoleLogger({ format: 'text' }).child(correlate()).info('loading')),
  'healthy tslog': () => inSpan(() => new Tslog({ type: 'json' }).getSubLogger({}, { ...correlate() }).info('loading')),

  'numeric-ids sick': () =>
    inSpan(() => byHand({ trace_id: Number(ids().toTraceId()), span_id: Number(ids().toSpanId()) })),
  'numeric-ids sick by log4js': () => withLog4js('[%d] [%p] %c - %m [dd.trace_id=%X{trace_id} dd.span_id=%X{span_id}]'),
  'numeric-ids well': () => inSpan(() => byHand({ trace_id: ids().toTraceId(), span_id: ids().toSpanId() })),
  'numeric-ids well by log4js': () =>
    withLog4js('[%d] [%p] %c - %m [dd.trace_id="%X{trace_id}" dd.span_id="%X{span_id}"]'),

  'other-key sick': () => newPino({ mixin: () => ({ traceId: ids().toTraceId(true) }) }).info('loading'),
  'other-key sick nested': () => newPino({ mixin: () => ({ trace: { id: ids().toTraceId(true) } }) }).info('loading'),
  'other-key well': () => newPino({ mixin: () => ({ trace_id: ids().toTraceId(true) }) }).info('loading'),

  'nested-ids sick': () => inSpan(() => newWinston(combine(metadata(), json())).info('loading')),
  'nested-ids sick by pino': () => newPino({ nestedKey: 'payload' }).info(correlate(span), 'loading'),
  'nested-ids well': () =>
    inSpan(() => newWinston(combine(metadata({ fillExcept: ['dd', 'level', 'message'] }), json())).info('loading')),

  'zero-id sick': () => {
    const { traceId, spanId } = otel.getTracer('none').startSpan('nothing').spanContext()
    byHand({ trace_id: traceId, span_id: spanId })
  },
  'zero-id sick and empty': () => byHand({ trace_id: '', span_id: '' }),
  'zero-id well': () => byHand(correlate(span).dd),

  'no-trace-id sick': () => byHand({ span_id: ids().toSpanId() }),
  'no-trace-id well': () => byHand({ trace_id: ids().toTraceId(), span_id: ids().toSpanId() }),

  'two-dd sick': () => inSpan(() => newPino().child(correlate()).info('loading')),
  'two-dd well': () => inSpan(() => newPino().child({ requestId: '1' }).info('loading')),

  'hex-id sick': () => byHand({ trace_id: halfOf(ids()), span_id: ids().toSpanId() }),
  'hex-id sick span': () => byHand({ trace_id: ids().toTraceId(true), span_id: halfOf(ids()) }),
  'hex-id well': () => byHand({ trace_id: ids().toTraceId(true), span_id: ids().toSpanId() }),

  'not-an-id sick': () => byHand({ trace_id: require('node:crypto').randomUUID(), span_id: ids().toSpanId() }),
  'not-an-id sick traceparent': () => byHand({ trace_id: ids().toTraceparent(), span_id: ids().toSpanId() }),
  'not-an-id sick undefined': () => byHand({ trace_id: String(undefined), span_id: ids().toSpanId() }),
  'not-an-id well': () => byHand({ trace_id: ids().toTraceparent().split('-')[1], span_id: ids().toSpanId() }),

  'text-before-json sick': () => console.log('request', JSON.stringify({ message: 'loading', ...correlate(span) })),
  'text-before-json well': () => console.log(JSON.stringify({ message: 'loading', ...correlate(span) })),

  'json-in-string sick': () => newWinston(json()).info(JSON.stringify({ message: 'loading', ...correlate(span) })),
  'json-in-string well': () => newWinston(json()).info('loading', correlate(span)),

  'many-lines sick': () => console.log(new Error('no such post').stack),
  'many-lines sick object': () => console.log(inspect({ message: 'loading', ...correlate(span) }, { breakLength: 40 })),
  'many-lines well': () => inSpan(() => newPino().error(new Error('no such post'))),
  'many-lines well object': () => console.log(JSON.stringify({ message: 'loading', ...correlate(span) })),

  'too-long sick': () => inSpan(() => newPino().info({ body: 'x'.repeat(1_100_000) }, 'loading')),
  'too-long well': () => inSpan(() => newPino().info({ body: 'x'.repeat(900_000) }, 'loading')),

  'text-not-read sick': () => console.log(format('2026-11-27T10:00:00Z INFO loading %s', correlate(span))),
  'text-not-read well': () => inSpan(() => consoleLogger({ format: 'text' }).child(correlate()).info('loading')),

  'winston-text sick': () => inSpan(() => newWinston(simple()).info('loading')),
  'winston-text sick printf': () =>
    inSpan(() => newWinston(printf(({ level, message }) => `${level}: ${message}`)).info('loading')),
  'winston-text well': () => inSpan(() => newWinston(json()).info('loading')),

  'forged sick': () => inSpan(() => newPino().info('[x=1 dd.trace_id=deadbeef dd.span_id=1] hi')),
  'forged sick json': () => inSpan(() => newPino().info('{"dd":{"trace_id":"666","span_id":"1"}}')),
  'forged well': () => inSpan(() => newPino().info({ text: '[x=1 dd.trace_id=deadbeef dd.span_id=1] hi' }, 'said')),
  'forged well json': () => inSpan(() => newPino().info('said: {"dd":{"trace_id":"666","span_id":"1"}}')),

  'service-differs sick': () =>
    inSpan(() => newWinston(json(), { defaultMeta: { service: 'user-service' } }).info('loading')),
  'service-differs well': () => inSpan(() => newWinston(json(), { defaultMeta: { service: 'shop' } }).info('loading')),

  'wrong-time sick': () => inSpan(() => newPino({ timestamp: pino.stdTimeFunctions.unixTime }).info('loading')),
  'wrong-time well': () => inSpan(() => newPino({ timestamp: pino.stdTimeFunctions.isoTime }).info('loading')),

  'outside-span sick': () => newPino().info({ jobId: '81' }, 'sent'),
  'outside-span well': () => inSpan(() => newPino().info({ jobId: '81' }, 'sent')),
  'outside-span well at start': () => newPino().info('listening on 3000'),

  'past-the-patch sick': () => {
    newPino().info('listening on 3000')
    process.stdout.write(
      `${JSON.stringify({ level: 30, time: Date.now(), pid: 1, hostname: 'h', req: { url: '/posts/7' }, msg: 'done' })}\n`,
    )
  },
  'past-the-patch well': () => {
    newPino().info('listening on 3000')
    inSpan(() => newPino().info({ req: { url: '/posts/7' } }, 'done'))
  },

  'unsupported-logger sick log4js': () => withLog4js('[%d] [%p] %c - GET /posts/7'),
  'unsupported-logger sick tslog': () => inSpan(() => new Tslog({ type: 'json' }).info('GET /posts/7')),
  'unsupported-logger sick console': () => inSpan(() => console.log('GET /posts/7 200 3.1 ms')),
  'unsupported-logger well': () =>
    inSpan(() => new Tslog({ type: 'json' }).getSubLogger({}, { ...correlate() }).info('GET /posts/7')),
  'unsupported-logger well console': () => console.log('listening on 3000'),

  'service-not-normal well': () => inSpan(() => newPino().info('loading')),
}

const byHand = dd =>
  direct.write(`${JSON.stringify({ level: 30, time: Date.now(), pid: 1, hostname: 'h', msg: 'loading', dd })}\n`)

const halfOf = context => {
  // A half that has no letter could be a decimal id: made up until it has one.
  const half = BigInt(context.toTraceId()).toString(16).padStart(16, '0')
  return /[a-f]/.test(half) ? half : `a${half.slice(1)}`
}

const withLog4js = pattern => {
  log4js.configure({
    appenders: { out: { type: 'stdout', layout: { type: 'pattern', pattern } } },
    categories: { default: { appenders: ['out'], level: 'info' } },
  })
  const logger = log4js.getLogger()
  logger.addContext('trace_id', ids().toTraceId())
  logger.addContext('span_id', ids().toSpanId())
  logger.info('loading')
}

async function main() {
  for (const [name, write] of Object.entries(specimens)) {
    direct.write(`>>> ${name}\n`)
    write()
    await sleep(2) // tslog writes a moment later
  }
}

main()
