import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseLine } from 'spanlog/agent'
import { decodeTraces, type Span } from '../src/dev/agent/decode'
import { findJudge, Judge } from './judge/judge'
import type { ForwardedSpan } from './judge/payload'
import { quietTracer } from './quiet-tracer'

const binary = findJudge()
const traceparent = '00-640cfd8d00000000abcdef0123456789-00f067aa0ba902b7-01'

/** The requests to the application, by framework. */
const requests: [framework: 'express' | 'koa', path: string, headers?: { [header: string]: string }][] = [
  ['express', '/users/200?page=2&token=abc'],
  ['express', '/users/204', { traceparent, baggage: 'user.id=7' }],
  ['express', '/users/404'],
  ['express', '/users/503'],
  ['express', '/throw'],
  ['express', '/nowhere/7', { 'user-agent': 'u'.repeat(10_000), host: 'shop_1.example:80' }],
  ['koa', '/users/200', { 'x-datadog-trace-id': '18446744073709551615', 'x-datadog-parent-id': '7' }],
  ['koa', '/throw'],
  ['koa', '/hang'],
  ['koa', '/users/200', { host: 'me:secret@shop.example' }],
]

describe("Datadog's own trace agent", { skip: !binary && 'there is none for this platform' }, () => {
  const judge = new Judge(binary as string)
  const lines: string[] = []
  let app: ChildProcess

  before(async () => {
    await judge.start()
    app = fork(join(__dirname, 'judge', 'app.ts'), {
      execArgv: ['--require', 'sucrase/register/ts'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, ...variables, DD_TRACE_AGENT_URL: judge.url },
    })
    collect(app, lines)
    const [ports] = await once(app, 'message')
    for (const [framework, path, headers] of requests) await send(ports[framework], path, headers)
    const spans = requests.length + 4 // one within each of the users of Express
    for (let waited = 0; judge.forwarded.length < spans && waited < 15_000; waited += 50) await sleep(50)
    assert.equal(judge.forwarded.length, spans)
  })
  after(async () => {
    app?.kill()
    await judge.stop()
  })

  it('accepts every payload', () => {
    assert.ok(judge.answers.length > 0)
    assert.deepEqual([...new Set(judge.answers)], [200])
  })

  it('changes nothing of our spans', () => {
    const sent = judge.received.flatMap(body => decodeTraces(body, '0.4'))
    for (const span of sent) {
      const forwarded = judge.forwarded.find(({ spanId }) => String(spanId) === span.spanId)
      assert.deepEqual(plain(forwarded as ForwardedSpan), expected(span))
    }
  })

  it('sends the trace and the span of every line to Datadog, under the service of the line', () => {
    assert.equal(lines.length, requests.length + 4)
    for (const line of lines) {
      const { traceId = '', spanId, service } = parseLine(line, 0)
      const span = judge.forwarded.find(span => String(span.spanId) === spanId) as ForwardedSpan
      assert.ok(span, line)
      const root = judge.forwarded.find(({ traceId, meta }) => traceId === span.traceId && meta['_dd.p.tid'])
      const high = (span.meta['_dd.p.tid'] ?? root?.meta['_dd.p.tid'] ?? '').padStart(0)
      const low = span.traceId.toString(16).padStart(16, '0')
      assert.equal(traceId, high ? high + low : String(span.traceId), line)
      if (span.name === 'web.request') assert.equal(service, span.service, line)
    }
  })
})

const variables = {
  ...quietTracer,
  DD_SERVICE: 'shop',
  DD_ENV: 'prod',
  DD_VERSION: '1.2.0',
  NODE_ENV: 'test',
}

/** The tags that the agent adds itself, because it runs as if for a function. */
const added = ['_dd.origin', 'origin', 'functionname', '_top_level', '_dd.compute_stats']

function plain({ meta, metrics, ...span }: ForwardedSpan) {
  const rest = (tags: object) => Object.fromEntries(Object.entries(tags).filter(([tag]) => !added.includes(tag)))
  return { ...span, meta: rest(meta), metrics: rest(metrics) }
}

function expected({ traceId, spanId, parentId, spanEvents: _, ...span }: Span) {
  const ids = { traceId: BigInt(`0x${traceId.slice(16)}`), spanId: BigInt(spanId), parentId: BigInt(parentId) }
  return { ...span, ...ids, type: span.type ?? '', duration: BigInt(span.duration), error: BigInt(span.error) }
}

function collect(app: ChildProcess, lines: string[]): void {
  let rest = ''
  app.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() as string
    lines.push(...parts.filter(part => part.startsWith('{')))
  })
}

async function send(port: number, path: string, headers: { [header: string]: string } = {}): Promise<void> {
  const req = request({ host: '127.0.0.1', port, path, headers })
  if (path === '/hang') {
    req.on('error', () => undefined).end()
    await sleep(50)
    req.destroy()
    return
  }
  const [res] = await once(req.end(), 'response')
  await once(res.resume(), 'close')
}
