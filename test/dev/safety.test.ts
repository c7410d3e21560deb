import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { networkInterfaces } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { parseLine } from '../../src/dev/agent/lines'
import type { State, TraceDetail } from '../../src/dev/api'
import { type PanelServer, startPanel } from '../../src/dev/server/index'
import { put, send, spanOf } from './panel'
import { get, start as spawnSpanlog, startDev, until } from './spanlog'

const json = { 'content-type': 'application/json' }

describe('a web page elsewhere', () => {
  let panel: PanelServer

  before(async () => {
    panel = await startPanel()
    await put(panel, [[spanOf()]])
    panel.store.addLine(parseLine('secret'), 'stdout')
  })

  after(() => panel.close())

  const reading = ['/', '/api/state', '/api/traces', '/api/traces/latest', '/api/lines', '/api/health', '/api/events']

  for (const [what, headers] of [
    ['whose name points here (DNS rebinding)', { host: 'evil.example:8126' }],
    [
      'whose name points here, of one origin by its own word',
      { host: 'evil.example', origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
    ['whose name ends in ours', { host: '127.0.0.1.evil.example' }],
    [
      'that fetches without CORS',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    ],
    [
      'on another port of this machine',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', origin: 'http://localhost:3000' },
    ],
    ['in a sandbox', { origin: 'null' }],
    [
      'that frames the panel',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
  ] as [string, Record<string, string>][]) {
    it(`${what} reads nothing`, async () => {
      for (const path of reading) {
        const { status, text, headers: answered } = await send(panel.url + path, { headers })
        assert.equal(status, 403, path)
        assert.doesNotMatch(text, /secret|shop/)
        assert.equal(answered['access-control-allow-origin'], undefined)
      }
    })
  }

  it('may link to the page, as a terminal does', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    assert.equal((await send(`${panel.url}/`, { headers })).status, 200)
    assert.equal((await send(`${panel.url}/`, { headers: { host: `localhost:${panel.port}` } })).status, 200)
  })

  it('neither clears nor feeds it', async () => {
    const origin = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }
    const msgpack = { 'content-type': 'application/msgpack' }
    for (const [path, headers] of [
      ['/api/clear', origin],
      ['/api/clear', { ...origin, host: 'evil.example' }],
      ['/api/clear', { 'sec-fetch-site': 'cross-site' }],
      ['/api/v2/logs', { ...origin, 'content-type': 'text/plain' }],
      ['/api/v2/logs', { ...origin, ...json }],
      ['/v1/input', { ...origin, 'content-type': 'text/plain' }],
      ['/v1/input', { origin: 'null', 'content-type': 'application/x-www-form-urlencoded' }],
      ['/v0.4/traces', { ...origin, ...msgpack }],
      ['/v0.4/traces', { host: 'evil.example', origin: 'http://evil.example', ...msgpack }],
      ['/v0.4/traces', { 'content-type': 'text/plain' }],
    ] as [string, Record<string, string>][]) {
      const { status } = await send(panel.url + path, { method: 'POST', headers, body: '[]' })
      assert.ok(status === 403 || status === 415, `${path} ${JSON.stringify(headers)} ${status}`)
    }
    const preflight = {
      ...origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type',
    }
    const asked = await send(`${panel.url}/v0.4/traces`, { method: 'OPTIONS', headers: preflight })
    assert.equal(asked.headers['access-control-allow-origin'], undefined)
    assert.equal((await send(`${panel.url}/api/clear`)).status, 405)
    const { traces, lines } = await get<State>(`${panel.url}/api/state`)
    assert.deepEqual([traces, lines], [1, 1])
  })

  it('is told apart from the page itself', async () => {
    for (const host of [`127.0.0.1:${panel.port}`, `localhost:${panel.port}`]) {
      const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }
      assert.equal((await send(`${panel.url}/api/traces`, { headers: own })).status, 200)
      assert.equal((await send(`${panel.url}/api/clear`, { method: 'POST', headers: own })).status, 200)
    }
  })

  it('is met by a policy that lets the page run its own script alone', async () => {
    const { headers, text } = await send(`${panel.url}/`)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src ('none'|'sha256-\S+'); style-src ('none'|'sha256-\S+');/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal((policy.match(/sha256/g) ?? []).length, (text.match(/<(script|style)\b/g) ?? []).length)
    assert.equal(headers['x-content-type-options'], 'nosniff')
  })
})

