// What `require('spanlog/express')` adds to the start of an application; beside it what else people load.
//
//   npm run bench start-up -- [--quick]
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { optionsOf } from './install.mjs'
import { shown, summary, table } from './stats.mjs'

const options = optionsOf()
const bench = import.meta.dirname
const script = `
  const { framework, name } = JSON.parse(process.argv[1])
  require('${bench}/node_modules/' + framework)
  const known = Object.keys(require.cache).length
  const start = process.cpuUsage()
  require(name)
  const { user, system } = process.cpuUsage(start)
  console.log(JSON.stringify({ ms: (user + system) / 1000, files: Object.keys(require.cache).length - known }))
`
const checkout = resolve(bench, options.checkout)
const starts = [
  { framework: 'express', name: 'spanlog/express', cwd: checkout },
  { framework: 'koa', name: 'spanlog/koa', cwd: checkout },
  { framework: 'express', name: 'pino-http', cwd: bench },
  { framework: 'express', name: 'dd-trace', cwd: bench },
].map(start => ({ ...start, found: [] }))

for (let round = 0; round < (options.quick ? 5 : 21); round++) {
  for (const { cwd, found, ...start } of starts) {
    found.push(JSON.parse(execFileSync(process.execPath, ['-e', script, JSON.stringify(start)], { cwd })))
  }
}
const rows = starts.map(({ name, found }) => [name, shown(summary(found.map(({ ms }) => ms))), found[0].files])
console.log(table([['', 'ms of CPU', 'files'], ...rows]))
