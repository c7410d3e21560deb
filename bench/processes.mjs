// The processes of a run, and how they take turns.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

export class Process {
  constructor(name, argument = {}, { execPath = process.execPath, execArgv = [] } = {}) {
    const file = fileURLToPath(new URL(name, import.meta.url))
    this.child = fork(file, [JSON.stringify(argument)], { execPath, execArgv })
    this.child.on('exit', code => {
      if (code) throw new Error(`${name} ${JSON.stringify(argument)} ended with ${code}`)
    })
  }

  async told() {
    const [message] = await once(this.child, 'message')
    return message
  }

  ask(message) {
    this.child.send(message)
    return this.told()
  }

  end() {
    if (this.child.connected) this.child.disconnect()
  }
}

/** Takes what tracers send and forgets it. In this process, which has nothing to do while spans are sent. */
export async function startAgent() {
  const server = createServer((req, res) => req.resume().on('end', () => res.end('{"rate_by_service":{}}')))
  server.keepAliveTimeout = 0
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: server.address().port, end: () => server.close().closeAllConnections() }
}

/** While a process waits for its turn V8 would collect its whole heap, which a busy service never has done to it. */
const flags = ['--no-memory-reducer', '--expose-gc']

/** @param argument what server.mjs takes */
export async function startServer(argument, execPath, execArgv = flags) {
  const server = new Process('server.mjs', argument, { execPath, execArgv })
  return Object.assign(server, await server.told())
}

/** Sends requests without a socket. */
export const inMemory = (server, request) => server.ask({ task: 'inMemory', ...request })

/**
 * Serves requests that nobody counts. Node 24 compiles most of a request once more when it has served some 11,000 of them; Node 20
 * is done at 8,000. Each turn sends its spans: a tracer that had to keep thousands at once stays slow for as many more.
 */
export async function warmUp(server, send, request) {
  const enough = server.major < 22 ? 8000 : 15_000
  for (let served = 0; served < enough; served += 200) {
    await send(server, { ...request, count: 200 })
    await server.ask({ task: 'settle' })
  }
}

/**
 * One generation of fresh processes, since what the compiler makes of the same code differs from one process to the next.
 *
 * @param series `{ name, argument, request, cpu }`: one process per name; the microseconds of each turn are added to `cpu`
 * @param senders each `(server, request) => Promise`. The first one measures; all of them warm up.
 * @param more asked before each round, with the number of rounds that were counted
 */
export async function generation(series, senders, execPath, more) {
  const servers = new Map()
  const waiting = [...new Map(series.map(one => [one.name, one])).values()]
  const startNext = async send => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const server = await startServer(next.argument, execPath)
      servers.set(next.name, server)
      await warmUp(server, send, next.request)
    }
  }
  await Promise.all(senders.map(startNext))
  // From -2: a process that has waited while the others were started is slow at first.
  for (let round = -2; round < 0 || more(round); round++) {
    for (const { name, request, cpu } of series.toSorted(() => Math.random() - 0.5)) {
      const cost = await turn(servers.get(name), senders[0], request)
      if (round >= 0) cpu.push(cost)
    }
  }
  for (const server of servers.values()) server.end()
}

/** It begins with requests that are not counted: they bring the server's code and data back to the processor. */
async function turn(server, send, request) {
  await send(server, { ...request, count: 60 })
  const before = await server.ask({ task: 'settle' })
  await send(server, { ...request, count: 200 })
  const after = await server.ask({ task: 'settle' })
  return after.cpu - before.cpu
}
