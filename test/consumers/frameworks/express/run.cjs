const before = Object.keys(require.cache)
const { spanlog, recordErrors } = require('spanlog/express')
const loaded = Object.keys(require.cache).filter(file => !before.includes(file))

require('dd-trace').init({ plugins: false })
const express = require('express')
const { getLog } = require('spanlog')
const serve = require('./serve.cjs')

const app = express()
app.use(spanlog())
app.get('/posts/:id', (_req, res) => {
  getLog().info('loading')
  res.end('ok')
})
app.use(recordErrors())

serve(app).then(spans => console.log(JSON.stringify({ spans, loaded })))
