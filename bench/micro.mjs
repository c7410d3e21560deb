// Each step of a request by itself, so that a regression has a name. Run it twice before you believe a difference.
//
//   npm run bench micro -- [--quick]
import { AsyncLocalStorage } from 'node:async_hooks'
import { optionsOf, require, requireSpanlog } from './install.mjs'
import { passThrough, tracer } from './offline.mjs'
import { traceHeaders } from './requests.mjs'

const options = optionsOf()
const { bench, do_not_optimize: keep, group, run } = await import('mitata')
const { correlate, getLog, getSpan, addFields } = requireSpanlog('spanlog', options.checkout)

const loggers = {
  pino: require('pino')({}, { write: () => true }),
  winston: require('winston').createLogger({ silent: true }),
  bunyan: require('bunyan').createLogger({ name: 'bench', streams: [] }),
}
const request = (headers, url) => passThrough({ logger: loggers.pino }, options.checkout, headers, url)

group('the middleware alone, on Koa', () => {
  const cases = {
    'logs nothing': request(),
    'with a query': request({}, '/items/1?page=2&token=abc'),
    'with the trace of a caller': request(traceHeaders()),
  }
  for (const [name, pass] of Object.entries(cases)) bench(name, () => pass())
})
group('a request that reads ctx.log once', () => {
  for (const [name, logger] of Object.entries(loggers)) {
    const pass = passThrough({ logger }, options.checkout)
    bench(name, () => pass(ctx => keep(ctx.log)))
  }
})
group('a request that logs one line', () => {
  for (const [name, logger] of Object.entries(loggers)) {
    const pass = passThrough({ logger }, options.checkout)
    bench(name, () => pass(ctx => ctx.log.info('looking up')))
  }
})
group('what dd-trace and Node charge', () => {
  const span = tracer.startSpan('web.request')
  const storage = new AsyncLocalStorage()
  const headers = traceHeaders()
  bench('startSpan', () => keep(tracer.startSpan('web.request')))
  bench('startSpan and finish', () => tracer.startSpan('web.request').finish())
  bench('scope().activate', () => tracer.scope().activate(span, () => undefined))
  bench('extract', () => keep(tracer.extract('http_headers', headers)))
  bench('inject into a line', () => tracer.inject(span, 'log', {}))
  bench('AsyncLocalStorage.run', () => storage.run(span, () => undefined))
})

await request()(async ctx => {
  group('within a request', () => {
    const child = ctx.log.child({ id: 1 })
    bench('getLog()', () => keep(getLog()))
    bench('getSpan()', () => keep(getSpan()))
    bench('addFields()', () => addFields({ user: 'ann' }))
    bench('correlate(getSpan())', () => keep(correlate(getSpan())))
    bench('ctx.log.child()', () => keep(ctx.log.child({ id: 1 })))
    bench('a line', () => ctx.log.info('looking up'))
    bench('a line of a child', () => child.info('looking up'))
  })
  await run({ format: options.quick ? 'quiet' : 'mitata' })
})
process.exit()
