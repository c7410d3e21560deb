const zeros = '0'.repeat(16)

/** Random headers of trace context, valid and invalid ones. */
export function randomHeaders(random: () => number): Record<string, string | string[]> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const hex = (length: number) => Array.from({ length }, () => pick([...'0123456789abcdef'])).join('')
  const half = () => pick([hex(16), hex(16), hex(16), zeros, hex(15), hex(16).toUpperCase(), ''])
  const whole = () => pick([half(), half() + half(), half() + half()])
  const decimal = () =>
    pick([
      String(BigInt(`0x${hex(16)}`)),
      String(BigInt(`0x${hex(16)}`)),
      '0',
      '18446744073709551616',
      '-1',
      '1.5',
      'abc',
      '1, 2',
      '',
    ])
  const priority = () => pick(['-1', '0', '1', '2', '3', '99', '-99', 'x', ''])
  const text = () => pick(['rum', 'a=b', '\x9b', 'é', 'x'.repeat(9000), '%0d%0a', '<script>', '', '__proto__'])
  const values: Record<string, () => string> = {
    'x-datadog-trace-id': decimal,
    'x-datadog-parent-id': decimal,
    'x-datadog-sampling-priority': priority,
    'x-datadog-origin': text,
    'x-datadog-tags': () => pick([`_dd.p.tid=${half()}`, `_dd.p.dm=-${priority()}`, text()]),
    traceparent: () =>
      `${pick(['00', '00', '00', 'cc', 'ff', '0'])}-${half()}${half()}-${half()}-${pick(['00', '01', 'ff', '0'])}${pick(['', '', '-x'])}`,
    tracestate: () =>
      pick([`dd=s:${priority()};o:${text()};t.tid:${half()};p:${half()}`, `a=b,dd = s : ${priority()}`, text()]),
    b3: () =>
      pick(['0', '1', 'd', `${whole()}-${half()}`, `${whole()}-${half()}-${pick(['0', '1', 'd', '2'])}`, text()]),
    'x-b3-traceid': whole,
    'x-b3-spanid': half,
    'x-b3-sampled': () => pick(['0', '1', '2', 'true', '']),
    'x-b3-flags': () => pick(['0', '1', '2', '']),
    baggage: () => pick([`user.id=${text()}`, text(), ','.repeat(100), 'a=1,'.repeat(100)]),
    'ot-baggage-user': text,
    'x-aws-sqsd-attr-_datadog': () =>
      JSON.stringify({ 'x-datadog-trace-id': decimal(), 'x-datadog-parent-id': decimal() }),
  }
  const headers: Record<string, string | string[]> = {}
  // Most headers of a set have the same format. Otherwise hardly any id would come with its parent.
  const often = pick([/datadog/, /^trace/, /b3/, /./])
  for (const [name, value] of Object.entries(values)) {
    if (random() > (often.test(name) ? 0.85 : 0.1)) continue
    const doubled = random()
    headers[name] = doubled < 0.03 ? [value(), value()] : doubled < 0.06 ? `${value()}, ${value()}` : value()
  }
  return headers
}

/** mulberry32: the same numbers for the same seed. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
