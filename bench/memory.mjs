// How many bytes of heap a request holds while it waits for its answer: the median of three processes.
//
//   npm run bench memory -- [koa] [--quick]
import { optionsOf } from './install.mjs'
import { inMemory, startAgent, startServer } from './processes.mjs'
import { summary, table } from './stats.mjs'

const { names: frameworks, quick: brief, checkout } = optionsOf({}, ['express', 'koa'])
const agent = await startAgent()

async function bytesOf(framework, configuration) {
  const server = await startServer({ framework, configuration, agentPort: agent.port, checkout })
  for (let i = 0; i < 10; i++) {
    await inMemory(server, { word: 'items', traced: false, count: 500 })
    await server.ask({ task: 'settle' })
  }
  const { bytes } = await server.ask({ task: 'hold', count: 10_000 })
  server.end()
  return bytes
}

const rows = []
for (const framework of frameworks) {
  let byHand
  for (const configuration of ['by hand', 'spanlog', 'spanlog + namespace']) {
    const found = []
    for (let i = 0; i < (brief ? 1 : 3); i++) found.push(await bytesOf(framework, configuration))
    const { median } = summary(found)
    byHand ??= median
    rows.push([`${framework}, ${configuration}`, Math.round(median), (median / byHand).toFixed(2)])
  }
}
agent.end()
console.log(table([['an open request', 'bytes', '× by hand'], ...rows]))
