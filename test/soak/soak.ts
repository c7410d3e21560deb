import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAgent } from 'spanlog/agent'

export const modes = ['als', 'namespace', 'integrations'] as const
export type Mode = (typeof modes)[number]

export interface Figures {
  mode: Mode
  requests: number
  seconds: number
  started: number
  finished: number
  /** Server spans that the agent was sent, and child spans. */
  received: number
  children: number
  lines: number
  /** Access lines: one for each span, with its id. */
  accessLines: number
  /** Lines that carry the ids of another request, or none. */
  unlinked: number
  /** Responses that spanlog still holds. */
  open: number
  /** After a forced collection, in MB, at the end of each tenth. */
  heaps: number[]
}

const sockets = 64

/** Sends requests over 64 kept-alive sockets: one in ten is abandoned by its client, one in twenty fails. */
export async function soak(requests: number, mode: Mode): Promise<Figures> {
  const agent = await startAgent({ keep: 10 })
  const sent = { received: 0, children: 0 }
  const child = startServer(mode, agent.url)
  const [{ ports }] = await once(child, 'message')
  const began = Date.now()
  agent.onTrace(trace => {
    const server = trace.spans.filter(span => span.meta['span.kind'] === 'server').length
    sent.received += server
    sent.children += trace.spans.filter(span => span.name === 'work').length
  })
  const heaps: number[] = []
  for (let tenth = 0; tenth < 10; tenth++) {
    await load(ports, requests / 10)
    await sleep(100)
    heaps.push(Math.round((await ask(child, 'heap')).heap * 10) / 10)
  }
  const report = await ask(child, 'end')
  child.kill()
  await agent.close()
  const { started, finished, lines, accessLines, unlinked, open } = report
  return {
    mode,
    requests,
    seconds: (Date.now() - began) / 1000,
    started,
    finished,
    ...sent,
    lines,
    accessLines,
    unlinked,
    open,
    heaps,
  }
}

function startServer(mode: Mode, url: string): ChildProcess {
  return fork(join(__dirname, 'server.ts'), [mode], {
    execArgv: ['--expose-gc', '--require', 'sucrase/register/ts'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      DD_TRACE_AGENT_URL: url,
      DD_TRACE_FLUSH_INTERVAL: '100',
      DD_TRACE_STARTUP_LOGS: 'false',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      NODE_ENV: 'production',
    },
  })
}

async function ask(child: ChildProcess, what: string) {
  child.send(what)
  const [answer] = await once(child, 'message')
  return answer
}

async function load(ports: number[], requests: number): Promise<void> {
  let taken = 0
  const take = () => (taken < requests ? taken++ : undefined)
  await Promise.all(Array.from({ length: sockets }, (_, i) => client(ports[i % ports.length], take)))
}

/** One socket, and the next when its client has left in the middle. */
async function client(port: number, take: () => number | undefined): Promise<void> {
  let socket = connect(port, '127.0.0.1')
  for (let n = take(); n !== undefined; n = take()) {
    const kind = n % 10 === 9 ? 'hang' : n % 20 === 4 ? 'error' : 'ok'
    const expect = kind === 'hang' ? 'Expect: 100-continue\r\n' : '' // its answer tells that the server has heard us
    socket.write(`GET /${kind}/${n} HTTP/1.1\r\nHost: soak.test\r\n${expect}\r\n`)
    if (kind !== 'hang') await answer(socket)
    else {
      await once(socket, 'data')
      await sleep(5)
      socket.destroy()
      socket = connect(port, '127.0.0.1')
    }
  }
  socket.destroy()
}

function answer(socket: Socket): Promise<void> {
  return new Promise((done, fail) => {
    const read = (data: Buffer) => {
      if (!/(?:done|failed|Error)$/.test(data.toString('latin1'))) return
      socket.off('data', read).off('error', fail)
      done()
    }
    socket.on('data', read).once('error', fail)
  })
}
