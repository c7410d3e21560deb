import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import { parseLine } from '../../src/dev/agent/lines'
import type { Health, State, TraceDetail, TraceRow } from '../../src/dev/api'
import { type PanelServer, startPanel } from '../../src/dev/server/index'
import { follow, put, send, spanOf, start, traceId } from './panel'
import { get, until } from './spanlog'

let panel: PanelServer

beforeEach(async () => {
  panel = await startPanel()
})

afterEach(() => panel.close())

function line(text: string, fields: object = {}, stream: 'stdout' | 'stderr' = 'stdout') {
  panel.store.addLine(parseLine(JSON.stringify({ level: 30, time: 1_700_000_000_001, msg: text, ...fields })), stream)
}

const dd = { trace_id: traceId, span_id: '1', service: 'shop' }

async function rows(query = ''): Promise<TraceRow[]> {
  return (await get<{ traces: TraceRow[] }>(`${panel.url}/api/traces${query}`)).traces
}

describe('a row of the list', () => {
  it('tells what its entry span and its lines tell', async () => {
    line('loading', { dd, user: 7 })
    line('slow', { dd, level: 40, user: 8 })
    await put(panel, [
      [
        spanOf({
          meta: { 'http.method': 'GET', 'http.route': '/posts/:id', 'http.status_code': '502', tenant: 'acme' },
          error: 1,
        }),
      ],
    ])
    const [{ seq, ...row }] = await rows()
    assert.ok(seq > 0)
    assert.deepEqual(row, {
      id: traceId,
      idLow: '18446744073709551615',
      start: 1_700_000_000_000,
      duration: 10,
      service: 'shop',
      name: 'web.request',
      resource: 'GET /posts/:id',
      method: 'GET',
      route: '/posts/:id',
      status: 502,
      outcome: 'answered',
      error: true,
      services: ['shop'],
      spans: 1,
      missing: 0,
      repeated: 0,
      lines: 2,
      worst: 'warn',
      levels: ['info', 'warn'],
      unlinked: 0,
      cut: 0,
      tags: { user: '7', 'http.method': 'GET', 'http.route': '/posts/:id', 'http.status_code': '502', tenant: 'acme' },
    })
  })

  for (const [what, span, expected] of [
    ['a status under OpenTelemetry names', { metrics: { 'http.response.status_code': 404 } }, { status: 404 }],
    ['a status of OpenTelemetry that is text', { meta: { 'http.response.status_code': '404' } }, { status: 404 }],
    ['a method of OpenTelemetry', { meta: { 'http.request.method': 'GET' } }, { method: 'GET', route: '/posts/:id' }],
    ['a client that left', { meta: { 'http.aborted': 'true', 'http.status_code': '499' } }, { outcome: 'aborted' }],
    ['a request that has not ended', { meta: { 'http.unfinished': 'true' } }, { outcome: 'unfinished' }],
    [
      'an answer that was broken off',
      { meta: { 'http.status_code': '200' }, error: 1 },
      { outcome: 'failed', error: true },
    ],
    ['an error that was answered', { meta: { 'http.status_code': '500' }, error: 1 }, { outcome: 'answered' }],
  ] as const) {
    it(`shows ${what}`, async () => {
      await put(panel, [[spanOf(span)]])
      const [row] = await rows()
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(row[key as keyof TraceRow], value)
    })
  }

  it('names its root once that is here, and counts the spans that wait for a parent', async () => {
    const child = { span_id: 3n, parent_id: 2n, type: 'sql', resource: 'SELECT 1', start: start - 5n }
    await put(panel, [[spanOf(child)]])
    assert.deepEqual(pick(await rows(), 'resource', 'missing'), ['SELECT 1', 1])
    await put(panel, [[spanOf({ span_id: 2n, parent_id: 1n, resource: 'GET /stock', service: 'stock' })]])
    assert.deepEqual(pick(await rows(), 'resource', 'missing', 'services'), ['GET /stock', 1, ['shop', 'stock']])
    await put(panel, [[spanOf({ start: start + 5n })]])
    assert.deepEqual(pick(await rows(), 'resource', 'missing', 'spans'), ['GET /posts/:id', 0, 3])
  })

  it('counts queries that differ in their values only, from five on', async () => {
    const query = (at: number) =>
      spanOf({
        span_id: BigInt(at + 10),
        parent_id: 1n,
        type: 'sql',
        resource: `SELECT * FROM t WHERE id = ${at} AND name = 'n${at}'`,
      })
    await put(panel, [[spanOf(), ...[0, 1, 2, 3].map(query)]])
    assert.equal((await rows())[0].repeated, 0)
    await put(panel, [[query(4), query(5)]])
    assert.equal((await rows())[0].repeated, 6)
  })
})

