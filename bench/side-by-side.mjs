// Applications in one process that take turns without sockets: compiler, heap and machine are the same for all, so what is left is
// their code.
//
//   node side-by-side.mjs '{"framework":"koa","agentPort":8126,"sets":{},"runs":[{"configuration":"spanlog","dist":"../dist"}, …]}'
import { createServer } from 'node:http'
import { requestsFor } from './client.mjs'
import { configurations } from './configurations.mjs'
import { configureTracer } from './environment.mjs'
import { frameworks } from './frameworks.mjs'
import { serveInMemory } from './in-memory.mjs'
import { requireFrom } from './require.mjs'

const { framework, agentPort, sets, runs } = JSON.parse(process.argv[2])
configureTracer(agentPort)
const load = requireFrom(sets.framework)
const pino = load('pino')
const logger = pino(pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 }))

const servers = runs.map(({ configuration, dist }) => {
  const { trace, middleware, logOf } = configurations[configuration]
  const tracer = trace?.(requireFrom(sets.tracer)('dd-trace'))
  const made = middleware?.({ framework, tracer, logger, dist })
  return createServer(frameworks[framework]({ load, middleware: made, logOf: logOf(logger) }))
})

/** Microseconds of CPU for so many requests, of each application. */
async function turns({ word, traced, count, rounds }) {
  const requests = requestsFor(word, traced)
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
