// Each step of a request on its own, so that a regression has a name. Run it twice before you believe a difference.
//
//   npm run bench:micro [-- --dist ../dist]
import { AsyncLocalStorage } from 'node:async_hooks'
import { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'

install()
const { require } = await import('./require.mjs')
const { bench, do_not_optimize: keep, group, run, summary } = await import('mitata')
const { values } = parseArgs({ options: { dist: { type: 'string', default: '../dist' } } })

Object.assign(process.env, {
  DD_TRACE_AGENT_URL: 'http://127.0.0.1:9',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_SERVICE: 'bench',
  DD_ENV: 'bench',
  DD_VERSION: '1.0.0',
})
const tracer = require('dd-trace').init({ plugins: false, startupLogs: false, flushInterval: 60_000 })
const ours = name => require(`${values.dist}/${name}`)

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
nowhere.write = () => true
const winston = require('winston')
const loggers = {
  pino: require('pino')({}, nowhere),
  winston: winston.createLogger({ transports: [new winston.transports.Stream({ stream: nowhere })] }),
  bunyan: require('bunyan').createLogger({ name: 'bench', stream: nowhere }),
}
/** Each logger's own order of message and fields. */
const write = {
  pino: log => log.info({ id: '12345', step: 1 }, 'looking up'),
  winston: log => log.info('looking up', { id: '12345', step: 1 }),
  bunyan: log => log.info({ id: '12345', step: 1 }, 'looking up'),
}

const span = tracer.startSpan('web.request', { tags: { 'span.kind': 'server', 'span.type': 'web' } })
const { RequestState, runInRequest } = ours('store')
const { loggerBinding } = ours('logger')
const { traceHeaders } = ours('trace-headers')
const { urlTag } = ours('http-url')
const { ddFieldsOf } = ours('dd-fields')
const stateFor = logger => new RequestState(tracer, span, undefined, loggerBinding(logger), undefined)

/** Then the streams get their turn: what piles up in them would be measured as garbage. */
const fifty = (name, log) => async () => {
  for (let i = 0; i < 50; i++) write[name](log)
  await new Promise(setImmediate)
}

/** To print the ids costs something, whoever does it: for winston more than all the rest of a line. */
function childOf(name) {
  const fields = {}
  tracer.inject(span, 'log', fields)
  return name === 'bunyan' ? loggers.bunyan.child(fields, true) : loggers[name].child(fields)
}

for (const name of Object.keys(loggers)) {
  const bare = loggers[name]
  const own = stateFor(bare).log
  summary(() =>
    group(`50 lines, ${name}`, () => {
      bench('bare', fifty(name, bare)).baseline(true)
      bench('with the ids bound to a child', fifty(name, childOf(name)))
      bench('spanlog', fifty(name, own))
    }),
  )
  const bind = loggerBinding(bare)
  const context = stateFor(bare)
  bench(`make the logger of a request, ${name}`, () => keep(bind(context)))
}

const headers = { host: 'shop.example', 'user-agent': 'bench/1.0', accept: '*/*' }
const traced = {
  ...headers,
  'x-datadog-trace-id': '1234567890123456789',
  'x-datadog-parent-id': '987654321987654321',
  'x-datadog-sampling-priority': '1',
  traceparent: '00-6b0212ab00000000112210f47de98115-0db4da5f4f14b3b1-01',
  tracestate: 'dd=s:1',
}
group('the trace of the caller', () => {
  bench('look, none sent', () => keep(traceHeaders(headers)))
  bench('validate', () => keep(traceHeaders(traced)))
  bench('validate and extract', () => keep(tracer.extract('http_headers', traceHeaders(traced))))
})

const urlOf = urlTag({})
const request = { headers, url: '/items/12345', originalUrl: '/items/12345', socket: {} }
const storage = new AsyncLocalStorage()
const nothing = () => undefined
const state = stateFor(loggers.pino)
group('open', () => {
  bench('http.url', () => keep(urlOf(request)))
  bench('http.url, with a query', () => keep(urlOf({ ...request, originalUrl: '/items/1?page=2&token=abc' })))
  bench('start a span (dd-trace)', () => keep(tracer.startSpan('web.request')))
  const bind = loggerBinding(loggers.pino)
  bench('RequestState', () => keep(new RequestState(tracer, span, undefined, bind, undefined)))
})
group('run', () => {
  bench('activate (dd-trace)', () => tracer.scope().activate(span, nothing))
  bench('AsyncLocalStorage.run (node)', () => storage.run(state, nothing))
  bench('runInRequest', () => runInRequest(state, nothing))
})
group('dd', () => {
  bench('fields, ids known', () => keep(ddFieldsOf(tracer, span)))
  bench('fields as JSON', () => keep(ddFieldsOf(tracer, span).member))
  bench('of a line', () => keep(state.dd()))
})

await run()
process.exit() // the tracer's spans were never meant to be sent
