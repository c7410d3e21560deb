// Applications in one process that take turns without sockets: compiler, heap and machine are the same for all, so what is left is
// their code.
//
//   node side-by-side.mjs '{"framework":"koa","agentPort":8126,"runs":[{"configuration":"spanlog","dist":"../dist"}, …]}'
import { createServer } from 'node:http'
import { requestsFor } from './client.mjs'
import { configurations } from './configurations.mjs'
import { configureTracer } from './environment.mjs'
import { frameworks } from './frameworks.mjs'
import { serveInMemory } from './in-memory.mjs'
import { require } from './require.mjs'
import { plain } from './tracing.mjs'

const { framework, agentPort, runs } = JSON.parse(process.argv[2])
configureTracer(agentPort)
const tracer = plain(require('dd-trace'))
const pino = require('pino')
const logger = pino(pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 }))

const servers = runs.map(({ configuration, dist }) => {
  const { middleware, logOf } = configurations[configuration]
  const made = middleware({ framework, tracer, logger, dist })
  return createServer(frameworks[framework]({ load: require, middleware: made, logOf: logOf(logger) }))
})

/** Microseconds of CPU for so many requests, of each application. */
async function turns({ word, count, rounds }) {
  const requests = requestsFor(word, false)
  const cpu = servers.map(() => 0)
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const which = (round + turn) % servers.length
      const start = process.cpuUsage()
      await serveInMemory(servers[which], requests, count)
      const { user, system } = process.cpuUsage(start)
      cpu[which] += user + system
    }
  }
  return cpu
}

process.on('message', async options => process.send(await turns(options)))
process.on('disconnect', () => process.exit())
process.send({ ready: true })
