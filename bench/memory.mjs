// How many bytes of heap a request holds while it waits for its answer.
//
//   npm run bench memory -- [koa]
import { optionsOf } from './install.mjs'
import { inMemory, startAgent, startServer } from './processes.mjs'
import { table } from './stats.mjs'

const options = optionsOf({}, ['express', 'koa'])
const agent = await startAgent()

async function bytesOf(framework, configuration) {
  const server = await startServer({ framework, configuration, agentPort: agent.port, checkout: options.checkout })
  for (let i = 0; i < 10; i++) {
    await inMemory(server, { word: 'items', traced: false, count: 500 })
    await server.ask({ task: 'settle' })
  }
  const { bytes } = await server.ask({ task: 'hold', count: 10_000 })
  server.end()
  return bytes
}

const rows = []
for (const framework of options.names) {
  const bare = await bytesOf(framework, 'bare + pino')
  const byHand = await bytesOf(framework, 'by hand')
  for (const configuration of ['spanlog', 'spanlog + namespace']) {
    const bytes = await bytesOf(framework, configuration)
    const share = (bytes - bare) / (byHand - bare)
    rows.push([`${framework}, ${configuration}`, Math.round(bytes), (bytes / byHand).toFixed(2), share.toFixed(2)])
  }
}
agent.end()
console.log(table([['an open request', 'bytes', '× by hand', 'added, × by hand'], ...rows]))
