// What `require('spanlog/express')` adds to the start of an application, and which files it loads; beside it what else people load.
//
//   npm run bench:start-up
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { summary } from './stats.mjs'

const { values } = parseArgs({
  options: { dist: { type: 'string', default: '../dist' }, rounds: { type: 'string', default: '21' } },
})
install()
const cwd = fileURLToPath(new URL('.', import.meta.url))
const script = `
  const { framework, modules } = JSON.parse(process.argv[1])
  require(framework)
  const known = new Set(Object.keys(require.cache))
  const start = process.cpuUsage()
  modules.forEach(name => require(name))
  const { user, system } = process.cpuUsage(start)
  const files = Object.keys(require.cache).filter(file => !known.has(file))
  console.log(JSON.stringify({ ms: (user + system) / 1000, files }))
`
const openTelemetry = ['sdk-trace-node', 'instrumentation', 'instrumentation-http', 'instrumentation-express']
const starts = [
  { name: 'spanlog/express', framework: 'express', modules: [`${values.dist}/express`], goal: ', goal < 5' },
  { name: 'spanlog/koa', framework: 'koa', modules: [`${values.dist}/koa`], goal: ', goal < 5' },
  { name: 'pino-http', framework: 'express', modules: ['pino-http'] },
  { name: 'dd-trace', framework: 'express', modules: ['dd-trace'] },
  { name: 'OpenTelemetry', framework: 'express', modules: openTelemetry.map(name => `@opentelemetry/${name}`) },
]
const found = starts.map(() => [])
for (let round = 0; round < values.rounds; round++) {
  starts.forEach((start, at) => {
    found[at].push(JSON.parse(execFileSync(process.execPath, ['-e', script, JSON.stringify(start)], { cwd })))
  })
}
starts.forEach(({ name, goal = '' }, at) => {
  const { median, low, high } = summary(found[at].map(({ ms }) => ms))
  const { files } = found[at][0]
  const foreign = files.filter(file => file.includes('node_modules'))
  console.log(`${name}: ${median.toFixed(1)} ms (${low.toFixed(1)}-${high.toFixed(1)})${goal}`)
  console.log(`  ${files.length} files, ${foreign.length} of them under node_modules`)
})
