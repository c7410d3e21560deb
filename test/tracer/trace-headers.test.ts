import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { traceHeaders } from '../../src/tracer/trace-headers'
import { quietTracer } from '../quiet-tracer'
import { generator, randomHeaders } from './random-headers'

// The tracer reads these once, when it is loaded.
Object.assign(process.env, quietTracer, {
  DD_TRACE_PROPAGATION_STYLE_EXTRACT: 'datadog,tracecontext,b3,b3 single header,b3multi,baggage',
})
const tracer = require('dd-trace').init({ plugins: false })

const traceId = '1234567890123456789'
const parentId = '987654321'
const datadog = { 'x-datadog-trace-id': traceId, 'x-datadog-parent-id': parentId }
const high = '640cfd8d00000000'
const low = 'abcdef0123456789'
const span = '00f067aa0ba902b7'
const zeros = '0'.repeat(16)
const traceparent = `00-${high}${low}-${span}-01`

function priorityOf(carrier: object | undefined): unknown {
  return tracer.extract('http_headers', carrier)?._sampling.priority
}

describe('traceHeaders', () => {
  it('finds nothing in a request that has no context', () => {
    for (const headers of [
      {},
      { host: 'a', 'user-agent': 'b' },
      // Without an id these have no meaning.
      {
        'x-datadog-parent-id': parentId,
        'x-datadog-sampling-priority': '2',
        'x-datadog-origin': 'rum',
        tracestate: 'a=b',
      },
      // The tracer would accept these two formats, too.
      { 'ot-baggage-user': 'x' },
      { 'x-aws-sqsd-attr-_datadog': JSON.stringify(datadog) },
    ]) {
      assert.equal(traceHeaders(headers), undefined)
    }
  })

  it('takes over what is valid, and nothing else', () => {
    const valid = {
      ...datadog,
      'x-datadog-sampling-priority': '1',
      'x-datadog-origin': 'synthetics-browser',
      'x-datadog-tags': '_dd.p.dm=-0,_dd.p.tid=640cfd8d00000000',
      traceparent,
      tracestate: 'dd=s:1;o:rum,other=x',
      baggage: 'user.id=7,plan=pro',
    }
    const headers = { ...valid, host: 'a', cookie: 'b', 'ot-baggage-user': 'x', 'x-aws-sqsd-attr-_datadog': '{}' }
    assert.deepEqual(traceHeaders(headers), valid)
    assert.notEqual(traceHeaders(headers), headers)
  })

  it('never carries legacy baggage or an SQS message along with a valid context', () => {
    const carrier = traceHeaders({ ...datadog, 'ot-baggage-user': 'x', 'x-aws-sqsd-attr-_datadog': '{}' })
    assert.deepEqual(Object.keys(carrier ?? {}), Object.keys(datadog))
  })

  for (const [id, valid] of [
    ['1', true],
    [traceId, true],
    ['9223372036854775808', true],
    ['18446744073709551615', true],
    ['18446744073709551616', false],
    ['99999999999999999999', false],
    ['100000000000000000000', false],
    ['0', false],
    ['00', false],
    ['01', false],
    ['-1', false],
    ['+1', false],
    ['1.5', false],
    ['1e3', false],
    ['0x1f', false],
    ['abc', false],
    ['12abc', false],
    [' 1', false],
    ['1, 2', false],
    ['', false],
    [['1'], false],
    [['1', '2'], false],
  ] as const) {
    it(`${valid ? 'goes on with' : 'begins a new trace for'} an x-datadog-trace-id of ${JSON.stringify(id)}`, () => {
      const carrier = traceHeaders({ ...datadog, 'x-datadog-trace-id': id as string })
      assert.equal(carrier?.['x-datadog-trace-id'], valid ? id : undefined)
    })

    it(`${valid || id === '0' ? 'goes on with' : 'begins a new trace for'} an x-datadog-parent-id of ${JSON.stringify(id)}`, () => {
      const carrier = traceHeaders({ ...datadog, 'x-datadog-parent-id': id as string })
      assert.equal(carrier?.['x-datadog-parent-id'], valid || id === '0' ? id : undefined)
    })
  }

  for (const [tags, kept] of [
    [`_dd.p.tid=${high},_dd.p.dm=-0`, `_dd.p.tid=${high},_dd.p.dm=-0`],
    [`_dd.p.dm=-0,_dd.p.tid=${high.toUpperCase()}`, `_dd.p.dm=-0,_dd.p.tid=${high}`],
    [`_dd.p.tid=${zeros},_dd.p.dm=-0`, '_dd.p.dm=-0'],
    ['_dd.p.tid=xyz,_dd.p.dm=-0', '_dd.p.dm=-0'],
    [`_dd.p.tid=${zeros}`, undefined],
  ]) {
    it(`reads x-datadog-tags: ${tags} as ${kept}`, () => {
      assert.equal(traceHeaders({ ...datadog, 'x-datadog-tags': tags })?.['x-datadog-tags'], kept)
    })
  }

  it('begins a new trace for a trace id without a parent', () => {
    assert.equal(traceHeaders({ 'x-datadog-trace-id': traceId }), undefined)
  })

  for (const [name, values] of [
    ['x-datadog-sampling-priority', ['-1', '0', '1', '2']],
    ['x-datadog-origin', ['rum', 'synthetics', 'x'.repeat(128)]],
    ['x-datadog-tags', ['_dd.p.dm=-1', `_dd.p.x=${'y'.repeat(504)}`]],
  ] as const) {
    for (const value of values) {
      it(`keeps ${name}: ${value.slice(0, 30)}`, () => {
        assert.equal(traceHeaders({ ...datadog, [name]: value })?.[name], value)
      })
    }
  }

  for (const [name, values] of [
    ['x-datadog-sampling-priority', ['-2', '3', '99', '-99', '1.0', '01', ' 1', '1, 2', 'x', '', ['1']]],
    ['x-datadog-origin', ['x'.repeat(129), 'a\tb', 'é', '\x9b', '', ['rum']]],
    ['x-datadog-tags', [`_dd.p.x=${'y'.repeat(505)}`, '_dd.p.x=é', '', ['a']]],
  ] as const) {
    for (const value of values) {
      it(`drops ${name}: ${JSON.stringify(value).slice(0, 30)}, and keeps the trace`, () => {
        assert.deepEqual(traceHeaders({ ...datadog, [name]: value as string }), datadog)
      })
    }
  }

  for (const value of [traceparent, `00-${zeros}${low}-${span}-00`, `cc-${high}${low}-${span}-ff`]) {
    it(`goes on with traceparent: ${value}`, () => {
      assert.deepEqual(traceHeaders({ traceparent: value, tracestate: 'a=b' }), {
        traceparent: value,
        tracestate: 'a=b',
      })
    })
  }

  it('takes no more of a future traceparent than it understands', () => {
    assert.deepEqual(traceHeaders({ traceparent: `cc-${high}${low}-${span}-01-what-comes-next` }), {
      traceparent: `cc-${high}${low}-${span}-01`,
    })
  })

  for (const value of [
    `00-${high}${low}-${span}-01-tail`,
    `00-${high}${low}-${span}-01x`,
    `cc-${high}${low}-${span}-01x`,
    `ff-${high}${low}-${span}-01`,
    `00-${zeros}${zeros}-${span}-01`,
    // A valid W3C id, but its Datadog half is 0.
    `00-${high}${zeros}-${span}-01`,
    `00-${high}${low}-${zeros}-01`,
    `00-${high}${low.slice(1)}-${span}-01`,
    `00-${high.toUpperCase()}${low}-${span}-01`,
    `${traceparent}, ${traceparent}`,
    ` ${traceparent}`,
    '',
    [traceparent],
  ]) {
    it(`drops traceparent: ${value}, and its tracestate`, () => {
      assert.equal(traceHeaders({ traceparent: value as string, tracestate: 'a=b' }), undefined)
    })
  }

  it('keeps the first members of a long tracestate, 1 kB of them', () => {
    const member = (index: number) => `vendor${index}=${'x'.repeat(100)}`
    const tracestate = Array.from({ length: 32 }, (_, index) => member(index)).join(',')
    const { tracestate: kept = '' } = traceHeaders({ traceparent, tracestate }) ?? {}
    assert.ok(tracestate.startsWith(`${kept},`) && kept.length <= 1024 && kept.length > 900, kept)
  })

  it('drops a tracestate that is no text or one long member, and keeps the trace', () => {
    for (const tracestate of [`a=${'x'.repeat(1023)}`, 'a=é', '', ['a=b']]) {
      assert.deepEqual(traceHeaders({ traceparent, tracestate } as never), { traceparent })
    }
  })

  for (const [state, kept, priority] of [
    ['dd=s:2;o:rum', 'dd=s:2;o:rum', 2],
    ['dd=s:-1', 'dd=s:-1', 1],
    ['dd=s:99', 'dd=', 1],
    ['dd=s:99;o:rum', 'dd=o:rum', 1],
    ['a=s:99,dd=o:rum;s:99;t.dm:-4,b=s:99', 'a=s:99,dd=o:rum;t.dm:-4,b=s:99', 1],
    ['a=b, dd = s : 99', 'a=b, dd =', 1],
    ['dd=s: 1', 'dd=s: 1', 1],
  ] as const) {
    it(`reads tracestate: ${state} with a sampling priority of ${priority}`, () => {
      const carrier = traceHeaders({ traceparent, tracestate: state })
      assert.equal(carrier?.tracestate, kept)
      assert.equal(priorityOf(carrier), priority)
    })
  }

  for (const headers of [
    { b3: '0' },
    { b3: 'd' },
    { b3: `${low}-${span}` },
    { b3: `${high}${low}-${span}-1` },
    { b3: `${high}${low}-${span}-d-${low}` },
    { 'x-b3-traceid': low, 'x-b3-spanid': span },
    { 'x-b3-traceid': high + low, 'x-b3-spanid': span, 'x-b3-sampled': '1' },
    { 'x-b3-sampled': '0' },
    { 'x-b3-flags': '1' },
  ]) {
    it(`goes on with ${JSON.stringify(headers)}`, () => {
      assert.deepEqual(traceHeaders(headers), headers)
    })
  }

  for (const headers of [
    { b3: '2' },
    { b3: '' },
    { b3: low },
    { b3: `${zeros}-${span}` },
    { b3: `${high}${zeros}-${span}-1` },
    { b3: `${low}-${zeros}` },
    { b3: `${low}-${span}-2` },
    { b3: `${low}-${span}, ${low}-${span}` },
    { 'x-b3-traceid': low },
    { 'x-b3-traceid': zeros, 'x-b3-spanid': span },
    { 'x-b3-traceid': high + zeros, 'x-b3-spanid': span },
    { 'x-b3-traceid': low, 'x-b3-spanid': zeros },
    { 'x-b3-traceid': 'xyz', 'x-b3-spanid': span },
    { 'x-b3-sampled': 'true' },
    { 'x-b3-flags': '2' },
  ]) {
    it(`begins a new trace for ${JSON.stringify(headers)}`, () => {
      assert.equal(traceHeaders(headers), undefined)
    })
  }

  it('bounds baggage to 64 items and 8 kB, item by item', () => {
    const items = Array.from({ length: 100 }, (_, index) => `k${index}=v`)
    assert.equal(traceHeaders({ baggage: items.join(',') })?.baggage, items.slice(0, 64).join(','))
    const long = [`a=${'x'.repeat(4000)}`, `b=${'x'.repeat(4000)}`, `c=${'x'.repeat(4000)}`]
    assert.equal(traceHeaders({ baggage: long.join(',') })?.baggage, long.slice(0, 2).join(','))
    for (const baggage of [`a=${'x'.repeat(9000)}`, '', 'a=é', ['a=b']]) {
      assert.equal(traceHeaders({ baggage } as never), undefined)
    }
  })
})

