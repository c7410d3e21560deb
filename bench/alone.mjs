// The middleware without sockets: fresh processes that take turns. It is steadier than whole requests, and compares two builds.
//
//   npm run bench alone -- [koa] [--quick] [--only spanlog] [--word quiet] [--traced] [--checkout ..,/tmp/other]
import { optionsOf } from './install.mjs'
import { generation, inMemory, startAgent } from './processes.mjs'
import { added, paired, shown, table, whole } from './stats.mjs'

const defaults = { only: 'span only,spanlog', word: 'items', traced: false, node: process.execPath }
const options = optionsOf(defaults, ['express', 'koa'])
const checkouts = options.checkout.split(',')
const [generations, rounds] = options.quick ? [1, 20] : [4, 15]
const agent = await startAgent()

function seriesOf(framework) {
  const request = { word: options.word, traced: options.traced }
  return ['bare + pino', 'by hand', ...options.only.split(',')].flatMap(configuration =>
    (configuration.startsWith('spanlog') ? checkouts : ['']).map(checkout => {
      const name = checkouts.length > 1 ? `${configuration} ${checkout}` : configuration
      return { name, request, cpu: [], argument: { framework, configuration, checkout, agentPort: agent.port } }
    }),
  )
}

const rows = []
for (const framework of options.names) {
  const [bare, byHand, ...others] = seriesOf(framework)
  for (let i = 0; i < generations; i++) {
    await generation([bare, byHand, ...others], [inMemory], options.node, round => round < rounds)
  }
  for (const { name, cpu } of others) {
    const ratios = [paired(whole, cpu, byHand.cpu), paired(added, cpu, bare.cpu, byHand.cpu)]
    rows.push([`${framework}, ${name}`, ...ratios.map(shown)])
  }
}
agent.end()
console.log(table([['without sockets', 'whole, × by hand', 'added, × by hand'], ...rows]))
