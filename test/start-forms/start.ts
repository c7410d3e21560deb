import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, parseLine, type Span } from 'spanlog/agent'
import type { Form } from './forms'

/** What came of a request. */
export interface Outcome {
  /** Of its span. */
  readonly name: string
  readonly service: string
  readonly resource: string
}

/**
 * Starts an application by its command line, asks each of its frameworks for a post, and ends it.
 *
 * @throws where it does not start, or where a line has not the trace of its request
 */
export async function outcomesOf(node: string, { args, env }: Pick<Form, 'args' | 'env'>, cwd: string, agent: Agent) {
  const app = spawn(node, args, {
    cwd,
    env: { ...quiet, ...env, DD_TRACE_AGENT_URL: agent.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    const lines: string[] = []
    const ports = JSON.parse(await firstLine(app, lines))
    return { express: await ask(ports.express, lines, agent), koa: await ask(ports.koa, lines, agent) }
  } finally {
    app.kill()
  }
}

async function firstLine(app: ChildProcess, lines: string[]): Promise<string> {
  let errors = ''
  app.stderr?.setEncoding('utf8').on('data', chunk => (errors += chunk))
  const reader = createInterface({ input: app.stdout as NodeJS.ReadableStream })
  const first = once(reader, 'line').then(([line]) => line)
  reader.on('line', line => lines.push(line))
  const ended = once(app, 'close').then(([code]) => {
    throw new Error(`it ended with ${code}: ${errors}`)
  })
  return Promise.race([first, ended])
}

async function ask(port: number, lines: string[], agent: Agent): Promise<Outcome> {
  const url = `http://127.0.0.1:${port}/posts/7`
  await (await fetch(url)).text()
  const isIt = (span: Span) => span.meta['span.kind'] === 'server' && span.meta['http.url'] === url
  const { name, service, resource, traceId } = await agent.waitForSpan(isIt)
  assert.equal(agent.spans.filter(isIt).length, 1, 'one server span of a request')
  const isLine = (line: string) => line.includes('"msg":"loading"') && parseLine(line).traceId === traceId
  for (let waited = 0; !lines.some(isLine); waited += 10) {
    assert.ok(waited < 5000, `no line is linked to ${traceId}: ${lines}`)
    await sleep(10)
  }
  return { name, service, resource }
}

const { DD_SERVICE, NODE_OPTIONS, ...inherited } = process.env

/** The service is what the application's package.json says, as where nobody has set it. */
const quiet = {
  ...inherited,
  DD_TRACE_FLUSH_INTERVAL: '0',
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
}
