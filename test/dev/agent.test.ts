import './environment'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import { type Agent, followTraces, parseLine, printTrace, startAgent, traceText } from '../../src/dev/agent/index'

const start = 1_700_000_000_000_000_000n
let agent: Agent

beforeEach(async () => {
  agent = await startAgent({ keep: 3, maxBody: 100_000 })
})

afterEach(() => agent.close())

describe('what dd-trace sends', () => {
  for (const protocol of ['0.4', '0.5']) {
    it(`arrives by v${protocol} with every digit of its ids`, async () => {
      const ids = await runTraced({ DD_TRACE_AGENT_PROTOCOL_VERSION: protocol })
      const trace = await agent.waitForTrace(trace => trace.spans.length === 2)
      assert.match(ids.traceId, /^[0-9a-f]{32}$/)
      assert.equal(trace.traceId, ids.traceId)
      assert.equal(trace.traceIdLow, BigInt(`0x${ids.traceId.slice(16)}`).toString())
      assert.equal(trace.root?.spanId, ids.spanId)
      const child = trace.spans.find(span => span.name === 'child')
      assert.equal(child?.parentId, ids.spanId)
      assert.equal(child?.traceId, ids.traceId)
    })

    it(`arrives by v${protocol} with its names, tags, times and error`, async () => {
      const before = BigInt(Date.now()) * 1_000_000n
      await runTraced({ DD_TRACE_AGENT_PROTOCOL_VERSION: protocol })
      const span = await agent.waitForSpan(span => span.name === 'parent')
      const { service, resource, type, error, meta, metrics } = span
      assert.deepEqual(
        { service, resource, type, error },
        { service: 'shop', resource: 'GET /', type: 'web', error: 1 },
      )
      assert.equal(meta['error.message'], 'no stock')
      assert.equal(metrics.items, 3)
      assert.ok(span.start > before && span.duration > 1_000_000, `${span.start} ${span.duration}`)
    })
  }

  it('arrives with 64-bit ids when the tracer makes those', async () => {
    const ids = await runTraced({ DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED: 'false' })
    const trace = await agent.waitForTrace(trace => trace.root !== undefined)
    assert.equal(trace.traceIdLow, ids.decimal)
    assert.match(trace.traceId, /^0{16}/)
  })

  it('is answered so that the tracer has nothing to complain about', async () => {
    const everythingOn = {
      DD_TRACE_DEBUG: 'true',
      DD_TRACE_STATS_COMPUTATION_ENABLED: 'true',
      DD_RUNTIME_METRICS_ENABLED: 'true',
    }
    const { stderr, stdout } = await run(traced, { ...everythingOn, DD_TRACE_AGENT_URL: agent.url })
    await agent.waitForTrace(trace => trace.root?.name === 'parent')
    assert.doesNotMatch(stdout + stderr, /Error sending payload|Error updating|status code|ECONN/i)
  })
})

describe('an agent in the traced process', () => {
  for (const [when, script] of [
    [
      'started after the tracer',
      "const tracer = require('dd-trace').init(); run(require('./src/dev/agent/index'), tracer)",
    ],
    [
      'loaded before the tracer',
      "const agent = require('./src/dev/agent/index'); run(agent, require('dd-trace').init())",
    ],
    [
      'started within a span',
      "const tracer = require('dd-trace').init(); tracer.trace('outer', () => run(require('./src/dev/agent/index'), tracer))",
    ],
  ]) {
    it(`does not trace itself when ${when}`, async () => {
      const { stdout, stderr } = await run(`${inProcess}; ${script}`, { DD_TRACE_FLUSH_INTERVAL: '0' }, [
        '--require',
        'sucrase/register/ts',
      ])
      const { puts, names } = JSON.parse(stdout || JSON.stringify({ stderr }))
      assert.equal(names.filter((name: string) => name === 'only').length, 1)
      assert.ok(!names.some((name: string) => /http|web|tcp/.test(name)), names.join())
      assert.ok(puts <= 2, `${puts} requests for one span`)
    })
  }

  it('lets a program end that never closes it', async () => {
    // One that does not end is killed, and has no code.
    const { code } = await run("require('./src/dev/agent/index').startAgent()", {}, [
      '--require',
      'sucrase/register/ts',
    ])
    assert.equal(code, 0)
  })
})

