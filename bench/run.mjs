// The whole request, over sockets: processes that take turns, one load generator, one agent. See README.md.
//
//   npm run bench [-- --quick | --long] [--framework koa] [--dist ../dist]
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { configurations } from './configurations.mjs'
import { goalsOf } from './goals.mjs'
import { install, nodes, versionOf } from './install.mjs'
import { Process } from './processes.mjs'
import { report } from './report.mjs'
import { takeTurns } from './turns.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    framework: { type: 'string', default: 'express,koa' },
    dist: { type: 'string', default: '../dist' },
  },
})
install()

/** How much of each: rounds, requests per turn, requests to warm up with. */
const effort = values.quick
  ? { rounds: 4, count: 400, warm: 1000 }
  : values.long
    ? { rounds: 40, count: 600, warm: 6000 }
    : { rounds: 10, count: 400, warm: 2000 }

/** Every configuration serves three lines; the others serve to tell what a line, and an incoming trace, costs. */
const traffic = [
  {
    name: '3 lines',
    word: 'items',
    traced: false,
    of: Object.keys(configurations).filter(name => !name.includes('constant')),
  },
  { name: 'no lines', word: 'quiet', traced: false, of: ['bare + pino', 'minimum', 'spanlog'] },
  { name: '30 lines', word: 'chatty', traced: false, of: ['bare + pino', 'minimum', 'spanlog'] },
  {
    name: 'traced',
    word: 'items',
    traced: true,
    of: ['bare + pino', 'minimum', 'spanlog', 'dd-trace automatic + pino'],
  },
]

const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()
const load = new Process('load.mjs')
let busiest = 0

/** One framework on one Node: all of its processes are alive at once and take turns. */
async function measure({ framework, set, node }) {
  const newest = node.path !== process.execPath
  const sets = { framework: set, tracer: newest ? 'dd-trace6' : undefined }
  const servers = new Map()
  const offered = values.quick ? traffic.slice(0, 1) : traffic
  for (const configuration of Object.keys(configurations)) {
    if (!offered.some(({ of }) => of.includes(configuration))) continue
    const server = new Process(
      'server.mjs',
      { framework, configuration, sets, agentPort, dist: values.dist },
      { execPath: node.path },
    )
    await server.told()
    servers.set(configuration, { server, port: (await server.ask({ task: 'listen' })).port })
  }
  const turns = offered.flatMap(({ name, word, traced, of }) =>
    of.map(configuration => turnOf(servers.get(configuration), { name, configuration, word, traced })),
  )
  for (const { warmUp } of turns) await warmUp()
  await takeTurns(turns, effort.rounds)
  await load.ask({ disconnect: [...servers.values()].map(({ port }) => port) })
  for (const { server } of servers.values()) server.end()
  const versions = {
    node: node.version,
    'dd-trace': versionOf('dd-trace', sets.tracer),
    [framework]: versionOf(framework, set),
  }
  return {
    framework,
    versions,
    turns: turns.map(({ name, configuration, cpu, took }) => ({ name, configuration, cpu, took })),
  }
}

function turnOf({ server, port }, { name, configuration, word, traced }) {
  const send = count => load.ask({ port, word, traced, count })
  const turn = { server, name, configuration, cpu: [], took: [] }
  turn.warmUp = () => send(name === '3 lines' ? effort.warm : effort.warm / 4)
  turn.work = async () => {
    const { took, busy } = await send(effort.count)
    turn.took.push(took)
    busiest = Math.max(busiest, busy)
  }
  return turn
}

const start = performance.now()
const results = []
const majors = values.long ? [undefined, 'express4-koa2'] : [undefined]
for (const node of values.quick ? nodes().slice(0, 1) : nodes()) {
  for (const set of majors) {
    for (const framework of values.framework.split(',')) results.push(await measure({ framework, set, node }))
  }
}
load.end()
agent.end()

const run = {
  date: new Date().toISOString().slice(0, 10),
  effort,
  seconds: Math.round((performance.now() - start) / 1000),
  loadGeneratorBusy: Number(busiest.toFixed(2)),
  versions: Object.fromEntries(
    ['pino', 'pino-http', 'cls-hooked', '@opentelemetry/sdk-trace-node'].map(name => [name, versionOf(name)]),
  ),
  results: results.map(({ turns, ...result }) => ({ ...result, goals: goalsOf(turns), table: report.table(turns) })),
}
console.log(report.text(run))
const out = new URL('results/', import.meta.url)
mkdirSync(out, { recursive: true })
writeFileSync(new URL(values.quick ? 'quick.json' : 'bench.json', out), `${JSON.stringify(run, null, 2)}\n`)
if (!values.quick) writeFileSync(new URL('RESULTS.md', import.meta.url), report.markdown(run))
