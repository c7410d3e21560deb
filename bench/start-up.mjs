// What `require('spanlog/express')` adds to the start of an application, and which files it loads.
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
  const { dist, framework } = JSON.parse(process.argv[1])
  require(framework)
  const known = new Set(Object.keys(require.cache))
  const start = process.cpuUsage()
  require(dist + '/' + framework)
  const { user, system } = process.cpuUsage(start)
  const files = Object.keys(require.cache).filter(file => !known.has(file))
  console.log(JSON.stringify({ ms: (user + system) / 1000, files }))
`
for (const framework of ['express', 'koa']) {
  const found = Array.from({ length: Number(values.rounds) }, () =>
    JSON.parse(
      execFileSync(process.execPath, ['-e', script, JSON.stringify({ dist: values.dist, framework })], { cwd }),
    ),
  )
  const { median, low, high } = summary(found.map(({ ms }) => ms))
  const foreign = found[0].files.filter(file => file.includes('node_modules'))
  console.log(`spanlog/${framework}: ${median.toFixed(1)} ms (${low.toFixed(1)}-${high.toFixed(1)}), goal < 5`)
  console.log(`  ${found[0].files.length} files of ours, ${foreign.length} of others ${foreign.join(' ')}`)
}