describe('one trace', () => {
  it('is merged from chunks, and the first ones learn the high half of its id from a later one', async () => {
    await put([[spanOf({ span_id: 2n, parent_id: 1n })]])
    assert.equal(agent.traces[0].traceId, '0000000000000000ffffffffffffffff')
    await put([
      [spanOf({ span_id: 1n, meta: { '_dd.p.tid': '6b02000000000000' } })],
      [spanOf({ span_id: 3n, parent_id: 1n })],
    ])
    assert.equal(agent.traces.length, 1)
    assert.deepEqual(new Set(agent.spans.map(span => span.traceId)), new Set(['6b02000000000000ffffffffffffffff']))
    assert.deepEqual(
      agent.traces[0].spans.map(span => span.spanId),
      ['2', '1', '3'],
    )
    assert.equal(agent.traces[0].root?.spanId, '1')
  })

  it('tells its listeners once for each body that changed it', async () => {
    const seen: number[] = []
    const stop = agent.onTrace(trace => seen.push(trace.spans.length))
    await put([[spanOf({ span_id: 1n }), spanOf({ span_id: 2n })]])
    await put([[spanOf({ span_id: 3n })]])
    stop()
    await put([[spanOf({ span_id: 4n })]])
    assert.deepEqual(seen, [2, 3])
  })

  it('comes in native span events, too', async () => {
    await put([[spanOf({ span_events: [{ name: 'retry', time_unix_nano: 5, attributes: {} }] })]])
    assert.deepEqual(agent.spans[0].spanEvents, [{ name: 'retry', time_unix_nano: 5, attributes: {} }])
  })
})

describe('the traces that are kept', () => {
  it('are the last ones, oldest first', async () => {
    for (const trace_id of [1n, 2n, 3n, 4n, 5n]) await put([[spanOf({ trace_id })]])
    assert.deepEqual(
      agent.traces.map(trace => trace.traceIdLow),
      ['3', '4', '5'],
    )
  })

  it('are forgotten by `clear`', async () => {
    await put([[spanOf({})]])
    agent.clear()
    assert.deepEqual([agent.traces.length, agent.spans.length], [0, 0])
  })
})

describe('waiting for a trace', () => {
  it('ends at once when it is here already, else when it comes', async () => {
    const later = agent.waitForTrace(trace => trace.root?.resource === 'GET /late')
    await put([[spanOf({ trace_id: 1n, resource: 'GET /early' })]])
    assert.equal((await agent.waitForTrace(trace => trace.root?.resource === 'GET /early')).traceIdLow, '1')
    await put([[spanOf({ trace_id: 2n, resource: 'GET /late' })]])
    assert.equal((await later).traceIdLow, '2')
  })

  it('for a request finds its own span, also where the root is the call of a test', async () => {
    const wait = agent.waitForRequest('GET /posts/:id')
    const meta = { 'span.kind': 'client' }
    await put([
      [
        spanOf({ span_id: 1n, name: 'http.request', resource: 'GET', type: 'http', meta }),
        spanOf({ span_id: 2n, parent_id: 1n, resource: 'GET /posts/:id', type: 'web' }),
        spanOf({ span_id: 3n, parent_id: 2n, resource: 'GET /posts/:id', name: 'cached', type: 'cache' }),
      ],
    ])
    const { trace, span } = await wait
    assert.deepEqual([trace.root?.spanId, trace.request?.spanId, span.spanId], ['1', '2', '2'])
    await assert.rejects(
      agent.waitForRequest('GET /users', { timeout: 20 }),
      /A request `GET \/users` did not come in 20 ms\. These traces came: "GET \/posts\/:id" \(spans: 3\)\./,
    )
  })

  it('says in time what was wanted and what came instead', async () => {
    await put([[spanOf({ resource: 'GET /other' })]])
    const wait = agent.waitForTrace(trace => trace.root?.resource === 'GET /wanted', { timeout: 20 })
    await assert.rejects(
      wait,
      /A trace with `.*GET \/wanted.*` did not come in 20 ms\. These traces came: "GET \/other" \(spans: 1\)\./,
    )
    agent.clear()
    await assert.rejects(
      agent.waitForSpan(() => false, { timeout: 20 }),
      /A span with .* No trace came at all\./,
    )
  })

  it('passes on what the predicate throws', async () => {
    const wait = assert.rejects(
      agent.waitForTrace(() => assert.fail('my own mistake')),
      /my own mistake/,
    )
    await put([[spanOf({})]])
    await wait
  })

  it('ends with the agent', async () => {
    const wait = agent.waitForTrace(() => false)
    const closed = assert.rejects(wait, /The agent was closed/)
    await agent.close()
    await closed
  })
})

