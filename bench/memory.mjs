// What a request holds while it is open, and whether anything stays when it has ended.
//
//   npm run bench:memory [-- --framework koa]
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Process } from './processes.mjs'

const { values } = parseArgs({
  options: { framework: { type: 'string', default: 'express,koa' }, dist: { type: 'string', default: '../dist' } },
})
install()

const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()

async function memoryOf(framework, configuration) {
  const server = new Process(
    'server.mjs',
    { framework, configuration, sets: {}, agentPort, dist: values.dist },
    { execArgv: ['--expose-gc'] },
  )
  await server.told()
  const serve = count => server.ask({ task: 'inMemory', word: 'items', traced: false, count })
  const heapAfter = async count => {
    await serve(count)
    await new Promise(resolve => setTimeout(resolve, 500)) // the last spans leave
    return (await server.ask({ task: 'heap' })).bytes
  }
  await serve(5000)
  const { bytes: open } = await server.ask({ task: 'hold', count: 10_000 })
  const early = await heapAfter(50_000)
  const late = await heapAfter(150_000)
  server.end()
  return { open, grown: (late - early) / 150_000 }
}

for (const framework of values.framework.split(',')) {
  const bare = await memoryOf(framework, 'bare + pino')
  const minimum = await memoryOf(framework, 'minimum')
  for (const configuration of ['spanlog', 'spanlog + namespace']) {
    const { open, grown } = await memoryOf(framework, configuration)
    console.log(`${framework}, ${configuration}`)
    console.log(`  an open request, × minimum: ${(open / minimum.open).toFixed(2)}`)
    console.log(
      `  what it adds to bare, × what the minimum adds: ${((open - bare.open) / (minimum.open - bare.open)).toFixed(2)}`,
    )
    console.log(
      `  bytes that stay, per request: ${grown.toFixed(2)} (minimum ${minimum.grown.toFixed(2)}, bare ${bare.grown.toFixed(2)})`,
    )
  }
}
agent.end()
