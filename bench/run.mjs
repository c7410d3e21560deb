// Whole requests over sockets: processes that take turns, a load generator, an agent. Writes RESULTS.md unless it is quick.
//
//   npm run bench -- [koa] [--quick]
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nodes, optionsOf, tracerName, versionOf } from './install.mjs'
import { generation, Process, startAgent } from './processes.mjs'
import { added, paired, shown, table, whole } from './stats.mjs'

const { names: frameworks, quick: brief, checkout } = optionsOf({}, ['express', 'koa'])
const measuredNodes = brief ? nodes().slice(0, 1) : nodes()
const [seconds, generations] = brief ? [45, 1] : [200, 2]

const items = { word: 'items', traced: false }
const quiet = { word: 'quiet', traced: false }
const traced = { word: 'items', traced: true }
const withItems = 'bare + pino,pino-http,span only,by hand,spanlog,automatic + pino,automatic + pino-http'.split(',')
const traffic = [
  [items, withItems],
  [quiet, ['span only', 'spanlog']],
  [traced, ['by hand', 'spanlog']],
]
const ratios = [
  ['whole request, × by hand', whole, items, 'spanlog', 'by hand'],
  ['added to bare + pino, × by hand', added, items, 'spanlog', 'bare + pino', 'by hand'],
  ['added, × automatic + pino', added, items, 'spanlog', 'bare + pino', 'automatic + pino'],
  ['added, × automatic + pino-http', added, items, 'spanlog', 'bare + pino', 'automatic + pino-http'],
  ['a request that logs nothing, × span only', whole, quiet, 'spanlog', 'span only'],
  ['a traced request, × by hand', whole, traced, 'spanlog', 'by hand'],
]
const wholes = withItems.map(name => [name, whole, items, name, 'bare + pino'])

const agent = await startAgent()
/** One measures. The warm-up uses two, since nobody looks at the clock then. */
const loads = [new Process('load.mjs'), new Process('load.mjs')]
const senders = loads.map(load => (server, request) => load.ask({ port: server.port, ...request }))

/** One framework on one Node: as many rounds as fit into its share of the time. */
async function measure(framework, node) {
  const series = traffic.flatMap(([request, names]) =>
    names.map(name => {
      const argument = { framework, configuration: name, agentPort: agent.port, checkout }
      return { name, argument, request, cpu: [] }
    }),
  )
  const share = (1000 * seconds) / (measuredNodes.length * frameworks.length * generations)
  for (let i = 0; i < generations; i++) {
    const end = performance.now() + share
    await generation(series, senders, node.path, round => round < 3 || performance.now() < end)
  }
  const cpuOf = (name, request) => series.find(one => one.name === name && one.request === request).cpu
  return { title: `${framework} ${versionOf(framework)}, Node ${node.version}`, cpuOf, rounds: series[0].cpu.length }
}

function ratioTable(title, rows, results) {
  const cell = ({ cpuOf }, compute, request, names) =>
    shown(paired(compute, ...names.map(name => cpuOf(name, request))))
  const row = ([label, compute, request, ...names]) => [
    label,
    ...results.map(result => cell(result, compute, request, names)),
  ]
  return table([[title, ...results.map(result => result.title)], ...rows.map(row)])
}

/** In a process of its own on each Node. */
function lineTable({ path }) {
  const index = fileURLToPath(new URL('index.mjs', import.meta.url))
  return execFileSync(path, [index, 'line', '--quick', '--checkout', checkout], { encoding: 'utf8' }).trim()
}

const start = performance.now()
const lines = measuredNodes.map(lineTable)
const results = []
for (const node of measuredNodes) {
  for (const framework of frameworks) results.push(await measure(framework, node))
}
for (const child of [...loads, agent]) child.end()

const tables = [
  ratioTable('spanlog', ratios, results),
  ...lines,
  ratioTable('whole request, × bare + pino', wholes, results),
].join('\n\n')
const took = `${Math.round((performance.now() - start) / 1000)} seconds, with ${results.map(({ rounds }) => rounds).join(', ')} rounds`
console.log(`${tables}\n\n${took}`)
const tracers = measuredNodes
  .map(({ version }) => `dd-trace ${versionOf(tracerName(version))} on Node ${version}`)
  .join(', ')
const introduction = `# What spanlog costs

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)} in ${took}: do not edit. Ratios of CPU time per request,
with three lines where a row does not say otherwise: the median of the rounds, and in parentheses where the middle half of them
lies. [README.md](README.md) says what is compared. pino ${versionOf('pino')}; ${tracers}.`
if (!brief) writeFileSync(new URL('RESULTS.md', import.meta.url), `${introduction}\n\n${tables}\n`)
