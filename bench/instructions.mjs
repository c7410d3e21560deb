// What a request costs a processor, counted by valgrind's callgrind and not timed: the same on a loaded machine as on an idle one.
// Writes its table into README.md where all of it was asked for.
//
//   npm run bench:instructions [-- --framework koa --only "bare + pino,minimum,spanlog" --word quiet]
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { install, nodes, versionOf } from './install.mjs'
import { Process } from './processes.mjs'
import { flushInterval, warmUp } from './turns.mjs'

const run = promisify(execFile)
const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    only: {
      type: 'string',
      default:
        'bare + pino,minimum,span only,span and bytes,spanlog,dd-trace automatic + pino,automatic + empty middleware,spanlog adopting',
    },
    word: { type: 'string', default: 'items' },
    traced: { type: 'boolean', default: false },
    dist: { type: 'string', default: '../dist' },
    processes: { type: 'string', default: '2' },
  },
})
const whole = process.argv.length === 2
/** In turns. */
const counted = 5
const perTurn = 300

install()
const folder = mkdtempSync(join(tmpdir(), 'spanlog-callgrind-'))
const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()

const callgrind = ['--tool=callgrind', '--quiet', '--instr-atstart=no', '--branch-sim=yes', '--cache-sim=yes']
const caches = ['--I1=32768,8,64', '--D1=32768,8,64', '--LL=33554432,16,64']
// The compiler's other threads would make it a matter of luck when a function is optimised.
const steady = [
  '--single-threaded',
  '--expose-gc',
  '--no-memory-reducer',
  '--no-flush-bytecode',
  '--random-seed=1',
  '--hash-seed=1',
]
/** Cycles of one request, as a processor would need them that waits 10 for the second cache or a wrong guess, and 100 for memory. */
async function cyclesOf({ framework, node, configuration, dist }, nth) {
  const out = join(folder, [framework, node.version, configuration, dist, nth].join('-').replaceAll(/\W+/g, '-'))
  const sets = { tracer: node.path === process.execPath ? undefined : 'dd-trace6' }
  const server = new Process(
    'server.mjs',
    { framework, configuration, sets, agentPort, dist, flushInterval },
    { execPath: 'valgrind', execArgv: [...callgrind, ...caches, `--callgrind-out-file=${out}`, node.path, ...steady] },
  )
  const control = option => run('callgrind_control', [option, String(server.child.pid)])
  const request = { task: 'inMemory', word: values.word, traced: values.traced }
  const work = () => server.ask({ ...request, count: perTurn })
  await server.told()
  await work()
  await server.ask({ task: 'heap' }) // what the start has left shall not be collected while we count
  await warmUp({ server, work }, perTurn)
  const turn = async () => {
    await work()
    await server.ask({ task: 'flush' })
  }
  await control('--instr=on')
  await turn()
  await control('--zero')
  for (let i = 0; i < counted; i++) await turn()
  await control('--dump')
  server.end()
  await once(server.child, 'exit')
  return estimate(readFileSync(`${out}.1`, 'utf8')) / (counted * perTurn)
}

function estimate(text) {
  const names = /^events: (.*)$/m.exec(text)[1].split(' ')
  const sums = /^(?:totals|summary): (.*)$/m.exec(text)[1].split(' ').map(Number)
  const of = (...wanted) => wanted.reduce((total, name) => total + sums[names.indexOf(name)], 0)
  return of('Ir') + 10 * of('I1mr', 'D1mr', 'D1mw', 'Bcm', 'Bim') + 100 * of('ILmr', 'DLmr', 'DLmw')
}

function* runs() {
  for (const framework of values.framework.split(',')) {
    for (const node of nodes()) {
      for (const configuration of values.only.split(',')) {
        for (const dist of configuration.startsWith('spanlog') ? values.dist.split(',') : [values.dist]) {
          yield { framework, node, configuration, dist }
        }
      }
    }
  }
}

/**
 * The lowest of several processes: now and then one is in the middle of collecting its old heap, or has a function that the
 * compiler gave up for a while. Two at a time, the count is the same.
 */
const results = [...runs()]
const waiting = Array.from({ length: Number(values.processes) }, (_, nth) =>
  results.map(result => ({ result, nth })),
).flat()
await Promise.all(
  [0, 1].map(async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { result, nth } = next
      result.cycles = Math.min(result.cycles ?? Infinity, await cyclesOf(result, nth))
    }
  }),
)
agent.end()
rmSync(folder, { recursive: true })

const rows = results.map(({ framework, node, configuration, dist, cycles }) => {
  const of = name => results.find(r => r.framework === framework && r.node === node && r.configuration === name)?.cycles
  const added = cycles - of('bare + pino')
  const share = name => (added && of(name) ? (added / (of(name) - of('bare + pino'))).toFixed(2) : '')
  const named =
    values.dist.includes(',') && configuration.startsWith('spanlog') ? `${configuration} ${dist}` : configuration
  const where = `${framework}, Node ${node.version.replace(/^v/, '')}`
  return [where, named, `${Math.round(cycles / 1000)} k`, share('minimum'), share('dd-trace automatic + pino')]
})
const row = cells => `| ${cells.join(' | ')} |`
const head = ['', 'configuration', 'cycles', 'adds, × minimum', 'adds, × automatic']
const table = [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
console.log(table)
if (whole) {
  const readme = new URL('README.md', import.meta.url)
  const versions = ['express', 'koa', 'dd-trace'].map(name => `${name} ${versionOf(name)}`)
  const title = `Counted on ${new Date().toISOString().slice(0, 10)} with ${versions.join(', ')} (dd-trace ${versionOf('dd-trace', 'dd-trace6')} on the newer Node).`
  const between = /(<!-- instructions -->\n\n)[\s\S]*?(\n\n<!-- \/instructions -->)/
  writeFileSync(readme, readFileSync(readme, 'utf8').replace(between, `$1${title}\n\n${table}$2`))
}
