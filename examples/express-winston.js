// Express and winston, and your own span: npx spanlog dev -- node examples/express-winston.js
const tracer = require('dd-trace').init({ service: 'cart', env: 'dev', version: '1.0.0' })

const { setTimeout: sleep } = require('node:timers/promises')
const express = require('express')
const { createLogger, format, transports } = require('winston')
const { addFields, getSpan } = require('spanlog')
const { spanlog } = require('spanlog/express')

const logger = createLogger({
  format: format.combine(format.timestamp(), format.json()),
  transports: [new transports.Console()],
})

const app = express()

app.use(spanlog({ logger }))

app.get('/carts/:id', async (req, res) => {
  addFields({ cart: req.params.id }) // on every later line of this request
  getSpan()?.setTag('cart.id', req.params.id)
  req.log.info('opening')
  const total = await tracer.trace('cart.sum', () => sum(req.log))
  req.log.info('done', { total })
  res.json({ total })
})

async function sum(log) {
  await sleep(10)
  log.info('adding up') // within the span cart.sum, so this line is linked to that
  return 42
}

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`curl http://localhost:${server.address().port}/carts/7`)
})
