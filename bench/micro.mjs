// Each step of a request by itself, so that a regression has a name. Run it twice before you believe a difference.
//
//   npm run bench micro
import { AsyncLocalStorage } from 'node:async_hooks'
import { optionsOf, require, requireSpanlog } from './install.mjs'
import { passThrough, tracer } from './offline.mjs'
import { traceHeaders } from './requests.mjs'

const { checkout } = optionsOf()
const { bench, do_not_optimize: keep, group, run } = await import('mitata')
const { correlate, getLog, getSpan, addFields } = requireSpanlog('spanlog', checkout)

const logger = require('pino')({}, { write: () => true })
const winston = require('winston').createLogger({ silent: true })
const bunyan = require('bunyan').createLogger({ name: 'bench', streams: [] })
const storage = new AsyncLocalStorage()
const span = tracer.startSpan('web.request')
const headers = traceHeaders()
const nothing = () => undefined

function benchAll(title, steps) {
  group(title, () => {
    for (const [name, step] of Object.entries(steps)) bench(name, () => keep(step()))
  })
}

const request = passThrough({ logger }, checkout)
const withQuery = passThrough({ logger }, checkout, {}, '/items/1?page=2&token=abc')
const traced = passThrough({ logger }, checkout, headers)
const withWinston = passThrough({ logger: winston }, checkout)
const withBunyan = passThrough({ logger: bunyan }, checkout)
const line = ctx => ctx.log.info('looking up')

benchAll('a request through the middleware for Koa alone', {
  'that logs nothing': () => request(),
  'with a query': () => withQuery(),
  'with the trace of a caller': () => traced(),
  'that reads ctx.log': () => request(ctx => keep(ctx.log)),
  'with one line, pino': () => request(line),
  'with one line, winston': () => withWinston(line),
  'with one line, bunyan': () => withBunyan(line),
})
benchAll('what dd-trace and Node charge', {
  startSpan: () => tracer.startSpan('web.request'),
  'startSpan and finish': () => tracer.startSpan('web.request').finish(),
  'scope().activate': () => tracer.scope().activate(span, nothing),
  extract: () => tracer.extract('http_headers', headers),
  'inject into a line': () => tracer.inject(span, 'log', {}),
  'AsyncLocalStorage.run': () => storage.run(span, nothing),
})
await request(async ctx => {
  benchAll('within a request', {
    'getLog()': () => getLog(),
    'getSpan()': () => getSpan(),
    'addFields()': () => addFields({ user: 'ann' }),
    'correlate(getSpan())': () => correlate(getSpan()),
    'ctx.log.child()': () => ctx.log.child({ id: 1 }),
    'a line': () => line(ctx),
  })
  await run()
})
process.exit()
