// Whether requests are served at the same rate where the agent does not answer, refuses or answers 500: an answer per request
// against an agent that is well, in one run, and beside it the same of the hand-written minimum, whose cost is the tracer's own.
//
//   npm run bench:bad-agent [-- --framework koa]
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Process } from './processes.mjs'
import { summary } from './stats.mjs'

const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    dist: { type: 'string', default: '../dist' },
    rounds: { type: 'string', default: '12' },
    count: { type: 'string', default: '2000' },
  },
})
install()

const agent = new Process('agent.mjs')
const load = new Process('load.mjs')
const listening = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const failing = createServer((req, res) => req.resume().on('end', () => res.writeHead(500).end()))
const hanging = createServer(req => req.resume())

const ports = {
  'is well': (await agent.told()).port,
  'is not there': 1,
  'answers 500': await listening(failing),
  hangs: await listening(hanging),
}

async function serverFor(framework, configuration, agentPort) {
  const server = new Process('server.mjs', { framework, configuration, sets: {}, agentPort, dist: values.dist })
  await server.told()
  const { port } = await server.ask({ task: 'listen' })
  await load.ask({ port, word: 'items', traced: false, count: 4000 })
  return { server, port, took: [] }
}

/** The first turn changes from round to round, and each has the machine to itself: what the one before still had to send is sent. */
async function takeTurns(servers) {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const { port, took } = servers[(round + turn) % servers.length]
      await new Promise(resolve => setTimeout(resolve, 250))
      took.push((await load.ask({ port, word: 'items', traced: false, count: Number(values.count) })).took)
    }
  }
}

for (const framework of values.framework.split(',')) {
  for (const configuration of ['spanlog', 'minimum']) {
    const servers = []
    for (const port of Object.values(ports)) servers.push(await serverFor(framework, configuration, port))
    await takeTurns(servers)
    const [well, ...bad] = servers.map(({ took }) => took)
    for (const [i, took] of bad.entries()) {
      const { median, low, high } = summary(took.map((own, round) => well[round] / own))
      const figure = `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
      console.log(
        `${framework}, ${configuration}: an agent that ${Object.keys(ports)[i + 1]} × one that is well: ${figure}`,
      )
    }
    await load.ask({ disconnect: servers.map(({ port }) => port) })
    for (const { server } of servers) server.end()
  }
}
load.end()
agent.end()
failing.close()
hanging.closeAllConnections()
hanging.close()
