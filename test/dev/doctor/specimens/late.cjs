// Writes real lines of loggers that dd-trace does not patch, because they were loaded before it, and of an application whose service has capitals.
const pino = require('pino')
const logger = pino(pino.destination({ sync: true }))
const tracer = require('dd-trace').init({ service: 'My Shop', env: 'dev' })
const winston = require('winston')

const inSpan = fn => tracer.scope().activate(tracer.startSpan('web.request'), fn)
const late = { req: { method: 'GET', url: '/posts/7' } }

console.log('>>> no-ids sick')
inSpan(() => logger.info(late, 'request completed'))
console.log('>>> no-ids well')
logger.info('listening on 3000')
console.log('>>> service-not-normal sick')
inSpan(() =>
  winston
    .createLogger({
      format: winston.format.json(),
      transports: [new winston.transports.Stream({ stream: process.stdout })],
    })
    .info('loading'),
)
