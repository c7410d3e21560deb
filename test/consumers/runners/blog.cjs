const express = require('express')
const { getLog } = require('spanlog')
const { spanlog } = require('spanlog/express')

/** What the test runners test. */
exports.app = function app(options) {
  const app = express()
  app.use(spanlog(options))
  app.get('/posts/:id', (req, res) => {
    req.log.info({ same: getLog() === req.log }, 'loading')
    res.end('ok')
  })
  return app
}
