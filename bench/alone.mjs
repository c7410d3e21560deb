// The middleware alone: one process per configuration, requests without a socket, in turns (A B C A B C …).
//
//   npm run bench:alone [-- --framework koa --word quiet --traced --dist ../dist,/tmp/other/dist]
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Process } from './processes.mjs'
import { fromTurns } from './stats.mjs'
import { flushInterval, takeTurns, warmUp } from './turns.mjs'

const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    only: { type: 'string', default: 'span only,spanlog' },
    word: { type: 'string', default: 'items' },
    traced: { type: 'boolean', default: false },
    dist: { type: 'string', default: '../dist' },
    node: { type: 'string', default: process.execPath },
    tracer: { type: 'string' },
    generations: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '12' },
    count: { type: 'string', default: '300' },
  },
})
install()

const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()
const task = { task: 'inMemory', word: values.word, traced: values.traced }

/** Two builds of spanlog can be held against each other: each path in `--dist` is one. */
function* runsOf(framework) {
  const dists = values.dist.split(',')
  for (const configuration of ['bare + pino', 'minimum', ...values.only.split(',')]) {
    for (const dist of configuration.startsWith('spanlog') ? dists : ['']) {
      yield {
        name: `${configuration} ${dists.length > 1 ? dist : ''}`.trim(),
        framework,
        configuration,
        dist,
        cpu: [],
        took: [],
      }
    }
  }
}

/** New processes: what the compiler makes of the same code differs from one to the next by more than a round does. */
async function generation(runs) {
  for (const run of runs) {
    const { framework, configuration, dist } = run
    const argument = { framework, configuration, dist, agentPort, sets: { tracer: values.tracer }, flushInterval }
    run.server = new Process('server.mjs', argument, { execPath: values.node, execArgv: ['--expose-gc'] })
    await run.server.told()
  }
  const turns = runs.map(run => {
    const serve = count => run.server.ask({ ...task, count })
    return { ...run, settle: () => serve(100), work: () => serve(Number(values.count)) }
  })
  for (const turn of turns) await warmUp(turn, Number(values.count))
  await takeTurns(turns, Number(values.rounds))
  for (const { server } of runs) server.end()
}

for (const framework of values.framework.split(',')) {
  const runs = [...runsOf(framework)]
  for (let i = 0; i < values.generations; i++) await generation(runs)
  const [bare, minimum] = runs
  console.log(`${framework}, ${values.word}${values.traced ? ', traced' : ''}: added CPU, × the hand-written minimum`)
  for (const { name, cpu } of runs.slice(2)) {
    const share = (own, base, least) => (own - base) / (least - base)
    const { value, low, high } = fromTurns(share, cpu, bare.cpu, minimum.cpu)
    console.log(`  ${name.padEnd(40)} ${value.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`)
  }
}
agent.end()
