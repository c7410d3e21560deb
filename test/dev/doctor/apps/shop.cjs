// A small application with one fault at a time: node shop.cjs <fault>
const fault = process.argv[2]
const early = fault === 'loaded-late' ? require('pino') : undefined
const tracer = require('dd-trace')
const start = () =>
  tracer.init({
    service: 'shop',
    env: 'dev',
    ...(fault === 'no-agent' && { url: 'http://127.0.0.1:1' }),
    ...(fault === 'sampled-out' && { sampleRate: 0 }),
    ...(fault === 'injection-off' && { logInjection: false }),
  })
if (fault !== 'started-later') start()
if (fault === 'filtered') tracer.use('http', { server: { blocklist: [/posts/] } })
if (fault === 'other-service') tracer.use('http', { server: { service: 'shop-web' } })

const { EventEmitter } = require('node:events')
const { randomBytes } = require('node:crypto')
const { setTimeout: sleep } = require('node:timers/promises')
const express = require('express')
const pino = early ?? require('pino')

if (fault === 'started-later') start()

const ids = () => tracer.scope().active()?.context()
const ofOtherSpan = { trace_id: randomBytes(16).toString('hex'), span_id: '81' }
const timestamp = () => `,"time":${Date.now() - 8 * 3600_000}`
const mixins = {
  foreign: () => ({ dd: ids() ? ofOtherSpan : {} }),
  'half-id': () => ({
    dd: ids() ? { trace_id: BigInt(ids().toTraceId()).toString(16).padStart(32, '0'), span_id: ids().toSpanId() } : {},
  }),
}
const logger = pino({ ...(mixins[fault] && { mixin: mixins[fault] }), ...(fault === 'clock-skew' && { timestamp }) })

const app = express()
app.get('/', (_req, res) => {
  if (fault !== 'foreign') logger.info('at home')
  res.json({})
})
app.get('/posts/:id', async (req, res) => {
  const { dd } = fault === 'frozen' ? withIds() : {}
  const log = dd ? pino({ mixin: () => ({ dd }) }) : logger
  log.info('loading post %s', req.params.id)
  await tracer.trace('render', async () => {
    await sleep(10)
    log.info('rendering')
    await tracer.trace('template', () => sleep(10))
    log.info('rendered')
    await sleep(10)
  })
  // A span that is never the active one: lines beside it are right to carry another.
  const audit = tracer.startSpan('audit', { childOf: tracer.scope().active() })
  tracer.startSpan('audit.write', { childOf: audit }).finish()
  await sleep(5)
  log.info('audited')
  audit.finish()
  if (fault === 'context-lost') await new Promise(resolve => pool.emit('job', resolve))
  if (fault === 'unfinished') res.writeHead(200).write('data: 1\n\n')
  else res.json({ id: req.params.id })
})

function withIds() {
  const record = {}
  tracer.inject(tracer.scope().active(), 'log', record)
  return record
}

// A pool that does its work in the context in which it was made.
const pool = new EventEmitter()
const queue = []
pool.on('job', job => queue.push(job))
setInterval(() => {
  for (const job of queue.splice(0)) {
    logger.info('row came from the pool')
    job()
  }
}, 5)

// Lines that no request has written, also while one is answered.
let ticks = 0
setInterval(() => logger.info('tick %d', ++ticks), 40)

app.listen(process.env.PORT, () => logger.info('listening'))
