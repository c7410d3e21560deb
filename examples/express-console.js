// Express and no logger at all: npx spanlog dev -- node examples/express-console.js
require('dd-trace').init({ service: 'blog', env: 'dev', version: '1.0.0' })

const express = require('express')
const { consoleLogger, correlate } = require('spanlog')
const { spanlog, recordErrors } = require('spanlog/express')

const app = express()

// `spanlog()` alone writes JSON; text is nicer to read, and Datadog links it too.
app.use(spanlog({ logger: consoleLogger({ format: 'text' }) }))

app.get('/posts/:id', (req, res) => {
  req.log.info({ id: req.params.id }, 'loading post %s', req.params.id)
  console.log(JSON.stringify({ message: 'by console.log itself', ...correlate() }))
  res.json({ id: req.params.id, title: 'Hello' })
})

app.get('/drafts/:id', () => {
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
