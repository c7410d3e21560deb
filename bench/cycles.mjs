// The cycles of a request, counted by valgrind's callgrind with its model of caches and branches: other work on the machine does not
// change them. Needs valgrind.
//
//   npm run bench cycles -- [express] [koa] [--quick] [--node 24] [--only "by hand,spanlog"] [--word quiet] [--traced]
//   npm run bench cycles -- koa --functions [--match "spanlog:"] [--top 100] and the options above
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cyclesIn, profileIn } from './callgrind.mjs'
import { nodes, optionsOf } from './install.mjs'
import { inMemory, startAgent, startServer, warmUp } from './processes.mjs'
import { added, table, whole } from './stats.mjs'

const defaults = {
  functions: false,
  node: '',
  only: '',
  word: 'items',
  traced: false,
  match: 'spanlog:|by-hand',
  top: '40',
}
const options = optionsOf(defaults, ['express', 'koa'])
const brief = options.quick || options.functions
const measuredNodes = brief && !options.node ? nodes().slice(-1) : nodes().filter(byVersion)
const few = options.functions ? 'spanlog' : 'bare + pino,by hand,spanlog'
const many = `${few},span only,automatic + pino,spanlog adopting`
const configurations = (options.only || (brief ? few : many)).split(',')
const [turns, perTurn] = [5, 300]

function byVersion({ version }) {
  return version.startsWith(options.node)
}

const folder = mkdtempSync(join(tmpdir(), 'spanlog-callgrind-'))
const agent = await startAgent()

const caches = '--branch-sim=yes --cache-sim=yes --I1=32768,8,64 --D1=32768,8,64 --LL=33554432,16,64'
const callgrind = `--tool=callgrind --quiet --instr-atstart=no ${caches}${options.functions ? ' --dump-instr=yes' : ''}`
// The compiler's other threads would make it a matter of luck when a function is optimised.
const compiler = `--single-threaded --random-seed=1 --hash-seed=1${options.functions ? ` --perf-basic-prof --no-logfile-per-isolate --logfile=${join(folder, 'v8.log')}` : ''}`
const steady = `${compiler} --expose-gc --no-memory-reducer --no-flush-bytecode`

/** Callgrind's text, and V8's map from addresses to functions where functions were asked for. */
async function count({ framework, node, configuration }, nth) {
  const out = join(folder, `${framework}-${node.version}-${configuration}-${nth}`.replaceAll(/[^\w.]+/g, '-'))
  const valgrind = [...callgrind.split(' '), `--callgrind-out-file=${out}`, node.path, ...steady.split(' ')]
  const argument = { framework, configuration, agentPort: agent.port, checkout: options.checkout }
  const server = await startServer(argument, 'valgrind', valgrind)
  await countRequests(server)
  server.end()
  await once(server.child, 'exit')
  const map = join(tmpdir(), `perf-${server.child.pid}.map`)
  const found = { text: readFileSync(`${out}.1`, 'utf8'), map: options.functions ? readFileSync(map, 'utf8') : '' }
  rmSync(map, { force: true })
  return found
}

async function countRequests(server) {
  const control = option => promisify(execFile)('callgrind_control', [option, String(server.child.pid)])
  const request = { word: options.word, traced: options.traced }
  const turn = async () => {
    await inMemory(server, { ...request, count: perTurn })
    await server.ask({ task: 'settle' })
  }
  await turn()
  await server.ask({ task: 'heap' }) // what the start has left must not be collected while we count
  await warmUp(server, inMemory, request)
  await control('--instr=on')
  await turn()
  await control('--zero')
  for (let i = 0; i < turns; i++) await turn()
  await control('--dump')
}

/**
 * The lowest of two processes: one of them may collect its old heap while we count, or run a function that the compiler gave up for a
 * while. Two run at a time; the count is the same.
 */
async function countAll(runs) {
  const waiting = (brief ? [0] : [0, 1]).flatMap(nth => runs.map(run => ({ run, nth })))
  const countNext = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const found = await count(next.run, next.nth)
      const cycles = perRequest(cyclesIn(found.text))
      if (cycles < (next.run.cycles ?? Infinity)) Object.assign(next.run, { cycles, found })
    }
  }
  await Promise.all([countNext(), countNext()])
}

const perRequest = sum => sum / (turns * perTurn)
const thousands = cycles => `${(cycles / 1000).toFixed(1)} k`

function summaryTable(runs) {
  const rows = runs.map(({ framework, node, configuration, cycles }) => {
    const beside = runs.filter(run => run.framework === framework && run.node === node)
    const of = name => beside.find(run => run.configuration === name)?.cycles
    const [bare, byHand, automatic] = ['bare + pino', 'by hand', 'automatic + pino'].map(of)
    const ratios = [whole(cycles, byHand), added(cycles, bare, byHand), added(cycles, bare, automatic)]
    const shown = ratios.map(value => (Number.isFinite(value) ? value.toFixed(2) : ''))
    return [`${framework}, Node ${node.version}`, configuration, thousands(cycles), ...shown]
  })
  return table([['', '', 'cycles', 'whole, × by hand', 'added, × by hand', 'added, × automatic'], ...rows])
}

function functionTables({ framework, node, configuration, cycles, found }) {
  const { functions, edges } = profileIn(found.text, found.map)
  const matching = new RegExp(options.match)
  const rowsOf = costs =>
    [...costs]
      .filter(([name]) => matching.test(name))
      .sort((a, b) => b[1].cycles - a[1].cycles)
      .slice(0, Number(options.top))
      .map(([name, cost]) => [perRequest(cost.cycles).toFixed(0), perRequest(cost.calls).toFixed(2), name])
  return [
    `${framework}, Node ${node.version}, ${configuration}: ${thousands(cycles)} cycles per request`,
    table([['cycles, itself', 'called', 'function'], ...rowsOf(functions)]),
    table([['cycles, with what it calls', 'called', 'caller -> function'], ...rowsOf(edges)]),
  ].join('\n\n')
}

const runs = options.names.flatMap(framework =>
  measuredNodes.flatMap(node => configurations.map(configuration => ({ framework, node, configuration }))),
)
await countAll(runs)
agent.end()
rmSync(folder, { recursive: true })
console.log(options.functions ? runs.map(functionTables).join('\n\n') : summaryTable(runs))