function pick(all: TraceRow[], ...keys: (keyof TraceRow)[]) {
  assert.equal(all.length, 1)
  return keys.map(key => all[0][key])
}

describe('the API', () => {
  it('finds requests by a filter, newest first, also by the text of their lines', async () => {
    await put(panel, [
      [spanOf({ trace_id: 1n, resource: 'GET /a' })],
      [spanOf({ trace_id: 2n, resource: 'GET /b', error: 1 })],
    ])
    line('pear is sold out', { dd: { trace_id: '1', span_id: '1' } })
    assert.deepEqual(
      (await rows()).map(row => row.resource),
      ['GET /b', 'GET /a'],
    )
    assert.deepEqual(
      (await rows('?limit=1')).map(row => row.resource),
      ['GET /b'],
    )
    assert.deepEqual(
      (await rows('?filter=is:error')).map(row => row.resource),
      ['GET /b'],
    )
    assert.deepEqual(
      (await rows(`?filter=${encodeURIComponent('"sold out"')}`)).map(row => row.resource),
      ['GET /a'],
    )
    assert.equal((await send(`${panel.url}/api/traces?limit=x`)).status, 400)
  })

  for (const [what, id, span] of [
    ['its id', traceId, undefined],
    ['its id in capitals', traceId.toUpperCase(), undefined],
    ['the low half of its id in decimal', '18446744073709551615', undefined],
    ['the low half of its id', 'ffffffffffffffff', undefined],
    ['the id of a span', '9208634121083074500', '9208634121083074500'],
    ['the hexadecimal id of a span', '7fcba3f195b2b7c4', '9208634121083074500'],
    ['a traceparent', `00-${traceId}-7fcba3f195b2b7c4-01`, '9208634121083074500'],
    ['`latest`', 'latest', undefined],
    ['`latest-error`', 'latest-error', undefined],
  ] as const) {
    it(`finds a trace by ${what}`, async () => {
      line('loading', { dd })
      await put(panel, [[spanOf({ span_id: 9208634121083074500n, error: 1, meta: { a: 'b' }, metrics: { n: 1.5 } })]])
      const detail = await get<TraceDetail>(`${panel.url}/api/traces/${id}`)
      assert.equal(detail.spanlog, 1)
      assert.equal(detail.trace.id, traceId)
      assert.equal(detail.span, span)
      assert.deepEqual(
        detail.lines.map(({ message }) => message),
        ['loading'],
      )
      const [{ meta, metrics, ...rest }] = detail.spans
      assert.deepEqual([meta.a, metrics.n], ['b', 1.5])
      assert.deepEqual(rest, {
        ...{
          id: '9208634121083074500',
          parentId: '0',
          name: 'web.request',
          resource: 'GET /posts/:id',
          service: 'shop',
        },
        ...{ type: 'web', error: true, start: 1_700_000_000_000, duration: 10 },
      })
    })
  }

  it('has the lines of a trace before its spans come', async () => {
    line('loading', { dd })
    const { trace, lines } = await get<TraceDetail>(`${panel.url}/api/traces/${traceId}`)
    assert.deepEqual([trace.outcome, trace.spans, lines.length], ['unfinished', 0, 1])
    assert.deepEqual(await rows(), [])
  })

  it('pages through the lines of all programs, with the filter', async () => {
    await put(panel, [[spanOf({ meta: { user: '7' } })]])
    for (const at of [1, 2, 3, 4]) line(`line ${at}`, at % 2 ? { dd } : {}, at > 2 ? 'stderr' : 'stdout')
    const lines = async (query: string) => {
      const { lines } = await get<{ lines: { n: number; message: string }[] }>(`${panel.url}/api/lines?${query}`)
      return lines.map(({ n, message }) => `${n} ${message}`)
    }
    assert.deepEqual(await lines(''), ['1 line 1', '2 line 2', '3 line 3', '4 line 4'])
    assert.deepEqual(await lines('before=4&limit=2'), ['2 line 2', '3 line 3'])
    assert.deepEqual(await lines('filter=stream:stderr'), ['3 line 3', '4 line 4'])
    assert.deepEqual(await lines('filter=user:7'), ['1 line 1', '3 line 3'], 'the request tells what the line does not')
  })

  it('tells what the doctor says of a line and of all lines', async () => {
    line('pear', { traceId, spanId: '5' })
    const { lines } = await get<{ lines: { why: string[] }[] }>(`${panel.url}/api/lines`)
    assert.equal(lines[0].why.length, 1)
    const { findings, unread } = await get<Health>(`${panel.url}/api/health`)
    assert.deepEqual([findings[0]?.code, findings[0]?.lines, unread], [lines[0].why[0], 1, 0])
  })

  it('tells what has arrived', async () => {
    await put(panel, [[spanOf(), spanOf({ span_id: 2n })]], {
      'datadog-meta-lang': 'ruby',
      'datadog-meta-lang-version': '3.4',
      'datadog-meta-tracer-version': '2.1',
    })
    line('one', { dd })
    line('two')
    panel.setRun({ command: 'npm run dev', running: true, pid: 7, saved: false })
    const { version, agentUrl, bounds, ...state } = await get<State>(`${panel.url}/api/state`)
    assert.equal(agentUrl, panel.url)
    assert.deepEqual(bounds, { traces: 2000, lines: 50_000, memory: 64 * 1024 * 1024 })
    assert.deepEqual(state, {
      ...{ command: 'npm run dev', running: true, pid: 7, saved: false },
      ...{ tracers: ['ruby 3.4, tracer 2.1'], services: ['shop'] },
      ...{ traces: 1, spans: 2, lines: 2, linked: 1, dropped: { traces: 0, lines: 0 } },
    })
  })
})

