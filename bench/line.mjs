// What a line of `ctx.log` costs: against a bare child that prints the same ids, and against the bare logger.
//
//   npm run bench line -- [pino] [winston] [bunyan] [--quick]
import { createWriteStream } from 'node:fs'
import { childOf } from './by-hand.mjs'
import { optionsOf, require } from './install.mjs'
import { passThrough, tracer } from './offline.mjs'
import { paired, shown, table, whole } from './stats.mjs'

const pino = require('pino')
const winston = require('winston')
const devNull = createWriteStream('/dev/null')
const loggers = {
  pino: () => pino(pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 })),
  winston: () => winston.createLogger({ transports: [new winston.transports.Stream({ stream: devNull })] }),
  bunyan: () => require('bunyan').createLogger({ name: 'bench', stream: devNull }),
}
/** Each logger's own order of message and fields. */
const write = {
  pino: (log, step) => log.info({ id: '12345', step }, 'looking up'),
  winston: (log, step) => log.info('looking up', { id: '12345', step }),
  bunyan: (log, step) => log.info({ id: '12345', step }, 'looking up'),
}
const options = optionsOf({}, Object.keys(loggers))
const [warmUp, rounds] = options.quick ? [60, 60] : [100, 300]

/** Microseconds for 600 lines, 30 at a time: then the streams get their turn. */
async function turn(line, log) {
  const start = process.cpuUsage()
  for (let i = 0; i < 20; i++) {
    for (let step = 0; step < 30; step++) line(log, step)
    await new Promise(setImmediate)
  }
  const { user, system } = process.cpuUsage(start)
  return user + system
}

async function measure(name, bare, own) {
  const logs = [bare, childOf(tracer, tracer.scope().active(), bare), own]
  const cpu = logs.map(() => [])
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, log] of logs.entries()) {
      const cost = await turn(write[name], log)
      if (round >= 0) cpu[i].push(cost)
    }
  }
  const ratio = (of, base) => shown(paired(whole, cpu[of], cpu[base]))
  return [name, ratio(2, 1), ratio(2, 0), ratio(1, 0)]
}

const rows = []
for (const name of options.names) {
  const logger = loggers[name]()
  await passThrough({ logger }, options.checkout)(async ctx => rows.push(await measure(name, logger, ctx.log)))
}
const title = `a line, Node ${process.versions.node}`
console.log(table([[title, '× bare child with the ids', '× a line without ids', 'that child, × the same'], ...rows]))
process.exit()
