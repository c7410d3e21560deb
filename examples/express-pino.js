// Express and pino: npx spanlog dev -- node examples/express-pino.js
require('dd-trace').init({ service: 'blog', env: 'dev', version: '1.0.0' })

const express = require('express')
const pino = require('pino')
const { spanlog, recordErrors } = require('spanlog/express')

const app = express()

app.use(spanlog({ logger: pino() }))

app.get('/posts/:id', (req, res) => {
  req.log.info({ id: req.params.id }, 'loading')
  res.json({ id: req.params.id, title: 'Hello' })
})

app.get('/drafts/:id', async req => {
  req.log.info({ id: req.params.id }, 'loading')
  throw new Error('the drafts are locked')
})

app.use(recordErrors())
app.use((error, req, res, _next) => {
  req.log.error(error)
  res.status(500).json({ error: 'sorry' })
})

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`curl http://localhost:${server.address().port}/posts/7`)
})
