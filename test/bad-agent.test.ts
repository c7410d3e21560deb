import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, get, Agent as HttpAgent, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { quietTracer } from './quiet-tracer'

interface Held {
  readonly loggers: number
  readonly requests: number
  readonly spans: number
  readonly sockets: number
}
interface Line {
  readonly id: string
  readonly dd: { readonly trace_id: string; readonly span_id: string }
  readonly span: string
}

const agents: { [what: string]: RequestListener | undefined } = {
  'is absent': undefined,
  'answers 500': (req, res) => req.resume().on('end', () => res.writeHead(500).end()),
  'takes everything and never answers': req => req.resume(),
}

/** The port of an agent that behaves in this way. Nobody listens on port 1. */
async function startAgent(t: TestContext, behaves: RequestListener | undefined): Promise<number> {
  if (!behaves) return 1
  const server = createServer(behaves)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close().closeAllConnections())
  return (server.address() as AddressInfo).port
}

async function startService(t: TestContext, framework: string, agentPort: number): Promise<ChildProcess> {
  const env = {
    ...process.env,
    ...quietTracer,
    DD_TRACE_AGENT_URL: `http://127.0.0.1:${agentPort}`,
    NODE_ENV: 'test',
  }
  const execArgv = ['--require', 'sucrase/register/ts', '--expose-gc', '--disable-warning=ExperimentalWarning']
  const service = fork(join(__dirname, 'bad-agent/service.ts'), [framework], { env, execArgv })
  t.after(() => service.kill())
  return service
}

const connections = 8

/** Sends requests one after the other on each connection. Returns their answers. */
async function send(port: number, ids: string[]): Promise<Line[]> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: connections })
  const waiting = [...ids]
  const lines: Line[] = []
  const sendNext = async () => {
    for (let id = waiting.shift(); id; id = waiting.shift()) lines.push(await ask(port, id, agent))
  }
  await Promise.all(Array.from({ length: connections }, sendNext))
  agent.destroy()
  return lines
}

async function ask(port: number, id: string, agent: HttpAgent): Promise<Line> {
  const [response] = await once(get({ port, host: '127.0.0.1', path: `/items/${id}`, agent }), 'response')
  assert.equal(response.statusCode, 200)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return JSON.parse(text)
}

async function heldBy(service: ChildProcess): Promise<Held> {
  service.send('what do you hold?')
  const [held] = await once(service, 'message')
  return held
}

const requests = 2000
/** Each of the ten payloads, and each timer of the tracer, may hold the request in which it began, with two loggers. */
const mostHeld = 100

for (const framework of ['express', 'koa']) {
  describe(`an application on ${framework}`, { concurrency: true }, () => {
    for (const [what, behaves] of Object.entries(agents)) {
      it(`answers every request and keeps none of them when the agent ${what}`, async t => {
        const service = await startService(t, framework, await startAgent(t, behaves))
        const [{ port }] = await once(service, 'message')
        const ids = Array.from({ length: requests }, (_, i) => String(i))
        const lines = await send(port, ids)

        assert.deepEqual(lines.map(({ id }) => id).sort(), ids.sort())
        assert.equal(new Set(lines.map(({ dd }) => dd.trace_id)).size, requests)
        for (const { dd, span } of lines) assert.equal(dd.span_id, span)

        const held = await heldBy(service)
        for (const kind of ['loggers', 'requests', 'spans'] as const) {
          assert.ok(held[kind] <= mostHeld, `${held[kind]} ${kind} are left of ${requests} requests`)
        }
        assert.ok(held.sockets <= connections + 8, `${held.sockets} sockets are open`)
      })
    }
  })
}
