// Express and any other logger, by a function: npx spanlog dev -- node examples/express-other-loggers.js
require('dd-trace').init({ service: 'zoo', env: 'dev', version: '1.0.0' })
process.env.ROARR_LOG ??= 'true' // roarr is silent without it

const { format } = require('node:util')
const { createConsola } = require('consola')
const express = require('express')
const log4js = require('log4js')
const { LogLayer, StructuredTransport } = require('loglayer')
const { Roarr, ROARR } = require('roarr')
const { Logger } = require('tslog')
const { spanlog } = require('spanlog/express')

const print = line => console.log(JSON.stringify(line))

// tslog
const tslog = new Logger({ type: 'json' })
const withTslog = fields => tslog.getSubLogger({}, fields)

// log4js
const layout = ({ startTime, level, data, context }) =>
  JSON.stringify({ timestamp: startTime, level: level.levelStr, message: format(...data), ...context })
log4js.addLayout('json', () => layout)
log4js.configure({
  appenders: { out: { type: 'stdout', layout: { type: 'json' } } },
  categories: { default: { appenders: ['out'], level: 'info' } },
})
const withLog4js = fields => {
  const logger = log4js.getLogger()
  for (const [key, value] of Object.entries(fields)) logger.addContext(key, value)
  return logger
}

// roarr
ROARR.write = text => {
  const { context, message, time } = JSON.parse(text)
  print({ timestamp: time, message, ...context }) // Datadog looks for `dd` at the top
}
const withRoarr = fields => Roarr.child(fields)

// consola
const reporter = {
  log: ({ args, date, type, tag, level, ...fields }) =>
    print({ timestamp: date, level: type, message: format(...args), ...fields }),
}
const consola = createConsola({ reporters: [reporter] })
const withConsola = fields => consola.withDefaults(fields)

// LogLayer
const loglayer = new LogLayer({ transport: new StructuredTransport({ logger: console, stringify: true }) })
const withLogLayer = fields => loglayer.child().withContext(fields)

const app = express()

for (const [path, logger] of Object.entries({
  '/tslog': withTslog,
  '/log4js': withLog4js,
  '/roarr': withRoarr,
  '/consola': withConsola,
  '/loglayer': withLogLayer,
})) {
  app.get(path, spanlog({ logger }), (req, res) => {
    req.log.info('hello')
    res.json({})
  })
}

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`curl http://localhost:${server.address().port}/tslog`)
})
