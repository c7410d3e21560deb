// The whole request, over sockets: processes that take turns, one load generator, one agent. See README.md.
//
//   npm run bench [-- --quick | --long] [--framework koa] [--dist ../dist]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { configurations } from './configurations.mjs'
import { goalsOf } from './goals.mjs'
import { install, nodes, versionOf } from './install.mjs'
import { Process } from './processes.mjs'
import { report } from './report.mjs'
import { flushInterval, takeTurns, warmUp } from './turns.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    framework: { type: 'string', default: 'express,koa' },
    dist: { type: 'string', default: '../dist' },
  },
})
install()

/** How much of each. What the compiler makes of the same code differs from process to process: hence the generations. */
const effort = values.quick
  ? { generations: 1, rounds: 12, count: 200 }
  : values.long
    ? { generations: 6, rounds: 12, count: 200 }
    : { generations: 1, rounds: 10, count: 200 }

const forOtherBenches = new Set(['spanlog with a constant resource', 'span and bytes'])

/** Every configuration serves three lines; the others serve to tell what a line, and an incoming trace, costs. */
const traffic = [
  {
    name: '3 lines',
    word: 'items',
    traced: false,
    of: Object.keys(configurations).filter(name => !forOtherBenches.has(name)),
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

/** For a first look. */
const few = [
  'bare + pino',
  'dd-trace automatic + pino',
  'dd-trace automatic + pino-http',
  'span only',
  'minimum',
  'spanlog',
]

const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()
/** One alone measures; for the warm-up there are two, since nobody looks at the clock then. */
const loads = [new Process('load.mjs'), new Process('load.mjs')]
let busiest = 0

/** One framework on one Node: all of its processes are alive at once and take turns. */
async function measure({ framework, set, node }) {
  const newest = node.path !== process.execPath
  const sets = { framework: set, tracer: newest ? 'dd-trace6' : undefined }
  const start = configuration =>
    startServer({ framework, configuration, sets, agentPort, dist: values.dist, flushInterval }, node)
  const offered = values.quick ? [{ ...traffic[0], of: few }] : traffic
  const series = offered.flatMap(({ of, ...kind }) =>
    of.map(configuration => ({ ...kind, configuration, cpu: [], took: [] })),
  )
  for (let i = 0; i < effort.generations; i++) await generation(series, start)
  const versions = {
    node: node.version,
    'dd-trace': versionOf('dd-trace', sets.tracer),
    [framework]: versionOf(framework, set),
  }
  return { framework, versions, turns: series }
}

/**
 * While a process waits for its turn V8 would collect all of its heap, which a service that is busy never has done to it; what a
 * turn has left is collected when it ends.
 */
const execArgv = ['--no-memory-reducer', '--expose-gc']

async function startServer(argument, node) {
  const server = new Process('server.mjs', argument, { execPath: node.path, execArgv })
  await server.told()
  return { server, port: (await server.ask({ task: 'listen' })).port }
}

async function generation(series, start) {
  const servers = new Map()
  const configurations = [...new Set(series.map(({ configuration }) => configuration))]
  const waiting = [...configurations]
  const items = { word: 'items', traced: false }
  const startWith = async load => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const server = await start(name)
      servers.set(name, server)
      await warmUp(turnOf(items, server, load), effort.count)
    }
  }
  await Promise.all(loads.map(startWith))
  const turns = series.map(one => turnOf(one, servers.get(one.configuration)))
  await takeTurns(turns, effort.rounds)
  const ports = [...servers.values()].map(({ port }) => port)
  for (const load of loads) await load.ask({ disconnect: ports })
  for (const { server } of servers.values()) server.end()
}

function turnOf(one, { server, port }, load = loads[0]) {
  const serve = count => load.ask({ port, word: one.word, traced: one.traced, count })
  const work = async () => {
    busiest = Math.max(busiest, (await serve(effort.count)).busy)
  }
  return { ...one, server, settle: () => serve(60), work }
}

const start = performance.now()
const results = []
const majors = values.long ? [undefined, 'express4-koa2'] : [undefined]
for (const node of values.quick ? nodes().slice(0, 1) : nodes()) {
  for (const set of majors) {
    for (const framework of values.framework.split(',')) results.push(await measure({ framework, set, node }))
  }
}
for (const load of loads) load.end()
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
if (!values.quick) {
  writeFileSync(new URL('RESULTS.md', import.meta.url), report.markdown(run))
  const readme = new URL('../README.md', import.meta.url)
  const between = /(<!-- bench -->\n\n)[\s\S]*?(\n\n<!-- \/bench -->)/
  writeFileSync(readme, readFileSync(readme, 'utf8').replace(between, `$1${report.short(run)}$2`))
}
