// What it costs to know the route: a request of a router that is nested two deep, with the route watched and with a constant
// resource. The same, and the index of a large application, built once.
//
//   npm run bench:route [-- --framework koa]
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { Process } from './processes.mjs'
import { byRound, summary } from './stats.mjs'
import { takeTurns } from './turns.mjs'

const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express,koa' },
    dist: { type: 'string', default: '../dist' },
    generations: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '24' },
    count: { type: 'string', default: '300' },
  },
})
install()

const agent = new Process('agent.mjs')
const { port: agentPort } = await agent.told()
const task = { task: 'inMemory', word: 'shops/12/items', traced: false }
const rounds = Number(values.rounds)

async function generation(framework, cpu) {
  const turns = []
  for (const configuration of ['spanlog', 'spanlog with a constant resource']) {
    const server = new Process('server.mjs', { framework, configuration, sets: {}, agentPort, dist: values.dist })
    await server.told()
    await server.ask({ ...task, count: 5000 })
    const work = () => server.ask({ ...task, count: Number(values.count) })
    turns.push({ server, work, cpu: cpu[configuration] })
  }
  await takeTurns(turns, rounds)
  for (const { server } of turns) server.end()
}

for (const framework of values.framework.split(',')) {
  const cpu = { spanlog: [], 'spanlog with a constant resource': [] }
  for (let i = 0; i < Number(values.generations); i++) await generation(framework, cpu)
  const { median, low, high } = byRound(
    (own, base) => own / base,
    rounds,
    cpu.spanlog,
    cpu['spanlog with a constant resource'],
  )
  const figure = `${median.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`
  console.log(`${framework}, a request two routers deep, × one with a constant resource: ${figure}, goal 1.03`)
}
agent.end()

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
