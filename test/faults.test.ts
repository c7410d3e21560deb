import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { forgetArrivals, get, h2, tellArrived } from './faults/client'
import { type Fault, type Framework, frameworks, type Told } from './faults/fault'
import { faults } from './faults/faults'
import { canary } from './faults/hostile-input'
import { quietTracer } from './quiet-tracer'

interface Report {
  lines: { key: string; line: string }[]
  uncaught: string[]
  warnings: { code?: string; name: string }[]
  open: number
}

for (const set of ['express4-koa2', 'express5-koa3']) {
  describe(set, () => {
    let agent: Agent
    let child: ChildProcess
    let ports: { [key: string]: number }

    before(async () => {
      forgetArrivals()
      agent = await startAgent({ keep: 10_000 })
      child = fork(join(__dirname, 'faults', 'app.ts'), [set], {
        execArgv: ['--require', 'sucrase/register/ts'],
        stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
        env: {
          ...process.env,
          ...quietTracer,
          DD_TRACE_AGENT_URL: agent.url,
          DD_TRACE_FLUSH_INTERVAL: '20',
          NODE_ENV: 'production',
        },
      })
      const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')])
      assert.ok(message.ports, 'the process of test/faults/app.ts has started')
      ports = message.ports
      child.on('message', ({ arrived }: { arrived?: string }) => arrived && tellArrived(arrived))
      agent.onTrace(trace => {
        for (const span of trace.spans) keep(span)
      })
    })
    after(async () => {
      child.kill()
      await agent.close()
    })

    const keys: { key: string; fault: Fault; title: string }[] = []
    describe('each by itself', { concurrency: 24 }, () => {
      for (const [index, [title, fault]] of Object.entries(faults).entries()) {
        for (const framework of fault.on ?? frameworks.slice(0, 2)) {
          const key = `f${index}-${framework.replaceAll(' ', '-')}`
          keys.push({ key, fault, title })
          it(`${framework}: ${title}`, () => checkWire(fault, framework, key))
        }
      }
    })

    async function checkWire(fault: Fault, framework: Framework, key: string) {
      const send = fault.send ?? (framework.includes('h2') ? h2() : get())
      const exchange = (suffix: string) =>
        send({ port: ports[`${key}-${suffix}`], path: `/at/${key}-${suffix}`, id: `${key}-${suffix}` })
      const [ours, bare] = await Promise.all([exchange('ours'), exchange('bare')])
      assert.equal(ours, bare, 'the same answer on the wire')
      await checkSpans(fault, key)
    }

    const kept = new Map<string, Set<Span>>()
    const spansOf = (key: string) => [...(kept.get(`${key}-ours`) ?? [])]

    function keep(span: Span): void {
      const key = /f\d+-[\w-]+-ours/.exec(span.meta['http.url'] ?? '')?.[0] ?? ''
      kept.set(key, (kept.get(key) ?? new Set()).add(span))
    }

    async function checkSpans({ span: told = {}, spans: count = told === false ? 0 : 1 }: Fault, key: string) {
      for (let waited = 0; spansOf(key).length < count && waited < 3000; waited += 10) await sleep(10)
      const spans = spansOf(key)
      assert.equal(spans.length, count, 'spans')
      for (const span of spans) checkSpan(span, typeof told === 'function' ? told(set) : (told as Told))
    }

    describe('afterwards', () => {
      let report: Report
      before(async () => {
        await sleep(300)
        child.send('report')
        report = await new Promise(done => child.on('message', (message: Report) => message.lines && done(message)))
      })

      it('no span came twice', () => {
        for (const { key, fault, title } of keys) {
          const { span, spans = span === false ? 0 : 1 } = fault
          assert.equal(spansOf(key).length, spans, title)
        }
      })

      it('every line is linked to the span of its own request', () => {
        for (const { key, fault, title } of keys) checkLines(report, key, fault, title)
      })

      it('every request has one access line, and it says what the span says', () => {
        for (const { key, fault, title } of keys) checkAccessLines(report, key, fault, title)
      })

      it('no response is kept as open', () => assert.equal(report.open, 0))

      it('uncaught exceptions and unhandled rejections are the same as without spanlog', () => {
        const told = report.uncaught.filter(one => !one.startsWith('?'))
        const without = told.filter(one => one.includes(' without ')).map(one => one.replace(' without', ''))
        const ours = told.filter(one => !one.includes(' without '))
        assert.deepEqual(ours.sort(), without.sort())
        assert.ok(ours.length > 5)
        for (const one of new Set(report.uncaught.filter(one => one.startsWith('?')))) {
          assert.equal(report.uncaught.filter(other => other === one).length % 2, 0, one) // Node's own: nobody's name on it
        }
      })

      it('each cause has one warning, and none is about a leak of listeners', () => {
        const codes = new Set(keys.flatMap(({ fault }) => fault.warns ?? []))
        const given = report.warnings.filter(({ name }) => name === 'SpanlogWarning').map(({ code }) => code)
        assert.deepEqual(given.sort(), [...codes].sort())
        assert.deepEqual(
          report.warnings.filter(({ name }) => name === 'MaxListenersExceededWarning'),
          [],
        )
      })

      it('a callback that returns no object adds nothing', () => {
        assert.ok(agent.spans.every(span => !('0' in span.meta) && !('0' in span.metrics)))
        assert.ok(report.lines.every(({ line }) => !('0' in JSON.parse(line))))
      })

      it('no span and no line contains a secret', () => {
        assert.ok(
          !inspect(agent.spans, { depth: 5, maxArrayLength: Infinity, maxStringLength: Infinity }).includes(canary),
        )
        assert.ok(!JSON.stringify(report.lines).includes(canary))
      })

      it('every tag and every resource has a limited length', () => {
        for (const span of agent.spans) {
          for (const [tag, value] of Object.entries(span.meta)) {
            if (tag !== 'error.stack') assert.ok(value.length <= 8200, `${tag} of ${value.length}`)
          }
          assert.ok(span.resource.length < 200, span.resource)
        }
      })
    })

    function linesOf(lines: Report['lines'], key: string) {
      return lines.filter(line => line.key === `${key}-ours`).map(({ line }) => JSON.parse(line))
    }

    function checkAccessLines({ lines }: Report, key: string, fault: Fault, title: string) {
      if (fault.warns?.includes('SPANLOG_LOGGER')) return // its lines go to the standard output
      const access = linesOf(lines, key).filter(line => line.outcome)
      const areLinked = !fault.warns?.includes('SPANLOG_TRACER')
      for (const span of spansOf(key)) {
        const own = access.filter(line => !areLinked || line.dd?.span_id === span.spanId)
        assert.equal(own.length, 1, `${title} (${key}): ${access.length} access lines`)
        if (areLinked) checkAccessLine(own[0], span, title)
      }
      for (const line of access.filter(line => !line.dd?.trace_id)) assert.equal(typeof line.duration, 'number', title)
    }

    function checkLines({ lines }: Report, key: string, fault: Fault, title: string) {
      const own = linesOf(lines, key).filter(line => !line.outcome)
      const spans = spansOf(key)
      const { span, spans: count = span === false ? 0 : 1, lines: expected = count * 2 } = fault
      if (expected !== 'some') assert.equal(own.length, expected, `${title} (${key}): ${JSON.stringify(own)}`)
      const ids = spans.map(one => one.spanId)
      for (const line of own)
        if (spans.length && line.dd) assert.ok(ids.includes(line.dd.span_id), `${title}: ${JSON.stringify(line)}`)
      if (!spans.length && expected !== 'some')
        assert.ok(
          own.every(line => !line.dd?.trace_id || fault.warns),
          title,
        )
    }
  })
}

