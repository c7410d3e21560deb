// What it costs to know the route: a request of a router that is nested two deep, with the route watched and with a constant
// resource. The same, and the index of a large application, built once.
//
//   npm run bench:route [-- --framework koa]
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Process } from './processes.mjs'
import { summary } from './stats.mjs'

const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    dist: { type: 'string', default: '../dist' },
    processes: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '120' },
  },
})
install()

const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()
const copy = mkdtempSync(join(tmpdir(), 'spanlog-constant-'))
cpSync(resolve(import.meta.dirname, values.dist), copy, { recursive: true })
const pair = [
  { configuration: 'spanlog', dist: values.dist },
  { configuration: 'spanlog with a constant resource', dist: copy },
]

/** Every other process has the constant one first: what is loaded first has the compiler's first look. */
async function ratio(framework, reversed) {
  const both = new Process('side-by-side.mjs', {
    framework,
    agentPort,
    runs: reversed ? pair.toReversed() : pair,
  })
  await both.told()
  const work = { word: 'shops/12/items', count: 100 }
  await both.ask({ ...work, rounds: 60 })
  const cpu = await both.ask({ ...work, rounds: Number(values.rounds) })
  both.end()
  const [watched, constant] = reversed ? cpu.toReversed() : cpu
  return watched / constant
}

for (const framework of values.framework.split(',')) {
  const ratios = []
  for (let i = 0; i < Number(values.processes); i++) ratios.push(await ratio(framework, i % 2 === 1))
  const { median, low, high } = summary(ratios)
  const figure = `${median.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`
  console.log(`${framework}, a request two routers deep, × one with a constant resource: ${figure}, goal 1.03`)
}
agent.end()
rmSync(copy, { recursive: true })

const { require } = await import('./require.mjs')
const { watchRoutes } = require(`${values.dist}/express-route`)
const express = require('express')

function largeApp() {
  const app = express()
  for (let i = 0; i < 50; i++) {
    const router = express.Router()
    for (let j = 0; j < 100; j++) router.get(`/items${j}/:id`, () => {})
    app.use(`/shops${i}/:shop`, router)
  }
  return app
}

function indexed(app) {
  const start = process.cpuUsage()
  watchRoutes(app, () => undefined)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
const { median, low, high } = summary(Array.from({ length: 9 }, () => indexed(largeApp())))
console.log(`index of 5,000 routes: ${median.toFixed(1)} ms (${low.toFixed(1)}-${high.toFixed(1)}) of CPU, goal < 50`)
