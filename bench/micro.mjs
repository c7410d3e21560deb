// Each step of a request on its own, so that a regression has a name; what a line costs tells line.mjs. Run it twice before you believe a difference.
//
//   npm run bench:micro [-- --dist ../dist]
import { AsyncLocalStorage } from 'node:async_hooks'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'

install()
const { require } = await import('./require.mjs')
const { bench, do_not_optimize: keep, group, run } = await import('mitata')
const { values } = parseArgs({ options: { dist: { type: 'string', default: '../dist' } } })

const { offline } = await import('./offline.mjs')
const { tracer, span, ours, stateFor } = offline(values.dist)
const { RequestState, runInRequest } = ours('store')
const { loggerBinding } = ours('logger')
const { traceHeaders } = ours('trace-headers')
const { urlTag } = ours('http-url')
const { ddFieldsOf } = ours('dd-fields')

const loggers = {
  pino: require('pino')({}, { write: () => true }),
  winston: require('winston').createLogger(),
  bunyan: require('bunyan').createLogger({ name: 'bench', streams: [] }),
}
group('make the logger of a request', () => {
  for (const [name, logger] of Object.entries(loggers)) {
    const bind = loggerBinding(logger)
    const context = stateFor(logger)
    bench(name, () => keep(bind(context)))
  }
})

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
  bench('fields as text', () => keep(ddFieldsOf(tracer, span).member))
  bench('of a line', () => keep(state.dd()))
})

await run()
process.exit() // the tracer's spans were never meant to be sent
