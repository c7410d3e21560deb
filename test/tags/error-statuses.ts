import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { statusValidator } from '../../src/tags/error-statuses'

const { getServerStatusValidator } = require('dd-trace/packages/dd-trace/src/plugins/util/status-validator.js')

const statuses = [0, 100, 200, 204, 304, 399, 400, 404, 418, 499, 500, 501, 503, 599, 600, 999]

describe('statusValidator', () => {
  it('takes every status below 500 for a success', () => {
    for (const valid of [statusValidator(undefined, {}), statusValidator(undefined, { DD_ENV: 'prod' })]) {
      assert.deepEqual(statuses.filter(valid), [0, 100, 200, 204, 304, 399, 400, 404, 418, 499])
    }
  })

  for (const list of [
    '500-599',
    '404',
    '400-499',
    '499-400',
    '404, 500 - 503',
    '\t200',
    '100-599',
    '',
    ' ',
    '5xx',
    '600',
    '99',
    '400-',
    '-500',
    '400,,500',
    '400-500-503',
    'abc',
  ]) {
    it(`reads ${JSON.stringify(list)} as dd-trace does`, () => {
      const theirs = getServerStatusValidator({ DD_TRACE_HTTP_SERVER_ERROR_STATUSES: list })
      const ours = statusValidator(undefined, { DD_TRACE_HTTP_SERVER_ERROR_STATUSES: list })
      for (const status of statuses) assert.equal(ours(status), theirs(status), `${status}`)
    })
  }

  it('reads the alias when the variable itself is not set', () => {
    const alias = { DD_HTTP_SERVER_ERROR_STATUSES: '404' }
    assert.equal(statusValidator(undefined, alias)(404), false)
    assert.equal(statusValidator(undefined, alias)(500), true)
    assert.equal(statusValidator(undefined, { ...alias, DD_TRACE_HTTP_SERVER_ERROR_STATUSES: '418' })(404), true)
  })

  it('prefers the option to the environment', () => {
    const valid = statusValidator(code => code !== 418, { DD_TRACE_HTTP_SERVER_ERROR_STATUSES: '404' })
    assert.deepEqual([404, 418, 500].map(valid), [true, false, true])
  })

  it('falls back to its default when the option throws', () => {
    const valid = statusValidator(() => {
      throw new Error('no')
    }, {})
    assert.deepEqual([404, 500].map(valid), [true, false])
  })

  for (const rubbish of [undefined, null, 0, 1, 'false', {}, Promise.resolve(true)]) {
    it(`falls back to its default when the option gives ${String(rubbish)}`, () => {
      const valid = statusValidator((() => rubbish) as unknown as (code: number) => boolean, {})
      assert.deepEqual([404, 500].map(valid), [true, false])
    })
  }
})
