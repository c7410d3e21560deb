import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, startAgent } from 'spanlog/agent'
import { RunningService, type Service } from './faults/service'

async function started(t: TestContext, service: Partial<Service>, env: NodeJS.ProcessEnv = {}, args: string[] = []) {
  const agent = await startAgent({ keep: 10_000 })
  const running = await RunningService.start(service, { DD_TRACE_AGENT_URL: agent.url, ...env }, args)
  t.after(async () => {
    running.stop()
    await agent.close()
  })
  return { agent, running }
}

const servers = (agent: Agent) => agent.spans.filter(span => span.name === 'web.request')

/** An agent that misbehaves, and when it last answered. */
async function badAgent(t: TestContext, answer: (respond: (status: number) => void) => void) {
  const seen = { requests: 0, answered: 0 }
  const server: Server = createServer((req, res) => {
    seen.requests++
    req.resume().on('end', () =>
      answer(status => {
        seen.answered = Date.now()
        res.writeHead(status).end('{}')
      }),
    )
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('a process that ends', { concurrency: 2 }, () => {
  it('loses no span after SIGTERM if it calls shutdown()', async t => {
    const { agent, running } = await started(t, { set: 'express4-koa2' })
    await Promise.all(Array.from({ length: 20 }, () => running.get('/fast')))
    await running.terminate()
    assert.equal(servers(agent).length, 40)
  })

  it('lets requests in flight end, and ends the rest with what is under them', async t => {
    const { agent, running } = await started(t, { timeout: 1500 })
    const slow = running.get('/slow')
    for (const path of ['/hang', '/child']) void running.get(path)
    await sleep(100)
    await running.terminate()
    assert.deepEqual(await slow, ['ok', 'ok'])
    assert.equal(servers(agent).length, 6)
    assert.equal(agent.spans.filter(span => span.name === 'endless').length, 2)
    const tagsOf = (path: string) =>
      servers(agent)
        .filter(span => span.meta['http.url'].endsWith(path))
        .map(({ meta, error }) => [meta['http.status_code'], meta['http.unfinished'], meta['http.aborted'], error])
    assert.deepEqual(tagsOf('/slow'), Array(2).fill(['200', undefined, undefined, 0]))
    assert.deepEqual(tagsOf('/hang'), Array(2).fill(['200', 'true', undefined, 0]))
    assert.deepEqual(tagsOf('/child'), Array(2).fill([undefined, 'true', undefined, 0]))
  })

  it('waits for spans that are being sent already', async t => {
    const { url, seen } = await badAgent(t, respond => setTimeout(respond, 700, 200))
    const running = await RunningService.start({}, { DD_TRACE_AGENT_URL: url, DD_TRACE_FLUSH_INTERVAL: '20' })
    t.after(() => running.stop())
    await running.get('/fast')
    await sleep(200)
    const { bye } = await running.terminate()
    assert.ok(seen.answered && bye >= seen.answered, 'the agent had answered')
  })

  it('waits no longer than its timeout for an agent that hangs', async t => {
    const { url } = await badAgent(t, () => {})
    const running = await RunningService.start({ timeout: 600 }, { DD_TRACE_AGENT_URL: url })
    t.after(() => running.stop())
    await running.get('/fast')
    const { took } = await running.terminate()
    assert.ok(took >= 500 && took < 900, `${took} ms`)
  })

  it('waits for nothing where no tracer runs', async t => {
    const { running } = await started(t, { tracer: 'late' })
    await running.get('/fast')
    const { took } = await running.terminate()
    assert.ok(took < 100, `${took} ms`)
  })
})

describe('a tracer', { concurrency: 2 }, () => {
  it('that is not initialised does no harm, and lines carry no ids', async t => {
    const { agent, running } = await started(t, { tracer: 'late' })
    assert.deepEqual(await running.get('/log'), ['ok', 'ok'])
    await running.terminate()
    assert.equal(agent.spans.length, 0)
    assert.equal(running.printed.match(/"logged"/g)?.length, 2)
    assert.doesNotMatch(running.printed, /"dd"/)
  })

  it('that is initialised late serves the requests from then on', async t => {
    const { agent, running } = await started(t, { tracer: 'late' })
    await running.get('/log')
    await running.ask('init')
    await running.get('/log')
    await running.terminate()
    assert.equal(servers(agent).length, 2)
    assert.equal(running.printed.match(/"trace_id"/g)?.length, 2)
  })

  it('that is switched off does no harm, and lines carry no ids', async t => {
    const { agent, running } = await started(t, {}, { DD_TRACE_ENABLED: 'false' })
    assert.deepEqual(await running.get('/log'), ['ok', 'ok'])
    await running.terminate()
    assert.equal(agent.spans.length, 0)
    assert.doesNotMatch(running.printed, /trace_id/)
  })
})

describe('two copies in one process', () => {
  async function oneSpanAndOneLogger(t: TestContext, service: Partial<Service>, env?: NodeJS.ProcessEnv) {
    const { agent, running } = await started(t, service, env)
    assert.deepEqual(await running.get('/late'), ['span', 'span'])
    await sleep(150)
    await running.terminate()
    const ids = [...running.printed.matchAll(/"span_id":"(\d+)"/g)].map(match => match[1])
    const spans = servers(agent).map(span => span.spanId)
    assert.equal(spans.length, 2)
    assert.deepEqual(ids.sort(), spans.sort())
  }

  function copyOf(t: TestContext, folder: string, name: string): string {
    const home = mkdtempSync(join(tmpdir(), 'spanlog-copy-'))
    t.after(() => rmSync(home, { recursive: true }))
    cpSync(folder, join(home, name), { recursive: true })
    return join(home, name)
  }

  it('of spanlog make one span and one logger per request', async t => {
    await oneSpanAndOneLogger(t, { dist: copyOf(t, join(__dirname, '..', 'dist'), 'dist') })
  })

  it('of dd-trace are one tracer: the application initialises its own, and spanlog uses that', async t => {
    const modules = join(__dirname, '..', 'node_modules')
    const ddTrace = copyOf(t, join(modules, 'dd-trace'), 'node_modules/dd-trace')
    await oneSpanAndOneLogger(t, { ddTrace }, { NODE_PATH: modules })
  })
})

describe('what a request leaves behind', { concurrency: 2 }, () => {
  for (const namespace of [false, true]) {
    it(`is nothing, even where an interval is never cleared (${namespace ? 'namespace' : 'AsyncLocalStorage'})`, async t => {
      const { running } = await started(t, { namespace }, {}, ['--expose-gc'])
      const left = await leftAfter(running, '/watch')
      for (const [what, [still, all]] of Object.entries(left)) {
        assert.equal(all, 300)
        assert.ok(still <= openSockets, `${still} of 300 of ${what} are still there`)
      }
      const { req, res, body } = await leftAfter(running, '/forget')
      for (const [still] of [req, res, body]) assert.ok(still <= openSockets, `${still} of 600 are still there`)
    })
  }
})

/** Node keeps the last request of a kept-alive socket. */
const openSockets = 30

async function leftAfter(running: RunningService, path: string): Promise<{ [what: string]: [number, number] }> {
  for (let i = 0; i < 15; i++) await Promise.all(Array.from({ length: 10 }, () => running.get(path)))
  await sleep(50)
  return (await running.ask('kept')).left
}

describe('an agent', { concurrency: 2 }, () => {
  const misbehaving: { [what: string]: (t: TestContext) => Promise<string> } = {
    'that is not there': async () => 'http://127.0.0.1:1',
    'that answers 500': async t => (await badAgent(t, respond => respond(500))).url,
    'that hangs': async t => (await badAgent(t, () => {})).url,
  }
  for (const [what, urlOf] of Object.entries(misbehaving)) {
    it(`${what} costs no request, prints nothing per request and keeps nothing`, async t => {
      const env = { DD_TRACE_AGENT_URL: await urlOf(t), DD_TRACE_FLUSH_INTERVAL: '50' }
      const running = await RunningService.start({}, env, ['--expose-gc'])
      t.after(() => running.stop())
      const round = async () => {
        for (let i = 0; i < 5; i++) {
          const answers = await Promise.all(Array.from({ length: 10 }, () => running.get('/fast')))
          assert.deepEqual(new Set(answers.flat()), new Set(['ok']))
        }
        await sleep(100)
        return (await running.ask('kept')).heap
      }
      const heaps = [await round(), await round(), await round()]
      assert.ok(heaps[2] - heaps[1] < 5e6, `heap ${heaps.map(heap => (heap / 1e6).toFixed(1))} MB`)
      assert.ok(running.printed.split('\n').length < 10, running.printed)
    })
  }
})
