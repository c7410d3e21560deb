import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Health, judgeLine } from '../../../src/dev/doctor/judge'
import { rules } from '../../../src/dev/doctor/rules/index'
import { recorded, specimensOf, throughTools } from './specimens'

const specimens = [...specimensOf('injected.cjs'), ...specimensOf('late.cjs'), ...throughTools(), ...recorded]
const byLog = rules.filter(({ line, lines }) => line || lines).map(({ code }) => code)

describe('the doctor on lines', () => {
  for (const { name, code, sick, lines } of specimens) {
    it(`${sick ? 'finds' : 'finds nothing in'} ${name}`, () => {
      const health = healthOf(lines)
      const codes = health.findings().map(finding => finding.code)
      for (const finding of health.findings())
        assert.ok(finding.lines <= health.lines, `${finding.code} counts a line twice`)
      if (sick) assert.ok(codes.includes(code), `${codes.join() || 'nothing'} in ${lines.join('\n').slice(0, 2000)}`)
      else assert.deepEqual(codes, [], lines.join('\n').slice(0, 2000))
      if (code === 'healthy') assert.equal(health.linked, lines.length)
    })
  }

  it('has a sick specimen and a well one for each rule that looks at lines', () => {
    const of = (sick: boolean) => new Set(specimens.filter(each => each.sick === sick).map(({ code }) => code))
    assert.deepEqual(
      byLog.filter(code => !of(true).has(code)),
      [],
    )
    assert.deepEqual(
      byLog.filter(code => !of(false).has(code)),
      [],
    )
  })

  it('marks words that stand in the line', () => {
    for (const { name, lines, sick } of specimens) {
      for (const { example } of sick ? healthOf(lines).findings() : []) {
        const { mark = '', text = '' } = { ...example } as { mark?: string; text?: string }
        assert.ok(text.includes(mark) || lines.join('').length > 4000, `${name}: ${mark}`)
      }
    }
  })

  it('judges a single line as it judges it among others', () => {
    for (const { lines } of specimens.filter(({ lines }) => lines.length === 1)) {
      const codes = healthOf(lines)
        .findings()
        .map(({ code }) => code)
      assert.deepEqual(
        judgeLine(lines[0]).filter(code => !codes.includes(code)),
        [],
      )
    }
  })
})

function healthOf(lines: string[]): Health {
  const health = new Health()
  for (const line of lines) health.add(line)
  return health
}
