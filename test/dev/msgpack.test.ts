import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ExtData, encode } from '@msgpack/msgpack'
import { unpack } from '../../src/dev/agent/msgpack'

const pack = (value: unknown) => encode(value, { useBigInt64: true })

describe('a body of msgpack', () => {
  const values: unknown[] = [
    ...[null, true, false, 0, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295],
    ...[-1, -32, -33, -128, -129, -32_768, -32_769, -2_147_483_648, 1.5, -0.1],
    ...[0n, 2n ** 63n, 2n ** 64n - 1n, -1n, -(2n ** 63n)],
    ...['', 'GET', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(256), 'x'.repeat(70_000), 'Zoë', '訂單'.repeat(40), '🙂'],
    ...[[], Array(15).fill(1), Array(16).fill('a'), Array(70_000).fill(0)],
    ...[{}, { a: { b: [{ c: 'd' }] } }, Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`k${at}`, at]))],
  ]

  for (const value of values) {
    const shown = typeof value === 'bigint' ? `${value}n` : String(JSON.stringify(value)).slice(0, 30)
    it(`is read as it was written: ${shown}`, () => assert.deepEqual(unpack(pack(value)), value))
  }

  it('may hold numbers as keys, short floats and binary data; extensions are skipped', () => {
    assert.deepEqual(unpack(Uint8Array.of(0x81, 0x07, 0x05)), { 7: 5 })
    assert.deepEqual(unpack(encode(0.5, { forceFloat32: true })), 0.5)
    for (const size of [3, 300, 70_000])
      assert.deepEqual(unpack(pack(new Uint8Array(size).fill(9))), new Uint8Array(size).fill(9))
    for (const size of [1, 2, 4, 8, 16, 3, 300, 70_000])
      assert.deepEqual(unpack(pack([new ExtData(5, new Uint8Array(size)), 'after'])), [null, 'after'])
  })

  it('keeps texts apart that are alike', () => {
    const texts = Array.from({ length: 50_000 }, (_, at) => `tag.${at.toString(36)}`)
    assert.deepEqual(unpack(pack([...texts, ...texts])), [...texts, ...texts])
  })

  it('is refused wherever it is cut off', () => {
    const whole = pack([{ name: 'web.request', id: 2n ** 63n, far: 1.5, small: 200, long: 'x'.repeat(300) }])
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => unpack(whole.subarray(0, length)), /the body is cut off/, `${length}`)
  })

  it('is refused where it is nested too deep', () => {
    assert.throws(() => unpack(new Uint8Array(1_000_000).fill(0x91)), /nested deeper than 100 levels/)
  })

  it('is refused where a key is no text', () => {
    assert.throws(() => unpack(Uint8Array.of(0x81, 0xc0, 0x01)), /a key of a map is neither text nor a number/)
  })
})
