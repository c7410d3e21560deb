// The shop: Express, pino. It asks the inventory for what it sells.
require('dd-trace').init({ service: 'shop', env: 'demo', version: '1.0.0' })

const express = require('express')
const pino = require('pino')
const { spanlog, recordErrors } = require('spanlog/express')

const app = express()

app.use(spanlog({ logger: pino(), accessLog: true, debugOnError: true }))

app.get('/products/:sku', async (req, res) => {
  req.log.info({ sku: req.params.sku }, 'looking up the product')
  const stock = await askInventory(`/stock/${req.params.sku}`)
  if (!stock) {
    req.log.warn('nobody has heard of it')
    return res.status(404).json({ error: 'no such product' })
  }
  req.log.info({ left: stock.left }, 'found')
  res.json(stock)
})

app.get('/orders/:sku', async (req, res) => {
  req.log.info('placing the order')
  req.log.debug({ url: process.env.INVENTORY_URL }, 'asking the inventory') // written only if the request fails
  res.json(await askInventory(`/reserve/${req.params.sku}`))
})

app.get('/report', async (req, res) => {
  req.log.info('gathering the report')
  const report = await askInventory('/count')
  req.log.info({ items: report.items }, 'report ready')
  res.json(report)
})

app.use(recordErrors())
app.use((error, req, res, _next) => {
  req.log.error({ err: error }, 'order failed')
  res.status(502).json({ error: 'the inventory is not well' })
})

async function askInventory(path) {
  const response = await fetch(process.env.INVENTORY_URL + path)
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`inventory answered ${response.status}`)
  return response.json()
}

const server = app.listen(process.env.PORT, '127.0.0.1', () => process.send?.({ port: server.address().port }))