describe('a body that cannot be read', () => {
  const good = pack([[spanOf({})]])
  const manyLists = Buffer.concat(Array(1000).fill(Buffer.from([0xdd, 0x01, 0x00, 0x00, 0x00])))
  const bodies: [string, number, RegExp, Buffer, Record<string, string>?][] = [
    ['is not msgpack', 400, /must be a list/, Buffer.from('{"traces":[]}').subarray(0, 1)],
    ['is text', 400, /goes on for/, Buffer.from('{"traces":[]}')],
    ['is empty', 400, /cut off/, Buffer.alloc(0)],
    ['holds a byte that msgpack never uses', 400, /byte 1 is 0xc1/, Buffer.from([0x91, 0xc1])],
    ['is cut off', 400, /cut off/, good.subarray(0, -3)],
    ['goes on after its end', 400, /goes on for 2 bytes/, Buffer.concat([good, Buffer.from([1, 2])])],
    ['promises four billion traces', 400, /cut off/, Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['promises lists in lists in lists', 400, /cut off/, manyLists],
    ['has a map where chunks belong', 400, /the body must be a list, not a map/, pack({})],
    ['has text where a span belongs', 400, /a span must be a map, not text/, pack([['x']])],
    ['has a number for a name', 400, /`name` of a span must be text, not a number/, pack([[spanOf({ name: 7 })]])],
    [
      'has text for an id',
      400,
      /`trace_id` of a span must be an integer, not text/,
      pack([[spanOf({ trace_id: '7' })]]),
    ],
    ['has a number among the text tags', 400, /`n` of a span must be text/, pack([[spanOf({ meta: { n: 1 } })]])],
    ['sets a prototype', 400, /__proto__/, pack([[JSON.parse('{"__proto__":{}}')]])],
    ['is too large', 413, /larger than 100000 bytes/, Buffer.alloc(200_000)],
    [
      'is too large once unzipped',
      413,
      /larger than 100000 bytes/,
      gzipSync(Buffer.alloc(200_000)),
      { 'content-encoding': 'gzip' },
    ],
    ['is not the gzip it says it is', 400, /not gzip/, good, { 'content-encoding': 'gzip' }],
    ['is gzip cut off', 400, /not gzip/, gzipSync(good).subarray(0, -4), { 'content-encoding': 'gzip' }],
    ['is in an unknown encoding', 415, /content-encoding/, good, { 'content-encoding': 'br' }],
    ['is JSON by its own word', 415, /content-type/, good, { 'content-type': 'application/json' }],
  ]
  for (const [what, status, sentence, body, headers] of bodies) {
    it(`that ${what} is refused, and the next one is taken`, async () => {
      const refused = await send('/v0.4/traces', body, headers)
      assert.equal(refused.status, status)
      assert.match(refused.json.error, sentence)
      assert.equal(agent.spans.length, 0)
      await put([[spanOf({})]])
      assert.equal(agent.spans.length, 1)
    })
  }

  it('by v0.5 is refused when it points outside its table of texts', async () => {
    const row = [0, 0, 9, 1n, 1n, 0n, 0n, 0, 0, {}, {}, 0]
    const refused = await send('/v0.5/traces', Buffer.from(encode([['a'], [[row]]], { useBigInt64: true })))
    assert.equal(refused.status, 400)
    assert.match(refused.json.error, /points to text 9/)
  })

  it('because its sender hung up costs nothing else', async () => {
    const options = { method: 'PUT', headers: { 'content-type': 'application/msgpack', 'content-length': '5000' } }
    const half = request(`${agent.url}/v0.4/traces`, options)
    half.on('error', () => {})
    half.write(good)
    await new Promise(resolve => setTimeout(resolve, 30))
    half.destroy()
    await put([[spanOf({})]])
    assert.equal(agent.spans.length, 1)
  })

  it('at a version that is not spoken is told so', async () => {
    const refused = await send('/v0.2/traces', good)
    assert.equal(refused.status, 404)
    assert.match(refused.json.error, /use \/v0\.4\/traces/)
  })
})

describe('a body', () => {
  it('may be gzip, and may come by POST', async () => {
    const body = gzipSync(encode([[spanOf({})]], { useBigInt64: true }))
    const response = await send('/v0.4/traces', body, { 'content-encoding': 'gzip' }, 'POST')
    assert.deepEqual([response.status, response.json], [200, { rate_by_service: { 'service:,env:': 1 } }])
    assert.equal(agent.spans.length, 1)
  })

  it('other than traces is taken with thanks', async () => {
    for (const [path, status] of [
      ['/v0.7/config', 200],
      ['/telemetry/proxy/api/v2/apmtelemetry', 202],
      ['/dogstatsd/v2/proxy', 200],
    ] as const) {
      const response = await send(path, Buffer.from('anything'), {}, 'POST')
      assert.deepEqual([path, response.status, response.json], [path, status, {}])
    }
    const info = (await (await fetch(`${agent.url}/info`)).json()) as { endpoints: string[]; client_drop_p0s: boolean }
    assert.ok(info.endpoints.includes('/v0.4/traces') && info.client_drop_p0s === false)
  })
})

describe('options of the agent', () => {
  it('that are wrong are named', async () => {
    await assert.rejects(startAgent({ keep: 0 }), /`keep` must be a whole number from 1 on, not 0/)
    await assert.rejects(startAgent({ port: agent.port }), /EADDRINUSE/)
  })
})

describe('a log line', () => {
  const traceId = '6b02000000000000ffffffffffffffff'
  const dd = { trace_id: traceId, span_id: '5', service: 'shop' }
  for (const [logger, raw] of [
    ['pino', { level: 40, time: 1700000000000, pid: 1, hostname: 'h', msg: 'low', sku: 'x', dd }],
    ['winston', { level: 'warn', message: 'low', timestamp: '2023-11-14T22:13:20.000Z', sku: 'x', dd }],
    [
      'bunyan',
      {
        name: 'shop',
        hostname: 'h',
        pid: 1,
        level: 40,
        msg: 'low',
        time: '2023-11-14T22:13:20.000Z',
        v: 0,
        sku: 'x',
        dd,
      },
    ],
    [
      'a logger with flat keys',
      {
        level: 'WARN',
        message: 'low',
        time: 1700000000000,
        sku: 'x',
        'dd.trace_id': traceId,
        'dd.span_id': '5',
        'dd.service': 'shop',
      },
    ],
  ] as const) {
    it(`of ${logger} is understood`, () => {
      const { raw: _, ...line } = parseLine(JSON.stringify(raw))
      const expected = {
        message: 'low',
        level: 'warn',
        time: 1700000000000,
        traceId,
        spanId: '5',
        service: 'shop',
        fields: { sku: 'x' },
      }
      assert.deepEqual(line, expected)
    })
  }

  it('with the text prefix is understood', () => {
    const raw = `[dd.service=shop dd.env=prod dd.version=1 dd.trace_id=${traceId} dd.span_id=5] low on x`
    const line = parseLine(raw, 7)
    assert.deepEqual(line, {
      raw,
      message: 'low on x',
      level: '',
      time: 7,
      traceId,
      spanId: '5',
      service: 'shop',
      fields: {},
    })
  })

  it("of consoleLogger({ format: 'text' }) tells its time and level", () => {
    const line = parseLine(`[dd.trace_id=${traceId} dd.span_id=5] 2026-11-24T10:00:00.000Z WARN low on x`, 7)
    assert.deepEqual([line.message, line.level, line.time], ['low on x', 'warn', Date.UTC(2026, 10, 24, 10)])
  })

  it('that is anything else is a message without ids', () => {
    for (const raw of ['plain', '{broken', '{}', '[1] x', '', 'null', '{"dd":null}', '{"dd":{"trace_id":12}}']) {
      assert.equal(parseLine(raw).traceId, undefined)
    }
  })
})

describe('a printed trace', () => {
  it('shows each line under its span, in order of time', async () => {
    await put([
      [
        spanOf({
          span_id: 1n,
          resource: 'GET /a',
          meta: { '_dd.p.tid': '6b02000000000000', 'http.status_code': '200' },
          type: 'web',
        }),
        spanOf({
          span_id: 2n,
          parent_id: 1n,
          name: 'query',
          resource: 'SELECT 1',
          start: start + 2_000_000n,
          duration: 1_000_000,
        }),
      ],
    ])
    const lines = [
      lineOf('after', '1', 5),
      lineOf('inside', '2', 2.5),
      lineOf('before', '1', 1),
      lineOf('lost', '77', 4),
    ]
    const bar = '━'.repeat(20)
    const rows = [
      'GET /a  200  10.0 ms',
      'trace 6b02000000000000ffffffffffffffff · 1 service · 2 spans · 4 log lines',
      '',
      `     +0 ms  ${bar}   10.0 ms  shop  GET /a  200`,
      `   +1.0 ms    •                             │  info  before`,
      `   +2.0 ms      ━━                  1.0 ms  └─ shop  query SELECT 1`,
      `   +2.5 ms       •                                info  inside`,
      `   +5.0 ms            •                        info  after`,
      `                                            span 77 was not received`,
      `   +4.0 ms          •                          info  lost`,
      '',
    ]
    assert.deepEqual(printTrace(agent.traces[0], lines, { colour: false }).split('\n'), rows)
  })

  it('leaves out the lines of other traces, and joins those that carry only the low half of the id', async () => {
    await put([[spanOf({ meta: { '_dd.p.tid': '6b02000000000000' } })]])
    const withId = (trace_id: string) =>
      parseLine(JSON.stringify({ msg: `line of ${trace_id}`, dd: { trace_id, span_id: '1' } }))
    const others = ['6b03000000000000ffffffffffffffff', '18446744073709551614', 'nonsense'].map(withId)
    const text = printTrace(agent.traces[0], [withId('18446744073709551615'), ...others], { colour: false })
    assert.match(text, /1 log line\n/)
    assert.match(text, /line of 18446744073709551615/)
  })

  it('leaves out the fields of an access line that its message and its span say, and keeps the others', async () => {
    await put([[spanOf({ meta: { '_dd.p.tid': '6b02000000000000' } })]])
    const said = { network: { bytes_written: 245 }, duration: 21600417, outcome: 'answered', lines: 1, error_lines: 0 }
    const error = { kind: 'RangeError', message: 'no stock' }
    const access = { ...said, error, http: { method: 'GET', status_code: 500 }, user: 7 }
    const lines = [
      lineOf('GET /posts 500 21.6 ms', '1', 1, access),
      lineOf('send-email 21.6 ms', '1', 2, { ...said, job: { name: 'send-email' } }),
      lineOf('mail was read', '1', 3, { duration: 3, lines: 2, error }),
    ]
    const rows = printTrace(agent.traces[0], lines, { colour: false }).split('\n')
    const ends = ['GET /posts 500 21.6 ms  user=7', 'send-email 21.6 ms']
    for (const end of [...ends, 'mail was read  duration=3  lines=2  error=RangeError: no stock']) {
      assert.ok(
        rows.some(row => row.endsWith(`  info  ${end}`)),
        rows.join('\n'),
      )
    }
  })

  it('names the path of a request that has no route', async () => {
    const meta = { 'http.method': 'GET', 'http.url': 'http://localhost:3000/nope?x=1', 'http.status_code': '404' }
    await put([[spanOf({ resource: 'GET', type: 'web', meta })]])
    const [title, , , row] = printTrace(agent.traces[0], [], { colour: false }).split('\n')
    assert.match(title as string, /^GET \/nope {2}404/)
    assert.match(row as string, /shop {2}GET \/nope {2}404$/)
  })

  it('survives spans that are their own ancestors, and chains deeper than the stack', async () => {
    await put([
      [
        spanOf({ span_id: 1n, parent_id: 2n }),
        spanOf({ span_id: 2n, parent_id: 1n }),
        spanOf({ span_id: 3n, parent_id: 3n }),
      ],
    ])
    assert.equal(printTrace(agent.traces[0]).match(/shop {2}web/g)?.length, 3)
    const deep = await startAgent()
    const chain = Array.from({ length: 20_000 }, (_, at) => spanOf({ span_id: at + 1, parent_id: at }))
    await fetch(`${deep.url}/v0.4/traces`, {
      method: 'PUT',
      headers: { 'content-type': 'application/msgpack' },
      body: encode([chain], { useBigInt64: true }),
    })
    assert.equal(printTrace(deep.traces[0]).match(/shop {2}web/g)?.length, 20_000)
    await deep.close()
  })

  it('shows errors, aborts, and text from outside without its control characters', async () => {
    const meta = {
      'error.type': 'TypeError',
      'error.message': 'no\u001b[31m\u009b2J\nstock\u202e',
      'http.aborted': 'true',
      'http.status_code': '499',
    }
    await put([[spanOf({ error: 1, meta, resource: 'GET /\u0007' })]])
    const text = printTrace(agent.traces[0], [lineOf('\u001b]0;title\u0007hi', '1', 0)], { colour: false })
    assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}|\p{Cf}/u)
    assert.match(text, /✗ TypeError: no/)
    assert.match(text, /499 {2}aborted/)
  })

  it('has colours only when asked', async () => {
    await put([[spanOf({})]])
    assert.ok(printTrace(agent.traces[0], [], { colour: true }).includes('\u001b[36mshop'))
    assert.ok(!printTrace(agent.traces[0], [], { colour: false }).includes('\u001b'))
  })
})

