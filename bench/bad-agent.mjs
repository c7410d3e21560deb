// Whether requests are served at the same rate where the agent does not answer, refuses or answers 500: an answer per request
// against an agent that is well, in one run.
//
//   npm run bench:bad-agent [-- --framework koa]
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Process } from './processes.mjs'
import { byRound } from './stats.mjs'

const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    dist: { type: 'string', default: '../dist' },
    rounds: { type: 'string', default: '24' },
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

async function serverFor(framework, agentPort) {
  const server = new Process('server.mjs', {
    framework,
    configuration: 'spanlog',
    sets: {},
    agentPort,
    dist: values.dist,
  })
  await server.told()
  const { port } = await server.ask({ task: 'listen' })
  await load.ask({ port, word: 'items', traced: false, count: 4000 })
  return { server, port, took: [] }
}

for (const framework of values.framework.split(',')) {
  const servers = {}
  for (const [name, agentPort] of Object.entries(ports)) servers[name] = await serverFor(framework, agentPort)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { port, took } of Object.values(servers)) {
      took.push((await load.ask({ port, word: 'items', traced: false, count: 500 })).took)
    }
  }
  const { took: well } = servers['is well']
  for (const [name, { took }] of Object.entries(servers).slice(1)) {
    const { median, low, high } = byRound((own, base) => base / own, 4, took, well)
    const figure = `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
    console.log(`${framework}, an agent that ${name}: × the requests per second with one that is well: ${figure}`)
  }
  await load.ask({ disconnect: Object.values(servers).map(({ port }) => port) })
  for (const { server } of Object.values(servers)) server.end()
}
load.end()
agent.end()
failing.close()
hanging.closeAllConnections()
hanging.close()
