const { spanlog, recordErrors } = require('spanlog/express')
const loaded = Object.keys(require.cache).filter(file => file !== __filename)

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

serve(app).then(resource => console.log(JSON.stringify({ resource, loaded })))