/** If no status was sent, the span has 499 or 500, and the line has none. */
function checkAccessLine(line: any, span: Span, title: string) {
  const { http, outcome, error, duration, message, level } = line
  const { meta } = span
  const what = `${title}: ${JSON.stringify(line)}`
  assert.equal(http.method, meta['http.method'], what)
  assert.equal(http.url, meta['http.url'], what)
  assert.equal(http.route, meta['http.route'], what)
  if (http.status_code !== undefined) assert.equal(String(http.status_code), meta['http.status_code'], what)
  else assert.ok(outcome !== 'answered' && /^(?:499|500|undefined)$/.test(String(meta['http.status_code'])), what)
  assert.equal(outcome === 'aborted', meta['http.aborted'] === 'true', what)
  assert.equal(outcome === 'unfinished', meta['http.unfinished'] === 'true', what)
  assert.equal(level === 'error', span.error === 1, what)
  assert.equal(error?.message || undefined, meta['error.message'], what)
  assert.equal(error?.kind, meta['error.type'], what)
  assert.equal(duration, span.duration, what)
  assert.ok(message.startsWith(`${span.resource} `), what)
}

function checkSpan(span: Span, { status = 200, aborted = false, error, method, route = '/at/:id', meta = {} }: Told) {
  const code = span.meta['http.status_code']
  if (route !== 'any') {
    assert.equal(span.name, 'web.request')
    assert.equal(span.meta['http.aborted'], aborted ? 'true' : undefined, 'http.aborted')
    assert.ok([status].flat().map(String).includes(String(code)), `status ${code}, not ${status}`)
    assert.equal(span.error, error === undefined ? 0 : 1, 'error')
    if (typeof error === 'string') assert.equal(span.meta['error.message'], error)
    assert.equal(span.resource, route === 'none' ? (method ?? span.meta['http.method']) : `${method ?? 'GET'} ${route}`)
  }
  const { parent, ...tags } = meta
  if (parent) assert.equal(span.parentId, parent)
  for (const [tag, value] of Object.entries(tags)) assert.equal(span.meta[tag], value, tag)
}
