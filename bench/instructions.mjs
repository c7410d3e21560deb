// Instructions per request, counted by valgrind's callgrind: the same on a loaded machine as on an idle one.
//
//   npm run bench:instructions [-- --framework koa --only spanlog,minimum --word quiet]
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { Process } from './processes.mjs'

const run = promisify(execFile)
const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    warm: { type: 'string', default: '8000' },
    count: { type: 'string', default: '3000' },
    word: { type: 'string', default: 'items' },
    traced: { type: 'boolean', default: false },
    only: { type: 'string', default: 'bare + pino,minimum,spanlog' },
    dist: { type: 'string', default: '../dist' },
    node: { type: 'string', default: process.execPath },
    tracer: { type: 'string' },
  },
})
const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()
// Under valgrind all is some fifty times slower: a flush so much later holds as many traces.
const flushInterval = 5000
// The compiler's other threads would make it a matter of luck when a function is optimised.
const steady = ['--single-threaded', '--no-flush-bytecode', '--random-seed=1', '--hash-seed=1']

async function instructions(framework, configuration, dist) {
  const out = `/tmp/callgrind.${process.pid}.${framework}.${configuration.replaceAll(/\W+/g, '-')}`
  const valgrind = ['--tool=callgrind', '--instr-atstart=no', `--callgrind-out-file=${out}`, '--quiet']
  const server = new Process(
    'server.mjs',
    { framework, configuration, sets: { tracer: values.tracer }, agentPort, dist, flushInterval },
    {
      execPath: 'valgrind',
      execArgv: [...valgrind, values.node, ...steady],
    },
  )
  await server.told()
  const task = { task: 'inMemory', word: values.word, traced: values.traced }
  await server.ask({ ...task, count: Number(values.warm) })
  await run('callgrind_control', ['--instr=on', String(server.child.pid)])
  await run('callgrind_control', ['--zero', String(server.child.pid)])
  await server.ask({ ...task, count: Number(values.count) })
  const { stdout } = await run('callgrind_control', ['--stat', '-e', 'Ir', String(server.child.pid)])
  server.end()
  return totalOf(stdout) / values.count
}

/** The threads' sums: ` Th 1  531,749,889`. */
function totalOf(text) {
  const sums = [...text.matchAll(/^ +Th *\d+ +([\d,]+)/gm)].map(([, sum]) => Number(sum.replaceAll(',', '')))
  return sums.reduce((total, sum) => total + sum, 0)
}

for (const framework of values.framework.split(',')) {
  const found = {}
  for (const configuration of values.only.split(',')) {
    const dists = configuration.startsWith('spanlog') ? values.dist.split(',') : ['']
    for (const dist of dists) {
      const name = dists.length > 1 ? `${configuration} ${dist}` : configuration
      found[name] = await instructions(framework, configuration, dist)
      const added = (found[name] - found['bare + pino']) / (found.minimum - found['bare + pino'])
      console.log(framework.padEnd(8), name.padEnd(36), Math.round(found[name] / 1000), 'k', added.toFixed(2))
    }
  }
}
agent.end()
