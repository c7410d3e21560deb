// The inventory: Koa, winston.
const tracer = require('dd-trace').init({ service: 'inventory', env: 'demo', version: '1.0.0' })

const { setTimeout: sleep } = require('node:timers/promises')
const Koa = require('koa')
const { Router } = require('@koa/router')
const { createLogger, format, transports } = require('winston')
const { spanlog } = require('spanlog/koa')

const stock = { apple: 12, pear: 3 }

const logger = createLogger({
  format: format.combine(format.timestamp(), format.json()),
  transports: [new transports.Console()],
})

const router = new Router()

router.get('/stock/:sku', ctx => {
  const left = stock[ctx.params.sku]
  ctx.log.info('counting', { sku: ctx.params.sku })
  if (left === undefined) return ctx.log.warn('no such shelf')
  ctx.body = { sku: ctx.params.sku, left }
})

router.get('/reserve/:sku', ctx => {
  ctx.log.info('reserving', { sku: ctx.params.sku })
  ctx.log.debug('on the shelf', { left: stock[ctx.params.sku], wanted: 5 }) // written only if the request fails
  throw new RangeError(`${ctx.params.sku} is sold out`)
})

router.get('/count', async ctx => {
  ctx.log.info('counting every shelf')
  await tracer.trace('shelves.count', { resource: 'every shelf' }, async () => {
    await sleep(250)
    ctx.log.info('half way')
    await sleep(250)
  })
  ctx.body = { items: 15 }
})

const app = new Koa()
app.use(spanlog({ logger, debugOnError: true }))
app.use(router.routes())
app.on('error', (error, ctx) => ctx.log.error('request failed', { error: error.message }))

const server = app.listen(process.env.PORT, '127.0.0.1', () => process.send?.({ port: server.address().port }))
