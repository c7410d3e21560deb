import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { apps, combinations, isAtHand, nameOf, sample, titleOf } from './matrix/combination'
import { makeHome, Smoke } from './matrix/smoke'

/** SPANLOG_MATRIX=all runs every combination, and installs what is not there. */
const all = process.env.SPANLOG_MATRIX === 'all'

describe('The matrix', { concurrency: 2 }, () => {
  let home: string
  before(async () => {
    home = await makeHome()
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  for (const combination of all ? combinations : sample) {
    const skip = !all && !isAtHand(combination) && 'not installed: SPANLOG_MATRIX=all installs it'
    describe(titleOf(combination), { skip, concurrency: false }, () => {
      const smoke = new Smoke(combination)
      before(() => smoke.start(home))
      after(() => smoke.stop())

      for (const app of apps) {
        it(`${nameOf(app)} answers a request, a 404, an error and an abandoned request, with every line linked`, () =>
          smoke.check(app))
      }
      it('prints no line without a trace, and no warning of spanlog', () => {
        assert.deepEqual(smoke.strayLines(), [])
        assert.doesNotMatch(smoke.errors, /spanlog/)
      })
    })
  }
})
