import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, parseLine, type Span, startAgent } from 'spanlog/agent'
import { keysOf } from './json-line'
import { quietTracer } from './quiet-tracer'

interface Request {
  method?: string
  path: string
  status: number
  resource: string
  body?: unknown
  /** The message of each line, and the name of the span that it is linked to where the example made that span itself. */
  lines: { [message: string]: string | undefined }
}

const loading = { loading: undefined }
const locked = { loading: undefined, 'the drafts are locked': undefined }
const post = { path: '/posts/7', status: 200, resource: 'GET /posts/:id', body: { id: '7', title: 'Hello' } }
const draft = { path: '/drafts/7', status: 500, resource: 'GET /drafts/:id' }

const examples: { [name: string]: Request[] } = {
  'express-pino': [
    { ...post, lines: loading },
    { ...draft, body: { error: 'sorry' }, lines: locked },
  ],
  'express-winston': [
    {
      path: '/carts/7',
      status: 200,
      resource: 'GET /carts/:id',
      body: { total: 42 },
      lines: { opening: undefined, 'adding up': 'cart.sum', done: undefined },
    },
  ],
  'express-console': [
    { ...post, lines: { 'loading post 7': undefined, 'by console.log itself': undefined } },
    { ...draft, lines: { 'the drafts are locked': undefined } },
  ],
  'koa-bunyan': [
    { ...post, lines: loading },
    { ...draft, lines: locked },
  ],
  'koa-pino': [{ ...post, lines: { loading: undefined, 'query by getLog()': undefined, 'query by log': undefined } }],
  'express-cls-hooked': [
    {
      method: 'POST',
      path: '/orders/apple',
      status: 201,
      resource: 'POST /orders/:item',
      body: { id: 1, item: 'apple' },
      lines: { 'in the transaction': undefined, committed: undefined },
    },
    {
      method: 'POST',
      path: '/orders/pear',
      status: 409,
      resource: 'POST /orders/:item',
      body: { error: 'pears are sold out' },
      lines: { 'in the transaction': undefined, 'rolled back': undefined },
    },
    { path: '/orders', status: 200, resource: 'GET /orders', body: [{ id: 1, item: 'apple' }], lines: {} },
  ],
  'express-other-loggers': ['/tslog', '/log4js', '/roarr', '/consola', '/loglayer'].map(path => ({
    path,
    status: 200,
    resource: `GET ${path}`,
    lines: { hello: undefined },
  })),
}

describe('examples', { concurrency: 2 }, () => {
  let agent: Agent
  before(async () => {
    agent = await startAgent()
  })
  after(() => agent.close())

  for (const [name, requests] of Object.entries(examples)) {
    it(`${name}.js links each of its lines to a span of its request`, { timeout: 60_000 }, async () => {
      const example = await start(name, agent)
      try {
        for (const request of requests) await check(request, example, agent)
        assert.deepEqual(await example.stop(), [], 'lines that no request should have printed')
      } finally {
        await example.stop()
      }
    })
  }
})

async function check({ method = 'GET', path, status, resource, body, lines }: Request, example: Example, agent: Agent) {
  const response = await fetch(example.url + path, { method })
  const text = await response.text()
  assert.equal(response.status, status, path)
  if (body) assert.deepEqual(JSON.parse(text), body)
  const server = await agent.waitForSpan(span => isServerSpan(span) && span.meta['http.url'] === example.url + path)
  assert.equal(server.resource, resource)
  assert.equal(server.meta['http.status_code'], String(status))
  assert.equal(server.error, status === 500 ? 1 : 0)
  const wanted = Object.entries(lines)
  for (const line of await example.take(wanted.length)) await checkLine(line, wanted.shift() as never, server, agent)
}

async function checkLine(raw: string, [message, span]: [string, string | undefined], server: Span, agent: Agent) {
  const line = parseLine(raw)
  assert.ok(line.message.includes(message), `${raw} does not say "${message}"`)
  const dds = raw.startsWith('{') ? keysOf(raw).filter(key => /^dd\b/.test(key)) : raw.match(/\bdd\.trace_id\b/g)
  assert.equal(dds?.length, 1, `exactly one dd: ${raw}`)
  assert.equal(line.traceId, server.traceId, raw)
  const linked = await agent.waitForSpan(({ spanId }) => spanId === line.spanId)
  assert.equal(linked.traceId, server.traceId, raw)
  if (span) assert.equal(linked.name, span)
}

const isServerSpan = (span: Span) => span.meta['span.kind'] === 'server'

interface Example {
  url: string
  /** Resolves to the next lines, when there are that many. */
  take(count: number): Promise<string[]>
  /** Ends the example, and resolves to the remaining lines. */
  stop(): Promise<string[]>
}

/** The embedded Postgres is WebAssembly: compiled quickly rather than well, it starts in half the time. */
const quickWasm = '--liftoff-only'

/** Runs an example by the command in its first line, until it prints where it listens. */
async function start(name: string, agent: Agent): Promise<Example> {
  const child = spawn(process.execPath, [quickWasm, `examples/${name}.js`], {
    env: {
      ...process.env,
      ...quietTracer,
      PORT: '0',
      DD_TRACE_AGENT_URL: agent.url,
      DD_TRACE_FLUSH_INTERVAL: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  const take = async (count: number) => {
    while (lines.length < count) {
      if (child.exitCode !== null) throw new Error(`${name}.js ended with ${child.exitCode}`)
      await sleep(10)
    }
    return lines.splice(0, count)
  }
  const stop = async () => {
    child.kill()
    await ended
    return lines
  }
  const [hint] = await take(1)
  const port = /^curl .*http:\/\/localhost:(\d+)\//.exec(hint as string)?.[1]
  assert.ok(port, `${name}.js begins with what to type: ${hint}`)
  return { url: `http://localhost:${port}`, take, stop }
}
