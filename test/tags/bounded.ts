import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bounded } from '../../src/tags/bounded'

describe('bounded', () => {
  it('does not change a text that fits', () => {
    assert.equal(bounded('hello', 5), 'hello')
    assert.equal(bounded('', 5), '')
  })

  it('cuts a longer one and marks the cut within the limit', () => {
    assert.equal(bounded('hello world', 8), 'hello...')
  })

  it('keeps 8 kB when no limit is given', () => {
    assert.equal(bounded('x'.repeat(8192)).length, 8192)
    assert.equal(bounded('x'.repeat(8193)).length, 8192)
  })

  it('never leaves half a surrogate pair behind', () => {
    assert.equal(bounded('ab😀cdef', 6), 'ab...')
    assert.equal(bounded('a😀cdefg', 6), 'a😀...')
  })
})
