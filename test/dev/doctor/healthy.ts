import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isHealthy } from '../../../src/dev/doctor/healthy'
import { isLinked, readLine } from '../../../src/dev/doctor/line'
import { lineRules } from '../../../src/dev/doctor/rules/index'
import { nodejs } from '../../pipeline/rules'

const id = fc.constantFrom<unknown>(
  '6b02cac80000000072ed2db9f17da9fe',
  '8281325566447954430',
  '0',
  '',
  '72ed2db9f17da9fe',
  'undefined',
  12,
  7482291040663559000,
  null,
)
const dd = fc.record(
  {
    trace_id: id,
    span_id: id,
    service: fc.constantFrom('shop', 'My Shop'),
    env: fc.constant('dev'),
    version: fc.constantFrom('1.0.0', '"'),
  },
  { requiredKeys: [] },
)
const goodDd = fc.constant({
  trace_id: '6b02cac80000000072ed2db9f17da9fe',
  span_id: '8281325566447954430',
  service: 'shop',
})
const message = fc.constantFrom(
  'loading',
  '[dd.trace_id=1 dd.span_id=2] hi',
  '{"dd":{"trace_id":"1"}}',
  '"dd":{"trace_id":"1","span_id":"2"}',
  '{',
  '}',
  'trace_id',
  'dd.trace_id=1',
  '\n',
)
const time = fc.constantFrom<unknown>(
  1795770826074,
  1795770826074,
  1795770826,
  '2026-11-27T10:00:00Z',
  '1970-01-01T00:00:00Z',
  'now',
)
const values: Record<string, fc.Arbitrary<unknown>> = {
  level: fc.constantFrom<unknown>(30, 'info'),
  time,
  timestamp: time,
  msg: message,
  message,
  service: fc.constantFrom('shop', 'user-service'),
  dd: fc.oneof(goodDd, goodDd, dd),
  'dd.trace_id': id,
  trace_id: id,
  span_id: id,
  traceId: id,
  req: fc.constant({ method: 'GET' }),
  metadata: fc.record({ dd }),
}
/** Keys in any order, and some of them twice. */
const line = fc
  .array(
    fc
      .constantFrom(...Object.keys(values))
      .chain(key => values[key].map(value => `${JSON.stringify(key)}:${JSON.stringify(value)}`)),
    { maxLength: 7 },
  )
  .map(fields => `{${fields.join()}}`)
const prefixed = fc
  .tuple(
    fc.constantFrom('', '', '', '[0] ', 'web-1  | ', 'text ', '['),
    line,
    fc.constantFrom('', '', '', ' ', '}', '"'),
  )
  .map(parts => parts.join(''))

describe('a quick look at a line', () => {
  it('says nothing that a close look would not', () => {
    let healthy = 0
    fc.assert(
      fc.property(prefixed, raw => {
        if (!isHealthy(raw)) return
        healthy++
        const close = readLine(raw)
        assert.ok(isLinked(close), raw)
        assert.deepEqual(
          lineRules.filter(rule => rule.line(close) !== undefined).map(({ code }) => code),
          [],
          raw,
        )
      }),
      { numRuns: 20_000 },
    )
    assert.ok(healthy > 50, `only ${healthy} lines were healthy: the property says little`)
  })

  it("takes a line for linked just when Datadog's pipeline does", () => {
    fc.assert(
      fc.property(line, raw => {
        const codes = lineRules.filter(rule => rule.line(readLine(raw)) !== undefined).map(({ code }) => code)
        const told = nodejs(raw).trace_id
        if (codes.length === 0 && isLinked(readLine(raw))) assert.equal(readLine(raw).traceId, told, raw)
      }),
      { numRuns: 20_000 },
    )
  })
})
