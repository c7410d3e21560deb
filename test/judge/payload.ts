/**
 * What Datadog's trace agent sends on to Datadog: an AgentPayload of its protobuf schema (pkg/proto/datadog/trace), read as far as
 * the test needs it. https://protobuf.dev/programming-guides/encoding
 */
export interface ForwardedSpan {
  readonly service: string
  readonly name: string
  readonly resource: string
  readonly traceId: bigint
  readonly spanId: bigint
  readonly parentId: bigint
  readonly start: bigint
  readonly duration: bigint
  readonly error: bigint
  readonly type: string
  readonly meta: { [tag: string]: string }
  readonly metrics: { [tag: string]: number }
}

/** The spans of an AgentPayload: tracerPayloads (5), their chunks (6), their spans (3). */
export function spansOf(payload: Uint8Array): ForwardedSpan[] {
  return all(payload, 5).flatMap(tracer => all(tracer, 6).flatMap(chunk => all(chunk, 3).map(spanOf)))
}

function spanOf(bytes: Uint8Array): ForwardedSpan {
  const fields = [...fieldsOf(bytes)]
  const find = (id: number) => fields.find(field => field.id === id)?.value
  const text = (id: number) => textOf(find(id))
  const whole = (id: number) => (find(id) as bigint | undefined) ?? 0n
  return {
    service: text(1),
    name: text(2),
    resource: text(3),
    traceId: whole(4),
    spanId: whole(5),
    parentId: whole(6),
    start: whole(7),
    duration: whole(8),
    error: whole(9),
    type: text(12),
    meta: mapOf(bytes, 10, value => textOf(value)),
    metrics: mapOf(bytes, 11, value => (value as number | undefined) ?? 0),
  }
}

/** A map is a list of entries: key (1), value (2). */
function mapOf<T>(bytes: Uint8Array, id: number, read: (value: unknown) => T): { [key: string]: T } {
  const entries = all(bytes, id).map(entry => {
    const [key, value] = [1, 2].map(id => [...fieldsOf(entry)].find(field => field.id === id)?.value)
    return [textOf(key), read(value)] as const
  })
  return Object.fromEntries(entries)
}

const textOf = (value: unknown): string => (value === undefined ? '' : Buffer.from(value as Uint8Array).toString())

const all = (bytes: Uint8Array, id: number) =>
  [...fieldsOf(bytes)].filter(field => field.id === id).map(field => field.value as Uint8Array)

/** One after the other, by wire type: 0 a number of any length, 1 eight bytes (here always a double), 2 bytes behind their length. */
function* fieldsOf(bytes: Uint8Array): Generator<{ id: number; value: bigint | number | Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (length: number) => {
    at += length
    return at - length
  }
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(take(1))
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const id = tag >> 3
    if ((tag & 7) === 0) yield { id, value: varint() }
    else if ((tag & 7) === 1) yield { id, value: view.getFloat64(take(8), true) }
    else if ((tag & 7) === 2) yield { id, value: sliceOf(Number(varint())) }
    else throw new Error(`wire type ${tag & 7} at ${at}`)
  }

  function sliceOf(length: number): Uint8Array {
    const start = take(length)
    return bytes.subarray(start, start + length)
  }
}
