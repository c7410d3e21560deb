import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { parseLine } from '../../src/dev/agent/lines'
import type { State, TraceDetail, TraceRow } from '../../src/dev/api'
import { judgeLine } from '../../src/dev/doctor/judge'
import { type PanelServer, startPanel } from '../../src/dev/server/index'
import { get } from './spanlog'
import { inV05, replay, ruby } from './tracers/replay'

let panel: PanelServer

beforeEach(async () => {
  panel = await startPanel()
})

afterEach(() => panel.close())

for (const [protocol, recorded] of [
  ['0.4', ruby],
  ['0.5', inV05(ruby)],
] as const) {
  describe(`what the tracer of Ruby has sent, by v${protocol}`, () => {
    it('is answered as an agent does, and tells its language', async () => {
      const statuses = await replay(panel.url, recorded)
      assert.deepEqual(
        statuses,
        recorded.requests.map(() => 200),
      )
      const { tracers, services, traces, spans } = await get<State>(`${panel.url}/api/state`)
      assert.deepEqual(tracers, ['ruby 3.1.2, tracer 2.41.0'])
      assert.deepEqual([...services].sort(), ['net/http', 'shop-db', 'shop-ruby'])
      assert.deepEqual([traces, spans], [3, 12])
    })

    it('are requests with route, status, error and the whole of their ids', async () => {
      await replay(panel.url, recorded)
      const told = (await rows()).map(row => [row.resource, row.status, row.error, row.outcome, row.spans, row.missing])
      assert.deepEqual(told, [
        ['GET', 404, false, 'answered', 2, 0],
        ['GET /broken', 500, true, 'answered', 3, 0],
        ['GET /posts/:id', 200, false, 'answered', 7, 0],
      ])
      const [, broken, post] = await rows()
      assert.equal(post?.id, '6b096fb30000000015eba468e10ea9cf')
      assert.deepEqual([...(post?.services ?? [])].sort(), ['net/http', 'shop-db', 'shop-ruby'])
      const { spans } = await get<TraceDetail>(`${panel.url}/api/traces/${broken?.id}`)
      const failed = spans.find(({ meta }) => meta['error.stack'])
      assert.equal(failed?.meta['error.message'], 'no such post: <b>é</b>')
      assert.match(failed?.meta['error.stack'] ?? '', /^shop\.rb:33:in /)
    })

    it('has the lines of its logger on their spans', async () => {
      await replay(panel.url, recorded)
      for (const line of recorded.lines) panel.store.addLine(parseLine(line), 'stdout')
      const [missing, broken, post] = await rows()
      assert.deepEqual([missing?.lines, broken?.lines, post?.lines], [0, 1, 2])
      const { lines, spans } = await get<TraceDetail>(`${panel.url}/api/traces/${post?.id}`)
      const told = lines.map(({ level, message, service, spanId, why }) => {
        return [level, message, service, spans.find(({ id }) => id === spanId)?.resource, why.length]
      })
      assert.deepEqual(told, [
        ['info', 'loading post 42', 'shop-ruby', 'GET /posts/:id', 0],
        ['warn', 'author is not cached', 'shop-ruby', 'GET /authors/:id', 0],
      ])
      assert.equal(broken?.worst, 'error')
    })
  })
}

describe('a line of Python in the form that Datadog documents', () => {
  const ids = 'dd.service=shop dd.env= dd.version= dd.trace_id=6b096fb30000000015eba468e10ea9cf dd.span_id=5'

  it('has nothing to mend', () => {
    const head = '2026-11-27 10:00:00,123 WARNING [shop.views] [views.py:12]'
    assert.deepEqual(judgeLine(`${head} [${ids}] - low`), [])
    assert.deepEqual(judgeLine(`${head} (${ids}) - low`), ['text-not-read'])
  })
})

async function rows(): Promise<TraceRow[]> {
  return (await get<{ traces: TraceRow[] }>(`${panel.url}/api/traces`)).traces
}
