import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { quietTracer } from '../quiet-tracer'

Object.assign(process.env, {
  ...quietTracer,
  DD_SERVICE: 'shop',
  NODE_ENV: 'test',
})
// Before the frameworks are loaded, which its integrations patch then.
export const tracer = require('dd-trace').init({ flushInterval: 0 })

export const integrations = ['on', 'off'] as const
export type Integrations = (typeof integrations)[number]

/** Switches dd-trace's own integrations for servers. */
export function useIntegrations(integrations: Integrations): void {
  const isOn = integrations === 'on'
  for (const name of ['http', 'http2']) tracer.use(name, { client: false, server: isOn })
  for (const name of ['express', 'router', 'koa', 'ws']) tracer.use(name, isOn)
}

export let agent: Agent
export async function start(): Promise<void> {
  agent = await startAgent({ keep: 5000 })
  tracer.setUrl(agent.url)
}

/** All server spans, after everything that is finished by now has arrived: dd-trace sends over one socket, in order. */
export async function serverSpans(): Promise<Span[]> {
  await sleep(20)
  const barrier = tracer.startSpan('barrier', { childOf: null })
  barrier.finish()
  const id = barrier.context().toSpanId()
  await agent.waitForSpan((span: Span) => span.spanId === id)
  return agent.spans.filter(span => span.meta['span.kind'] === 'server')
}

/** Asserts that a line is linked to a span that has arrived. */
export function assertLinked(line: { dd?: { span_id?: string } }): void {
  assert.ok(
    agent.spans.some(span => span.spanId === line.dd?.span_id),
    `linked to a span: ${JSON.stringify(line)}`,
  )
}

export async function listen(app: RequestListener): Promise<Server> {
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

export const portOf = (server: Server) => (server.address() as AddressInfo).port

/** Sends a request, and resolves to its answer. */
export function ask(server: Server, path: string, headers: object = {}): Promise<string> {
  return new Promise((done, fail) => {
    get({ host: '127.0.0.1', port: portOf(server), path, headers: { ...headers }, agent: false }, res => {
      let text = ''
      res.on('data', chunk => (text += chunk)).on('end', () => done(`${res.statusCode} ${text}`))
    }).on('error', fail)
  })
}

/** How many responses spanlog keeps as open. */
export const openResponses = (): number => (globalThis as any)[Symbol.for('spanlog.open')].size