describe('what is kept', () => {
  it('is bounded by number, and what has gone is known to have been here', async () => {
    const small = await startPanel({ bounds: { traces: 2, lines: 3, memory: 1e6 } })
    for (const trace_id of [101n, 102n, 103n]) await put(small, [[spanOf({ trace_id })]])
    for (const at of [1, 2, 3, 4]) small.store.addLine(parseLine(`line ${at} dd.trace_id=103 dd.span_id=1`), 'stdout')
    const gone = await send(`${small.url}/api/traces/101`)
    assert.deepEqual([gone.status, gone.json], [404, { error: 'this trace was here, and was dropped', gone: true }])
    const never = await send(`${small.url}/api/traces/109`)
    assert.deepEqual([never.status, never.json.gone], [404, false])
    const { traces, lines, dropped } = await get<State>(`${small.url}/api/state`)
    assert.deepEqual({ traces, lines, dropped }, { traces: 2, lines: 3, dropped: { traces: 1, lines: 1 } })
    const detail = await get<TraceDetail>(`${small.url}/api/traces/103`)
    assert.deepEqual([detail.lines.length, detail.trace.lines], [3, 4])
    await small.close()
  })

  it('is bounded by bytes: the oldest go, and a trace that alone is too large is cut', async () => {
    const small = await startPanel({ bounds: { traces: 1000, lines: 1000, memory: 400_000 } })
    for (let at = 1n; at < 200n; at++) await put(small, [[spanOf({ trace_id: at })]])
    for (let at = 0; at < 100; at++) small.store.addLine(parseLine('x'.repeat(10_000)), 'stdout')
    const { traces, lines } = await get<State>(`${small.url}/api/state`)
    assert.ok(traces > 20 && traces < 150, `${traces} traces`)
    assert.ok(lines > 10 && lines < 30, `${lines} lines`)
    await put(small, [Array.from({ length: 1000 }, (_, at) => spanOf({ trace_id: 5000n, span_id: BigInt(at + 1) }))])
    const { trace } = await get<TraceDetail>(`${small.url}/api/traces/5000`)
    assert.ok(trace.cut > 500 && trace.spans + trace.cut === 1000, JSON.stringify(trace))
    await small.close()
  })

  it('of a line is its first 64 kB', async () => {
    line('x'.repeat(1_000_000), { dd })
    await put(panel, [[spanOf()]])
    const { lines } = await get<TraceDetail>(`${panel.url}/api/traces/latest`)
    assert.deepEqual([lines[0].raw.length, lines[0].message, lines[0].level], [65_536, 'x'.repeat(4096), 'info'])
  })
})