describe('the panel on the network', () => {
  it('listens on the loopback address alone', async t => {
    const panel = await startPanel()
    t.after(() => panel.close())
    const others = Object.values(networkInterfaces())
      .flatMap(all => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of others) {
      const connected = await new Promise(resolve => {
        const socket = createConnection(panel.port, address)
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      assert.equal(connected, false, address)
    }
  })
})

describe('a trace of 100,000 spans', () => {
  it('is taken, cut to what fits, and shown', async t => {
    const panel = await startPanel()
    t.after(() => panel.close())
    const chunks = Array.from({ length: 20 }, (_, chunk) =>
      Array.from({ length: 5000 }, (_, at) =>
        spanOf({ span_id: BigInt(chunk * 5000 + at + 1), parent_id: at ? 1n : 0n, meta: { note: `${at}` } }),
      ),
    )
    for (const chunk of chunks) assert.equal((await put(panel, [chunk])).status, 200)
    const { trace, spans } = await get<TraceDetail>(`${panel.url}/api/traces/latest`)
    assert.equal(trace.spans + trace.cut, 100_000)
    assert.equal(spans.length, trace.spans)
    assert.ok(trace.spans > 10_000, `${trace.spans}`)
  })
})

describe('output of any kind', () => {
  /** The program's own time for its output, and what the panel then knows. */
  async function outputOf(
    script: string,
    look: (state: State, panel: Awaited<ReturnType<typeof startDev>>) => boolean,
  ) {
    const panel = await startDev(['--stay', '--memory', '8', '--', 'node', '-e', script])
    panel.child.stdout.removeAllListeners('data').resume()
    const state = await until(async () => {
      const state = await panel.state()
      return look(state, panel) && state
    })
    const memory = peakOf(panel.child.pid!)
    await panel.end('SIGINT')
    return { state, memory }
  }

  it('at full speed is read: 30 MB of log lines, in bounded memory', async () => {
    const script = `
      const line = JSON.stringify({ level: 30, time: Date.now(), msg: 'x'.repeat(100) }) + '\\n'
      const part = line.repeat(500)
      let left = Math.ceil(30e6 / part.length)
      const go = () => { while (left-- > 0) if (!process.stdout.write(part)) return process.stdout.once('drain', go) }
      go()`
    const { state, memory } = await outputOf(
      script,
      ({ running, lines, dropped }) => !running && lines + dropped.lines > 180_000,
    )
    assert.ok(state.lines <= 50_000)
    assert.ok(memory < 200, `${memory} MB`)
  })

  it('without any line break is passed on, and kept as far as a line may go', async () => {
    const script = `
      let left = 50
      const go = () => { while (left-- > 0) if (!process.stdout.write('x'.repeat(1e6))) return process.stdout.once('drain', go) }
      go()`
    const { state, memory } = await outputOf(script, ({ running, lines }) => !running && lines === 1)
    assert.equal(state.lines, 1)
    assert.ok(memory < 400, `${memory} MB`)
  })

  it('in lines of 1 MB is read', async () => {
    const script = `
      for (let at = 0; at < 20; at++) console.log(JSON.stringify({ msg: 'x'.repeat(1e6), dd: { trace_id: '6b02000000000000ffffffffffffffff', span_id: '1' } }))`
    const { state } = await outputOf(script, ({ running }) => !running)
    assert.deepEqual([state.lines, state.linked], [20, 20])
  })

  it('waits for a reader of ours that does not read, as it would without us', async () => {
    const script = `
      let written = 0
      const go = () => process.stdout.write('x'.repeat(1e6) + '\\n', () => { process.stderr.write(++written + ' '); go() })
      go()`
    const { child, output } = spawnSpanlog(['dev', '--', 'node', '-e', script])
    child.stdout.removeAllListeners('data').pause()
    const written = () => Number(/(\d+) $/.exec(output.stderr)?.[1] ?? 0)
    await until(async () => {
      const before = written()
      await new Promise(resolve => setTimeout(resolve, 1000))
      return before > 0 && (written() === before || before > 100)
    })
    assert.ok(written() < 50, `${written()} MB were taken that nobody reads`)
    child.stdout.resume()
    await until(() => written() > 60)
    child.kill('SIGTERM')
    await until(() => child.exitCode !== null)
  })
})

/** Megabytes. */
function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
