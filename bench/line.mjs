// What a line costs: `req.log` against the bare logger, and against a child that has the ids bound and so prints as much.
//
//   npm run bench:line [-- --only pino]
import { createWriteStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { byRound } from './stats.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'pino,winston,bunyan' },
    dist: { type: 'string', default: '../dist' },
    rounds: { type: 'string', default: '300' },
  },
})
install()
const { require } = await import('./require.mjs')
const { offline } = await import('./offline.mjs')
const { tracer, span, stateFor } = offline(values.dist)

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

const warmUp = 100
const rounds = Number(values.rounds)

function linesOf(name) {
  const bare = loggers[name]()
  const fields = {}
  tracer.inject(span, 'log', fields)
  return [bare, name === 'bunyan' ? bare.child(fields, true) : bare.child(fields), stateFor(bare).log]
}

/** 600 lines, 30 at a time: then the streams get their turn. */
async function turn(line, log) {
  const start = process.cpuUsage()
  for (let i = 0; i < 20; i++) {
    for (let step = 0; step < 30; step++) line(log, step)
    await new Promise(setImmediate)
  }
  const { user, system } = process.cpuUsage(start)
  return user + system
}

async function measure(name) {
  const logs = linesOf(name)
  const cpu = logs.map(() => [])
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, log] of logs.entries()) {
      const cost = await turn(write[name], log)
      if (round >= 0) cpu[i].push(cost)
    }
  }
  const ratio = (own, base) => {
    const { median, low, high } = byRound((a, b) => a / b, 10, own, base)
    return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
  }
  const [bare, child, own] = cpu
  console.log(`${name}: a line of req.log, × one of a child with the ids bound: ${ratio(own, child)}, goal 1.10`)
  console.log(`  × a bare line, which has no ids: ${ratio(own, bare)}; the child ${ratio(child, bare)}`)
}

await tracer.scope().activate(span, async () => {
  for (const name of values.only.split(',')) await measure(name)
})
process.exit() // the tracer's spans were never meant to be sent