describe('the events', () => {
  it('begin with all that is there, and go on with what is new', async () => {
    line('before')
    await put(panel, [[spanOf({ trace_id: 1n })]])
    const page = follow(panel)
    await until(() => page.of('state').length >= 1)
    assert.deepEqual(
      page.told.slice(0, 3).map(({ event }) => event),
      ['traces', 'lines', 'state'],
    )
    line('after')
    await put(panel, [[spanOf({ trace_id: 2n })]])
    await until(() => page.of('traces').length >= 2)
    await until(() => page.of('lines').length >= 2)
    assert.deepEqual(
      page.of('traces')[1].traces.map((row: TraceRow) => row.idLow),
      ['2'],
    )
    assert.deepEqual(page.of('lines')[1], {
      lines: [{ ...page.of('lines')[1].lines[0], message: 'after' }],
      skipped: 0,
    })
    page.end()
  })

  it('tell rows in the order in which they came, however many there are', async () => {
    await put(
      panel,
      Array.from({ length: 450 }, (_, at) => [spanOf({ trace_id: BigInt(at + 1) })]),
    )
    const page = follow(panel)
    await until(() => page.of('state').length >= 1)
    const told = page.of('traces').map(({ traces }) => traces.map((row: TraceRow) => Number(row.idLow)))
    assert.deepEqual(
      told.map(part => [part[0], part.at(-1)]),
      [
        [200, 1],
        [400, 201],
        [450, 401],
      ],
    )
    page.end()
  })

  it('tell a page that comes back what it has missed, and no more', async () => {
    await put(panel, [[spanOf({ trace_id: 1n })], [spanOf({ trace_id: 2n })]])
    const page = follow(panel)
    const { id } = await until(() => page.told.find(({ event }) => event === 'state'))
    page.end()
    line('missed')
    await put(panel, [[spanOf({ trace_id: 2n, span_id: 2n })], [spanOf({ trace_id: 3n })]])
    for (const again of [follow(panel, id), follow(panel, undefined, { 'last-event-id': id! })]) {
      await until(() => again.of('state').length > 0)
      assert.deepEqual(
        again.of('traces').flatMap(({ traces }) => traces.map((row: TraceRow) => [row.idLow, row.spans])),
        [
          ['3', 1],
          ['2', 2],
        ],
      )
      assert.deepEqual(
        again.of('lines').flatMap(({ lines }) => lines.map((row: { message: string }) => row.message)),
        ['missed'],
      )
      again.end()
    }
  })

  it('tell all anew to a page of an earlier process, or from before all was forgotten', async () => {
    const page = follow(panel)
    const { id } = await until(() => page.told.find(({ event }) => event === 'state'))
    await send(`${panel.url}/api/clear`, { method: 'POST' })
    await until(() => page.of('clear').length >= 1)
    page.end()
    await put(panel, [[spanOf()]])
    for (const after of [id, '5', String(Number.MAX_SAFE_INTEGER)]) {
      const again = follow(panel, after)
      await until(() => again.of('state').length > 0)
      assert.deepEqual(
        again.told.slice(0, 3).map(({ event }) => event),
        ['clear', 'traces', 'state'],
      )
      again.end()
    }
  })

  it('tell what was dropped', async () => {
    const small = await startPanel({ bounds: { traces: 2, lines: 2, memory: 1e6 } })
    const page = follow(small)
    await until(() => page.of('state').length >= 1)
    for (const trace_id of [1n, 2n, 3n]) await put(small, [[spanOf({ trace_id })]])
    for (const text of ['a', 'b', 'c']) small.store.addLine(parseLine(text), 'stdout')
    await until(() => page.of('gone').some(({ firstLine }) => firstLine === 2))
    assert.deepEqual(
      page.of('gone').flatMap(({ traces }) => traces),
      ['6b020000000000000000000000000001'],
    )
    page.end()
    await small.close()
  })

  it('leave out lines that come faster than a page can read, and say how many', async () => {
    const page = follow(panel)
    await until(() => page.of('state').length >= 1)
    for (let at = 0; at < 5000; at++) line(`line ${at}`)
    await until(() => page.of('lines').length > 0)
    const { lines, skipped } = page.of('lines')[0]
    assert.deepEqual([lines.length, skipped, lines.at(-1).message], [500, 4500, 'line 4999'])
    page.end()
  })

  it('do not pile up for a page that does not read', async () => {
    const socket = connect(panel.port, '127.0.0.1')
    socket.write('GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await until(() => socket.bytesRead > 0)
    socket.pause()
    const before = process.memoryUsage().rss
    for (let at = 0; at < 100; at++) {
      for (let row = 0; row < 500; row++) line('x'.repeat(2000))
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    assert.ok(process.memoryUsage().rss - before < 300e6, `${(process.memoryUsage().rss - before) / 1e6} MB more`)
    socket.destroy()
  })

  it('end with the last news when the panel ends', async () => {
    const page = follow(panel)
    await until(() => page.of('state').length >= 1)
    panel.setRun({ command: 'x', running: false, exitCode: 3, saved: false })
    await panel.close()
    await until(() => page.of('state').at(-1).exitCode === 3)
  })
})

describe('a tracer of another language', () => {
  it('may leave out what it has not, send nothing for it, and send more than we know', async () => {
    const ruby = {
      ...{
        trace_id: 5n,
        span_id: 6n,
        parent_id: null,
        name: 'rack.request',
        resource: null,
        service: null,
        type: null,
      },
      ...{ error: 0, start, duration: 10, meta: null, metrics: null, allocations: 3, span_links: [{ trace_id: 1n }] },
      meta_struct: { appsec: new Uint8Array([1]) },
    }
    const { parent_id: _, meta: __, ...dotnet } = spanOf({ trace_id: 7n, name: 'aspnet_core.request' })
    const java = spanOf({
      trace_id: -1n,
      span_id: -2n,
      meta: { thread: 'main', gone: null },
      metrics: { 'thread.id': 5.0 },
    })
    const python = spanOf({ trace_id: 9n, meta: { bytes: new TextEncoder().encode('text') } })
    const { status, text } = await put(panel, [[ruby], [dotnet], [java], [python]])
    assert.equal(status, 200, text)
    const all = await rows()
    assert.deepEqual(
      all.map(({ idLow, name }) => [idLow, name]),
      [
        ['9', 'web.request'],
        ['18446744073709551615', 'web.request'],
        ['7', 'aspnet_core.request'],
        ['5', 'rack.request'],
      ],
    )
    assert.equal(all[0].tags.bytes, 'text')
    assert.equal(
      (await get<TraceDetail>(`${panel.url}/api/traces/18446744073709551614`)).trace.idLow,
      '18446744073709551615',
    )
  })

  it('may speak v0.5, as that of Python does', async () => {
    const texts = [
      '',
      'web',
      'flask.request',
      'GET /users/<id>',
      '_dd.p.tid',
      '6b02000000000000',
      'http.status_code',
      '200',
    ]
    const row = [1, 2, 3, 0xffffffffffffffffn, 5n, 0, start, 1_000_000, 0, { 4: 5, 6: 7 }, {}, 1]
    const body = encode([texts, [[row]]], { useBigInt64: true })
    const headers = { 'content-type': 'application/msgpack', 'datadog-meta-lang': 'python' }
    assert.equal(
      (await send(`${panel.url}/v0.5/traces`, { method: 'PUT', headers, body: Buffer.from(body) })).status,
      200,
    )
    const [row5] = await rows()
    assert.deepEqual([row5.id, row5.name, row5.service, row5.status], [traceId, 'flask.request', 'web', 200])
  })

  it('has what it asks for beside traces answered', async () => {
    for (const path of [
      '/info',
      '/v0.6/stats',
      '/v0.7/config',
      '/telemetry/proxy/api/v2/apmtelemetry',
      '/evp_proxy/v4/api/v2/x',
      '/profiling/v1/input',
    ]) {
      const { status } = await send(panel.url + path, {
        method: path === '/info' ? 'GET' : 'POST',
        body: path === '/info' ? undefined : '{}',
      })
      assert.ok(status < 300, `${path} ${status}`)
    }
  })
})

describe("Datadog's intake of logs", () => {
  const json = { 'content-type': 'application/json' }
  const record = { message: 'low', status: 'warn', service: 'shop', ddtags: 'env:prod', sku: 'x', dd }
  for (const [what, path, body, headers, expected] of [
    ['an object', '/api/v2/logs', JSON.stringify(record), json, [['low', 'warn', 'shop', traceId]]],
    [
      'a list',
      '/api/v2/logs',
      JSON.stringify([record, { message: 'two' }]),
      json,
      [
        ['low', 'warn', 'shop', traceId],
        ['two', '', '', ''],
      ],
    ],
    [
      'gzip',
      '/api/v2/logs',
      gzipSync(JSON.stringify(record)),
      { ...json, 'content-encoding': 'gzip' },
      [['low', 'warn', 'shop', traceId]],
    ],
    [
      'lines of text',
      '/v1/input',
      `hello\n${JSON.stringify(record)}\n`,
      { 'content-type': 'text/plain' },
      [
        ['hello', '', '', ''],
        ['low', 'warn', 'shop', traceId],
      ],
    ],
    [
      'a record in the text of a message',
      '/v1/input/key',
      JSON.stringify({ service: 'shop', message: JSON.stringify({ level: 40, msg: 'low', dd }) }),
      json,
      [['low', 'warn', 'shop', traceId]],
    ],
    [
      'a service in the query',
      '/api/v2/logs?ddsource=nodejs&service=web&ddtags=env:dev',
      JSON.stringify({ message: 'hi' }),
      json,
      [['hi', '', 'web', '']],
    ],
    ['a text and a service in the query', '/v1/input?service=web', 'hi', {}, [['hi', '', 'web', '']]],
  ] as const) {
    it(`takes ${what}`, async () => {
      const answered = await send(panel.url + path, { method: 'POST', headers, body })
      assert.deepEqual([answered.status, answered.json], [path.startsWith('/api') ? 202 : 200, {}])
      const { lines } = await get<{ lines: any[] }>(`${panel.url}/api/lines`)
      assert.deepEqual(
        lines.map(({ message, level, service, traceId }) => [message, level, service, traceId]),
        expected,
      )
      assert.ok(lines.every(({ stream }) => stream === 'intake'))
    })
  }

  for (const [what, status, sent] of [
    ['is not JSON', 400, { headers: json, body: '{"message":' }],
    ['is larger than 5 MB', 413, { headers: json, body: `"${'x'.repeat(5 * 1024 * 1024)}"` }],
    [
      'is larger than 5 MB once unzipped',
      413,
      { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync('x'.repeat(6 * 1024 * 1024)) },
    ],
    ['is in an unknown encoding', 415, { headers: { ...json, 'content-encoding': 'br' }, body: '{}' }],
  ] as const) {
    it(`refuses a body that ${what}`, async () => {
      const answered = await send(`${panel.url}/api/v2/logs`, { method: 'POST', ...sent })
      assert.equal(answered.status, status)
      assert.equal(answered.json.errors[0].status, String(status))
      assert.equal((await get<State>(`${panel.url}/api/state`)).lines, 0)
    })
  }
})
