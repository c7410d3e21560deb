import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unwrap } from '../../../src/dev/doctor/envelope'
import { Health } from '../../../src/dev/doctor/judge'

const line = '{"level":30,"msg":"hi"}'

describe('unwrap()', () => {
  for (const [how, raw, by] of [
    [
      "Docker's json-file",
      JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-11-27T10:00:00Z' }),
      'docker',
    ],
    [
      "Docker's json-file with labels",
      JSON.stringify({ log: `${line}\n`, stream: 'stdout', attrs: { tag: 'x' }, time: '2026-11-27T10:00:00Z' }),
      'docker',
    ],
    ["Kubernetes' CRI", `2026-11-27T10:00:00.123456789Z stdout F ${line}`, 'cri'],
    ["Kubernetes' CRI with an offset", `2026-11-27T10:00:00.123456789+01:00 stderr F ${line}`, 'cri'],
    ['docker-compose', `web_1  | ${line}`, 'compose'],
    ['docker compose', `shop-web-1  | ${line}`, 'compose'],
    ['concurrently', `[0] ${line}`, 'runner'],
    ['concurrently with names', `[api:dev] ${line}`, 'runner'],
    ['foreman', `10:00:00 web.1  | ${line}`, 'runner'],
    ['pm2', `0|app  | ${line}`, 'runner'],
  ]) {
    it(`takes a line out of the wrapper of ${how}`, () => {
      const { text, by: found, prefix } = unwrap(raw)
      assert.deepEqual({ text, found }, { text: line, found: by })
      assert.ok(prefix)
    })
  }

  for (const raw of [
    line,
    '',
    '{"log":"x","kubernetes":{}}',
    '{"log":"x',
    '{"log":1,"stream":"stdout"}',
    '[info] listening',
    '[dd.trace_id=1 dd.span_id=2] hi',
    '2026-11-27T10:00:00Z INFO hi',
    'a | b',
  ]) {
    it(`leaves ${raw || 'an empty line'} as it is`, () => assert.deepEqual(unwrap(raw), { text: raw }))
  }
})

describe('the parts of a long line', () => {
  const dd = { trace_id: '6b02cac80000000072ed2db9f17da9fe', span_id: '8281325566447954430' }
  const long = JSON.stringify({ time: 1795770826074, body: 'x'.repeat(40_000), dd })
  const parts = [long.slice(0, 16_384), long.slice(16_384, 32_768), long.slice(32_768)]

  it('are joined as the agent joins them, for each stream alone', () => {
    const health = new Health()
    parts.forEach((part, n) => {
      health.add(`2026-11-27T10:00:00Z stdout ${n < 2 ? 'P' : 'F'} ${part}`)
      health.add(`2026-11-27T10:00:00Z stderr F {"msg":"between"}`)
    })
    assert.deepEqual([health.lines, health.linked, health.findings()], [4, 1, []])
  })

  it('are a finding where nobody joins them', () => {
    const health = new Health()
    for (const part of parts) health.add(part)
    assert.equal(health.findings()[0].code, 'cut-at-16k')
  })
})