describe('the text of a trace', () => {
  const script = `
    const tracer = require('dd-trace').init({ service: 'shop' })
    const logger = require('pino')()
    const http = require('http')
    const server = http.createServer((req, res) => {
      tracer.trace('web.request', { resource: 'GET /posts/:id', type: 'web', tags: { 'http.status_code': '502' } }, span => {
        logger.info({ user: 7, reqId: Math.random() }, 'loading from 127.0.0.1:' + server.address().port)
        tracer.trace('pg.query', { resource: 'SELECT 1', type: 'sql' }, () => logger.warn('took ' + Math.random() + ' ms'))
        span.setTag('error', new TypeError('no stock for ' + require('crypto').randomUUID()))
        tracer.trace('fetch', { tags: { 'span.kind': 'client', 'http.url': 'http://127.0.0.1:' + server.address().port + '/x' } }, () => {})
        logger.error({ err: new Error('sold out'), at: new Date() }, 'trace ' + span.context().toTraceId(true))
      })
      res.end()
    }).listen(0, () => http.get({ port: server.address().port }, () => server.close()))
  `

  it('is the same in each run', async () => {
    for (const _ of [1, 2]) {
      agent.clear()
      const env = { DD_TRACE_AGENT_URL: agent.url, DD_TRACE_DISABLED_INSTRUMENTATIONS: 'http,net,dns' }
      const { stdout } = await run(script, env)
      const { trace } = await agent.waitForRequest('GET /posts/:id')
      const lines = stdout
        .split('\n')
        .filter(Boolean)
        .map(line => parseLine(line))
      assert.equal(
        traceText(trace, lines),
        `shop  GET /posts/:id  502
  ! TypeError: no stock for <uuid>
  - info loading from 127.0.0.1:<port> user=7
  - error trace <id> err=Error: sold out at=<time>
  shop  pg.query SELECT 1
    - warn took <time>
  shop  fetch http://127.0.0.1:<port>/x
`,
      )
    }
  })

  it('shows what is left of a trace without its root, and takes the lines of no other trace', async () => {
    await put([
      [spanOf({ span_id: 2n, parent_id: 1n, meta: { '_dd.p.tid': '6b02000000000000', 'http.aborted': 'true' } })],
    ])
    const other = parseLine('{"msg":"other","dd":{"trace_id":"5","span_id":"2"}}')
    const lines = [lineOf('of the lost one', '1', 0), other, lineOf('of this one', '2', 0)]
    assert.equal(
      traceText(agent.traces[0], lines),
      'shop  web.request GET  aborted\n  - info of this one\n- info of the lost one\n',
    )
  })
})

