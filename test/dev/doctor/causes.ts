import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ruleOf, rules } from '../../../src/dev/doctor/rules/index'

/** Why users' lines are not linked, as they report it; and the rules that find it. Two are not knowable outside of the account. */
const causes: Record<string, string[]> = {
  'logger loaded before the tracer': ['tracer-loaded-late', 'no-ids', 'no-traces'],
  'ECMAScript modules without --import': ['esm-without-import', 'no-ids'],
  'tsx or ts-node': ['tsx-loader', 'no-ids'],
  bundled: ['bundled', 'no-ids'],
  'two copies of the tracer': ['two-tracers'],
  'a logger that the tracer does not know': ['unsupported-logger'],
  'outside of any span': ['outside-span'],
  'context lost': ['context-lost'],
  'injection off, or an old tracer': ['injection-off', 'old-tracer', 'no-ids'],
  'tracer switched off, or Node too old for it': ['tracer-off', 'tracer-needs-newer-node', 'no-traces'],
  "Jest's modules": ['jest-modules'],
  'pm2 cluster': ['pm2-cluster'],
  "winston's HTTP transport": ['http-transport'],
  'Lambda: own lines': ['lambda-lines'],
  "written past the tracer's patch": ['past-the-patch'],
  'worker thread': ['worker-thread'],
  'numbers for ids': ['numeric-ids'],
  'wrong key': ['other-key'],
  'nested elsewhere': ['nested-ids'],
  'zero or empty': ['zero-id'],
  'only a span id': ['no-trace-id'],
  'two dd': ['two-dd'],
  "somebody else's ids": ['foreign-id', 'not-an-id'],
  'frozen id': ['frozen-id'],
  'hexadecimal and decimal, 64 and 128 bits': ['hex-id', 'half-id'],
  'text before the JSON': ['text-before-json'],
  'JSON in a string': ['json-in-string'],
  'one entry in many lines': ['many-lines'],
  'cut at 16 kB or 1 MB': ['cut-at-16k', 'too-long', 'broken-json'],
  'a format that prints no dd': ['winston-text'],
  'text without a parser': ['text-not-read'],
  "the account's reserved attributes": [],
  'forged by a user': ['forged'],
  'sampled out': ['sampled-out'],
  'filtered route': ['trace-never-came'],
  'no agent': ['no-agent'],
  'span never ends': ['unfinished-span'],
  'service or env differ': ['service-differs', 'service-not-normal'],
  'wrong time': ['wrong-time', 'clock-skew'],
  'not shipped': [],
}

it('the doctor finds 38 of 40 known causes, and has no rule beside them', () => {
  const codes = Object.values(causes).flat()
  assert.equal(Object.keys(causes).length, 40)
  assert.equal(Object.values(causes).filter(each => each.length && each.every(ruleOf)).length, 38)
  assert.deepEqual(
    rules.map(({ code }) => code).filter(code => !codes.includes(code)),
    [],
  )
})