describe('through the extract of dd-trace', () => {
  const rounds = Number(process.env.SPANLOG_FUZZ ?? 1000)

  it(`no trace id is 0 and no priority is unknown, in ${rounds} random header sets`, t => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
    t.diagnostic(`SEED=${seed}`)
    const random = generator(seed)
    const found = { contexts: 0, zerosWithoutUs: 0 }
    for (let round = 0; round < rounds; round++) {
      const headers = randomHeaders(random)
      if (isZero(tracer.extract('http_headers', headers))) found.zerosWithoutUs++
      const carrier = traceHeaders(headers)
      const context = carrier && tracer.extract('http_headers', carrier)
      if (!context) continue
      found.contexts++
      assert.ok(!isZero(context), JSON.stringify(headers))
      assert.ok([undefined, -1, 0, 1, 2].includes(context._sampling.priority), JSON.stringify(headers))
      assert.deepEqual(context._baggageItems, {})
      for (const [name, value] of Object.entries(carrier)) assert.ok(value.length <= 8192, name)
    }
    t.diagnostic(JSON.stringify(found))
    assert.ok(found.contexts > rounds / 10, `${found.contexts}`)
    assert.ok(found.zerosWithoutUs > rounds / 40, `${found.zerosWithoutUs}`)
  })
})

function isZero(context: { toTraceId(hex?: boolean): string } | null): boolean {
  return context !== null && (context.toTraceId() === '0' || /^0*$/.test(context.toTraceId(true)))
}
