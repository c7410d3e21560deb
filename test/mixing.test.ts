import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, Agent as HttpAgent } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, it } from 'node:test'
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import { createNamespace } from 'cls-hooked'
import express from 'express'
import pino from 'pino'
import { getLog } from 'spanlog'
import { type Agent, startAgent } from 'spanlog/agent'
import { spanlog } from 'spanlog/express'
import { quietTracer } from './quiet-tracer'

const seed = Number(process.env.SEED ?? 20261124)
const count = Number(process.env.REQUESTS ?? 1000)
const atOnce = 200
const pipelined = 10

Object.assign(process.env, quietTracer)
const tracer = require('dd-trace') as typeof import('dd-trace').default

let agent: Agent
after(() => agent?.close())

for (const store of ['AsyncLocalStorage', 'a cls-hooked namespace'] as const) {
  const requests = store === 'AsyncLocalStorage' ? count : count / 4
  it(`no line carries another request's ids: ${requests} requests, ${atOnce} at once, some pipelined, by ${store}, seed ${seed}`, async () => {
    agent ??= await startAgent({ keep: count + atOnce })
    agent.clear()
    tracer.init({ plugins: false, logInjection: true, url: agent.url, flushInterval: 50 })
    const lines = new Map<string, { trace_id: string; span_id: string }[]>()
    const server = serve(lines, store === 'AsyncLocalStorage' ? undefined : createNamespace('mixing'))
    await once(server, 'listening')
    await send((server.address() as AddressInfo).port, requests)
    server.closeAllConnections()
    server.close()
    await check(lines, requests)
  })
}

/** Every line of every request against the spans that the agent received. */
async function check(lines: Map<string, { trace_id: string; span_id: string }[]>, requests: number): Promise<void> {
  for (let waited = 0; agent.traces.length < requests && waited < 10_000; waited += 50) await sleep(50)
  assert.equal(agent.traces.length, requests)
  let checked = 0
  for (const trace of agent.traces) {
    const id = /\/(\d+)$/.exec(trace.root?.meta['http.url'] ?? '')?.[1] as string
    const spans = new Set(trace.spans.map(span => span.spanId))
    for (const dd of lines.get(id) ?? []) {
      assert.equal(dd.trace_id, trace.traceId, `a line of request ${id}`)
      assert.ok(spans.has(dd.span_id), `a line of request ${id} names a span of its trace`)
      checked++
    }
  }
  assert.ok(checked >= requests * 2, `${checked} lines`)
}

function serve(
  lines: Map<string, { trace_id: string; span_id: string }[]>,
  namespace?: ReturnType<typeof createNamespace>,
) {
  const write = (line: string) => {
    const { id, dd } = JSON.parse(line)
    const known = lines.get(id)
    if (known) known.push(dd)
    else lines.set(id, [dd])
  }
  const app = express()
  app.use(spanlog({ logger: pino({}, { write }), namespace }))
  const random = randomBy(seed)
  app.get('/:id', async (req, res) => {
    const { id } = req.params
    const { log } = req as { log: any }
    const outside = { info: () => assert.fail('outside a request') }
    log.info({ id })
    for (let step = 0; step < 3; step++) {
      const choice = random(5)
      if (choice === 0) await sleep(random(3))
      else if (choice === 1) await immediate()
      else if (choice === 2) await tracer.trace('step', () => immediate().then(() => log.info({ id })))
      else if (choice === 3) await new Promise(done => process.nextTick(done))
      else log.child({ step }).info({ id })
      ;(getLog(outside) as any).info({ id })
    }
    res.on('finish', () => (getLog(outside) as any).info({ id }))
    res.end(id)
  })
  return app.listen(0, '127.0.0.1')
}

/** Half over keep-alive sockets, half pipelined, ten at a time, on raw ones. */
async function send(port: number, requests: number): Promise<void> {
  let next = 0
  const http = new HttpAgent({ keepAlive: true, maxSockets: atOnce })
  const workers = Array.from({ length: atOnce }, async (_, worker) => {
    while (next < requests) {
      const ids = Array.from({ length: Math.min(worker % 2 ? pipelined : 1, requests - next) }, () => next++)
      await (ids.length > 1 ? pipeline(port, ids) : one(port, http, ids[0]))
    }
  })
  await Promise.all(workers)
  http.destroy()
}

function one(port: number, agent: HttpAgent, id: number): Promise<void> {
  return new Promise((done, fail) => {
    get({ port, path: `/${id}`, agent }, res => res.resume().on('end', done)).on('error', fail)
  })
}

function pipeline(port: number, ids: number[]): Promise<void> {
  return new Promise((done, fail) => {
    let answers = ''
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(ids.map(id => `GET /${id} HTTP/1.1\r\nhost: x\r\n\r\n`).join('')),
    )
    socket.on('error', fail).on('data', chunk => {
      answers += chunk
      if (answers.split('HTTP/1.1 200').length > ids.length && answers.endsWith(String(ids.at(-1)))) socket.end(done)
    })
  })
}

/** mulberry32: small, and the same everywhere for a seed. */
function randomBy(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
