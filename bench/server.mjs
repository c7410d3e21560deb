// One process with one application: what is measured. It does what the runner's messages say, and reads its own CPU clock.
//
//   node server.mjs '{"framework":"express","configuration":"spanlog","sets":{},"agentPort":8126,"dist":"../dist"}'
import { createServer } from 'node:http'
import { requestsFor } from './client.mjs'
import { configurations } from './configurations.mjs'
import { configureTracer } from './environment.mjs'
import { frameworks } from './frameworks.mjs'
import { serve, serveInMemory } from './in-memory.mjs'
import { requireFrom } from './require.mjs'
import { flush } from './tracing.mjs'

const { framework, configuration, sets, agentPort, dist, flushInterval } = JSON.parse(process.argv[2])
const { trace, middleware, logOf } = configurations[configuration]

configureTracer(agentPort, flushInterval)
const tracer = trace?.(trace.name === 'openTelemetry' ? undefined : requireFrom(sets.tracer)('dd-trace'), agentPort)
const load = requireFrom(sets.framework)
const pino = load('pino')
const logger = pino(pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 }))
const waiting = []
const server = createServer(
  frameworks[framework]({
    load,
    middleware: middleware?.({ framework, tracer, logger, dist }),
    logOf: logOf(logger),
    held: answer => waiting.push(answer),
  }),
)

server.keepAliveTimeout = 0 // a connection waits for its next turn as long as it takes
const requests = {}
const prepared = (word, traced) => (requests[`${word} ${traced}`] ??= requestsFor(word, traced))
/** Twice: what a finalizer lets go of in the first pass goes in the second. */
function heap() {
  global.gc()
  global.gc()
  return process.memoryUsage().heapUsed
}

const tasks = {
  /** So many requests without a socket. */
  async inMemory({ word, traced, count }) {
    await serveInMemory(server, prepared(word, traced), count)
    return {}
  },
  /** So many requests that wait for their answer; then the answers. */
  async hold({ count }) {
    const open = []
    const before = heap()
    for (let i = 0; i < count; i++) open.push(serve(server, prepared('held', false)[i % 512]))
    while (waiting.length < count) await new Promise(setImmediate)
    const bytes = (heap() - before) / count
    for (const answer of waiting.splice(0)) answer()
    await Promise.all(open)
    return { bytes }
  },
  async heap() {
    return { bytes: heap() }
  },
  async listen() {
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
    return { port: server.address().port }
  },
  async flush() {
    await flush(tracer)
    global.gc?.({ type: 'minor' })
    return {}
  },
  async node() {
    return { major: Number.parseInt(process.versions.node, 10) }
  },
  async clock() {
    const { user, system } = process.cpuUsage()
    return { cpu: user + system }
  },
}

process.on('message', async ({ task, ...options }) => process.send(await tasks[task](options)))
process.on('disconnect', () => process.exit())
process.send({ ready: true })
