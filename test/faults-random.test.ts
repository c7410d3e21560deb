import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { type Agent, startAgent } from 'spanlog/agent'
import { quietTracer } from './quiet-tracer'

const runs = Number(process.env.SPANLOG_FUZZ ?? 500)
const seed = Number(process.env.SPANLOG_SEED ?? 20261124)

/** What one client does. */
interface Exchange {
  framework: 'express' | 'koa'
  method: string
  path: string
  headers: [string, string][]
  body: string
  /** How many times the same request is written at once. */
  times: number
  /** How many percent of the text are written. */
  written: number
  /** After how many milliseconds the client leaves, and how. */
  leaves: { after: number; reset: boolean }
}

const headerNames = [
  'x-datadog-trace-id',
  'x-datadog-parent-id',
  'x-datadog-sampling-priority',
  'x-datadog-origin',
  'x-datadog-tags',
  'traceparent',
  'tracestate',
  'baggage',
  'ot-baggage-a',
  'user-agent',
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'cookie',
  'expect',
  'connection',
  'upgrade',
  'transfer-encoding',
  'content-length',
  'content-type',
  'x-request-id',
  'constructor',
  '__proto__',
]
const bytes = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map(code => String.fromCharCode(code)), maxLength })
const headerValue = fc.oneof(
  bytes(60),
  fc.bigInt({ min: -1n, max: 2n ** 66n }).map(String),
  fc.constantFrom('100-continue', 'close', 'keep-alive', 'chunked', 'websocket', '5', '1, 2', 'a=1;dd=s:2', '{}'),
  fc.constant(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
)
const hostileParts = ['%00', '%zz', '..', '', '__proto__', '%0d%0aX: y', '?a[b]=c&__proto__=1', '*', 'http://u:p@h/']
const pathPart = fc.oneof(bytes(20), fc.constantFrom(...hostileParts, 'a'.repeat(3000)))

const exchanges: fc.Arbitrary<Exchange> = fc.record({
  framework: fc.constantFrom('express', 'koa'),
  method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PROPFIND', 'CONNECT', 'BREW'),
  path: fc.array(pathPart, { maxLength: 4 }).map(parts => `/${parts.join('/')}`),
  headers: fc.array(fc.tuple(fc.constantFrom(...headerNames), headerValue), { maxLength: 6 }),
  body: fc.oneof(fc.constant(''), bytes(200)),
  times: fc.constantFrom(1, 1, 1, 2, 4),
  written: fc.oneof(fc.constant(100), fc.constant(100), fc.constant(100), fc.integer({ min: 0, max: 100 })),
  leaves: fc.record({ after: fc.integer({ min: 0, max: 25 }), reset: fc.boolean() }),
})

describe(`${runs} random exchanges (SPANLOG_FUZZ=${runs} SPANLOG_SEED=${seed})`, () => {
  let agent: Agent
  let child: ReturnType<typeof fork>
  let ports: { [framework: string]: number }
  const spans = new Set<string>()

  before(async () => {
    agent = await startAgent({ keep: 100 })
    agent.onTrace(trace => {
      for (const span of trace.spans) if (span.name === 'web.request') spans.add(span.spanId)
    })
    child = fork(join(__dirname, 'faults', 'fuzzed.ts'), [], {
      execArgv: ['--require', 'sucrase/register/ts'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        ...quietTracer,
        DD_TRACE_AGENT_URL: agent.url,
        DD_TRACE_FLUSH_INTERVAL: '200',
        NODE_ENV: 'production',
      },
    })
    ;[{ ports }] = await once(child, 'message')
  })
  after(async () => {
    child.kill()
    await agent.close()
  })

  async function ask(what: string) {
    child.send(what)
    const [answer] = await once(child, 'message')
    return answer
  }

  it('leave one span for each request that came through, and a server that goes on', async () => {
    const sample = fc.sample(exchanges, { numRuns: runs, seed })
    while (sample.length) {
      await Promise.all(sample.splice(0, 50).map(one => exchange(ports[one.framework], one)))
      await ask('settle')
    }
    const report = await ask('end')
    assert.deepEqual(report.uncaught, [])
    assert.deepEqual(report.warnings, [])
    assert.ok(report.started > runs / 4, `${report.started} requests came through`)
    assert.equal(report.open, 0, 'responses held as open')
    assert.equal(report.unlinked, 0, 'lines that carry ids other than those of their request')
    assert.equal(spans.size, report.started)
  })
})

function exchange(port: number, { method, path, headers, body, written, leaves, times }: Exchange): Promise<void> {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const length = /content-length|transfer-encoding/.test(lines) ? '' : `content-length: ${body.length}\r\n`
  const text = `${method} ${path} HTTP/1.1\r\nhost: a\r\n${lines}${length}\r\n${body}`.repeat(times)
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1')
    const leave = () => (leaves.reset ? socket.resetAndDestroy() : socket.destroy())
    socket.on('error', () => {}).on('close', () => done())
    socket.on('connect', () => {
      socket.write(Buffer.from(text.slice(0, (text.length * written) / 100), 'latin1'))
      setTimeout(leave, leaves.after)
    })
    socket.resume()
  })
}
