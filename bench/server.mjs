// One process with one application: what is measured. It does what its messages say, and reads its own CPU clock.
import { createServer } from 'node:http'
import { applications } from './application.mjs'
import { configurations } from './configurations.mjs'
import { require } from './install.mjs'
import { requestsFor, serve, serveInMemory } from './requests.mjs'
import { flush } from './tracing.mjs'

const { framework, configuration, agentPort, checkout } = JSON.parse(process.argv[2])
const { trace, middleware, logOf } = configurations[configuration]

const tracer = trace?.(agentPort)
const pino = require('pino')
const logger = pino(pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 }))
const waiting = []
const server = createServer(
  applications[framework]({
    middleware: middleware?.({ framework, tracer, logger, checkout }),
    logOf: logOf(logger),
    hold: answer => waiting.push(answer),
  }),
)
server.keepAliveTimeout = 0 // a connection waits for its next turn as long as it takes

const requests = {}
const prepared = (word, traced) => (requests[`${word} ${traced}`] ??= requestsFor(word, traced))

/** Twice: what a finalizer releases in the first pass goes in the second. */
function heapUsed() {
  global.gc()
  global.gc()
  return process.memoryUsage().heapUsed
}

const tasks = {
  async inMemory({ word, traced, count }) {
    await serveInMemory(server, prepared(word, traced), count)
    return {}
  },
  /** Bytes of heap per request that waits for its answer. */
  async hold({ count }) {
    const before = heapUsed()
    const open = Array.from({ length: count }, (_, i) => serve(server, prepared('held', false)[i % 512]))
    while (waiting.length < count) await new Promise(setImmediate)
    const bytes = (heapUsed() - before) / count
    for (const answer of waiting.splice(0)) answer()
    await Promise.all(open)
    return { bytes }
  },
  async heap() {
    return { bytes: heapUsed() }
  },
  /** Sends the spans and collects the garbage of a turn, then tells how much CPU time this process has used. */
  async settle() {
    await flush(tracer)
    global.gc?.({ type: 'minor' })
    const { user, system } = process.cpuUsage()
    return { cpu: user + system }
  },
}

process.on('message', async ({ task, ...options }) => process.send(await tasks[task](options)))
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => {
  process.send({ port: server.address().port, major: Number.parseInt(process.versions.node, 10) })
})
