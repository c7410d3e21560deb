// Express, and a cls-hooked namespace shared with Sequelize: npx spanlog dev -- node examples/express-cls-hooked.js
require('dd-trace').init({ service: 'shop', env: 'dev', version: '1.0.0' })

const { PGlite } = require('@electric-sql/pglite')
const { PGLiteSocketServer } = require('@electric-sql/pglite-socket')
const { createNamespace } = require('cls-hooked')
const express = require('express')
const pino = require('pino')
const { DataTypes, Sequelize } = require('sequelize')
const { getLog } = require('spanlog')
const { spanlog, recordErrors } = require('spanlog/express')

const namespace = createNamespace('shop')
Sequelize.useCLS(namespace) // queries find their transaction in the namespace

const log = pino()
const app = express()

app.use(spanlog({ logger: log, namespace })) // and the request is found there too

app.post('/orders/:item', async (req, res) => {
  const order = await db.transaction(() => placeOrder(req.params.item))
  req.log.info({ id: order.id }, 'committed')
  res.status(201).json(order)
})

app.get('/orders', async (_req, res) => {
  res.json(await Order.findAll())
})

app.use(recordErrors())
app.use((error, req, res, _next) => {
  req.log.warn({ reason: error.message }, 'rolled back')
  res.status(409).json({ error: error.message })
})

// Neither the request nor the transaction is passed on: both are in the namespace.
async function placeOrder(item) {
  const order = await Order.create({ item })
  getLog(log).info({ id: order.id, item }, 'in the transaction')
  if (item === 'pear') throw new Error('pears are sold out')
  return order
}

let db
let Order

async function main() {
  db = await connect()
  Order = db.define('order', { item: DataTypes.STRING }, { timestamps: false })
  await db.sync()
  const server = app.listen(process.env.PORT ?? 3000, () => {
    console.log(`curl -X POST http://localhost:${server.address().port}/orders/apple`)
  })
}

/** A Postgres in memory, which takes a few seconds to start. With a real one, only the address differs. */
async function connect() {
  const server = new PGLiteSocketServer({ db: await PGlite.create(), host: '127.0.0.1', port: 0 })
  await server.start()
  return new Sequelize(`postgres://postgres@${server.getServerConn()}/postgres`, { pool: { max: 1 }, logging: false })
}

main()