describe('a follower', () => {
  it('passes lines without ids on, and prints a trace with its lines once it is quiet', async () => {
    const printed: string[] = []
    const follower = followTraces(agent, { print: text => printed.push(text), quiet: 20, colour: false })
    follower.takeLine('plain')
    follower.takeLine(lineOf('early', '1', 0).raw)
    assert.deepEqual(printed, ['plain'])
    await put([[spanOf({ span_id: 2n, parent_id: 1n, meta: { '_dd.p.tid': '6b02000000000000' } })]])
    await put([[spanOf({ span_id: 1n })]])
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.equal(printed.length, 2)
    assert.match(printed[1], /2 spans · 1 log line\n/)
  })

  it('does not hold the lines of a trace for ever', () => {
    const printed: string[] = []
    const follower = followTraces(agent, { print: text => printed.push(text), colour: false })
    for (let at = 0; at < 2500; at++) follower.takeLine(lineOf(`line ${at}`, '1', 0))
    assert.equal(printed.length, 2000)
    follower.takeLine(lineOf('x'.repeat(1_000_000), '1', 0))
    assert.equal(printed.length, 2501)
  })

  it('prints so many trees in a second, and the lines of the other traces as they came', async () => {
    const printed: string[] = []
    const follower = followTraces(agent, { print: text => printed.push(text), treesPerSecond: 0, colour: false })
    const { raw } = lineOf('early', '1', 0)
    follower.takeLine(raw)
    await put([[spanOf({ meta: { '_dd.p.tid': '6b02000000000000' } })]])
    follower.flush()
    assert.deepEqual(printed, [raw])
  })

  it('hides no line whose trace never comes', async () => {
    const printed: string[] = []
    const follower = followTraces(agent, { print: text => printed.push(text), patience: 10, colour: false })
    follower.takeLine(lineOf('lonely', '1', 0).raw)
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.match(printed[0], /lonely.*\(its trace has not arrived\)/)
    follower.takeLine(lineOf('lonelier', '1', 0).raw)
    follower.flush()
    assert.equal(printed.length, 2)
  })
})

