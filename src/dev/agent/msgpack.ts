/** The reason why a body is refused, in a sentence for its sender. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/**
 * Reads one msgpack value that fills the whole body. Integers of 64 bits are bigints, binary data is a `Uint8Array`, extensions are
 * `null`. Most spans have the same tags. So short texts are decoded once; without that, decoding would take three times as long.
 *
 * @throws {Refusal}
 */
export function unpack(body: Uint8Array): unknown {
  const reader = new Reader(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  const value = reader.value(0)
  if (reader.left > 0) throw new Refusal(400, `the body goes on for ${reader.left} bytes after its end`)
  return value
}

class Reader {
  readonly #view: DataView
  #at = 0

  constructor(private readonly body: Buffer) {
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  }

  get left(): number {
    return this.body.length - this.#at
  }

  value(depth: number): unknown {
    const head = this.#uint(1)
    if (head < 0x80) return head
    if (head < 0x90) return this.#map(head & 0x0f, depth)
    if (head < 0xa0) return this.#list(head & 0x0f, depth)
    if (head < 0xc0) return this.#text(head & 0x1f)
    if (head >= 0xe0) return head - 0x100
    return this.#long(head, depth)
  }

  #long(head: number, depth: number): unknown {
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
      case 0xc3:
        return head === 0xc3
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#bytes(this.#uint(1 << (head - 0xc4)))
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#uint(1 << (head - 0xc7)))
      case 0xca:
        return this.#view.getFloat32(this.#skip(4))
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8))
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (head - 0xcc))
      case 0xcf:
        return this.#view.getBigUint64(this.#skip(8))
      case 0xd0:
        return this.#view.getInt8(this.#skip(1))
      case 0xd1:
        return this.#view.getInt16(this.#skip(2))
      case 0xd2:
        return this.#view.getInt32(this.#skip(4))
      case 0xd3:
        return this.#view.getBigInt64(this.#skip(8))
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(1 << (head - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(head === 0xdc ? 2 : 4), depth)
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(head === 0xde ? 2 : 4), depth)
      default:
        throw new Refusal(400, `the body is not msgpack: byte ${this.#at - 1} is 0x${head.toString(16)}`)
    }
  }

  #list(count: number, depth: number): unknown[] {
    this.#enter(count, depth)
    const list: unknown[] = []
    for (let at = 0; at < count; at++) list.push(this.value(depth + 1))
    return list
  }

  #map(count: number, depth: number): Record<string, unknown> {
    this.#enter(2 * count, depth)
    const map: Record<string, unknown> = {}
    for (let at = 0; at < count; at++) {
      const key = this.value(depth + 1)
      if (typeof key !== 'string' && typeof key !== 'number')
        throw new Refusal(400, 'the body is not what a tracer sends: a key of a map is neither text nor a number')
      if (key === '__proto__') throw new Refusal(400, 'the key __proto__ is not taken')
      map[key] = this.value(depth + 1)
    }
    return map
  }

  /**
   * A header can announce four billion values. Each value takes at least one byte, so a count greater than the bytes left is refused at
   * once.
   */
  #enter(values: number, depth: number): void {
    if (values > this.left) this.#cutOff()
    if (depth >= deepest) throw new Refusal(400, `the body is nested deeper than ${deepest} levels`)
  }

  #text(length: number): string {
    const start = this.#skip(length)
    const { body } = this
    if (length > longestKnown) return body.toString('utf8', start, this.#at)
    let hash = length
    for (let at = start; at < this.#at; at++) {
      const byte = body[at] as number
      if (byte >= 0x80) return body.toString('utf8', start, this.#at)
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    const slot = hash & (knownTexts.length - 1)
    const known = knownTexts[slot] as string
    if (this.#isAt(start, known, length)) return known
    const text = body.toString('latin1', start, this.#at)
    knownTexts[slot] = text
    return text
  }

  #isAt(start: number, text: string, length: number): boolean {
    if (text.length !== length) return false
    for (let at = 0; at < length; at++) if (this.body[start + at] !== text.charCodeAt(at)) return false
    return true
  }

  #bytes(length: number): Uint8Array {
    const start = this.#skip(length)
    // A copy, because a part would keep the whole body in memory.
    return Uint8Array.from(this.body.subarray(start, this.#at))
  }

  #extension(length: number): null {
    this.#skip(1 + length)
    return null
  }

  #uint(width: number): number {
    const start = this.#skip(width)
    if (width === 1) return this.#view.getUint8(start)
    return width === 2 ? this.#view.getUint16(start) : this.#view.getUint32(start)
  }

  /** Skips `length` bytes, and returns the index of the first of them. */
  #skip(length: number): number {
    const start = this.#at
    if (length > this.left) this.#cutOff()
    this.#at += length
    return start
  }

  #cutOff(): never {
    throw new Refusal(400, `the body is cut off: it announces more than the ${this.body.length} bytes that came`)
  }
}

/** Deepest nesting. `value()` calls itself; a deeper body would overflow the call stack. */
const deepest = 100

/** Bytes. */
const longestKnown = 48
/**
 * Short texts that were decoded before. The index is a hash of the bytes; a new text replaces the old one at its index. Without this
 * cache the same tag names are made into strings again for each span.
 */
const knownTexts: string[] = Array(4096).fill('')