function lineOf(message: string, span_id: string, offset: number, fields?: object) {
  const dd = { trace_id: '6b02000000000000ffffffffffffffff', span_id }
  return parseLine(JSON.stringify({ level: 30, msg: message, time: 1_700_000_000_000 + offset, dd, ...fields }))
}

function spanOf(fields: Record<string, unknown>) {
  const ids = { trace_id: 0xffffffffffffffffn, span_id: 1n, parent_id: 0n }
  return {
    ...ids,
    name: 'web.request',
    resource: 'GET',
    service: 'shop',
    error: 0,
    start,
    duration: 10_000_000,
    meta: {},
    metrics: {},
    ...fields,
  }
}

function pack(value: unknown): Buffer {
  return Buffer.from(encode(value, { useBigInt64: true }))
}

async function send(path: string, body: Uint8Array, headers = {}, method = 'PUT') {
  const response = await fetch(agent.url + path, {
    method,
    body,
    headers: { 'content-type': 'application/msgpack', ...headers },
  })
  return { status: response.status, json: (await response.json()) as { error: string } }
}

async function put(chunks: unknown[][]) {
  const response = await send('/v0.4/traces', pack(chunks))
  assert.equal(response.status, 200, JSON.stringify(response.json))
}

async function run(script: string, env: Record<string, string>, flags: string[] = []) {
  const child = spawn(process.execPath, [...flags, '-e', script], { env: { ...process.env, ...env }, timeout: 60_000 })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', part => (output.stdout += part))
  child.stderr.on('data', part => (output.stderr += part))
  const [code] = await once(child, 'close')
  return { code, ...output }
}

async function runTraced(env: Record<string, string>) {
  const { stdout, stderr } = await run(traced, { ...env, DD_TRACE_AGENT_URL: agent.url })
  assert.ok(stdout, stderr)
  return JSON.parse(stdout) as { traceId: string; decimal: string; spanId: string }
}

const traced = `
  const tracer = require('dd-trace').init({ service: 'shop' })
  tracer.trace('parent', { resource: 'GET /', type: 'web', tags: { items: 3 } }, span => {
    tracer.trace('child', () => {})
    span.setTag('error', new Error('no stock'))
    const until = Date.now() + 3
    while (Date.now() < until);
    const context = span.context()
    console.log(JSON.stringify({ traceId: context.toTraceId(true), decimal: context.toTraceId(), spanId: context.toSpanId() }))
  })
`

const inProcess = `
  async function run({ startAgent }, tracer) {
    const agent = await startAgent()
    tracer.setUrl(agent.url)
    let puts = 0
    agent.onTrace(() => puts++)
    tracer.startSpan('only').finish()
    await agent.waitForSpan(span => span.name === 'only')
    await new Promise(resolve => setTimeout(resolve, 500))
    console.log(JSON.stringify({ puts, names: agent.spans.map(span => span.name) }))
    await agent.close()
  }
`
