import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LineRow, TraceRow } from '../../src/dev/api'
import { addTerm, idIn, matchesLine, matchesTrace, parseFilter } from '../../src/dev/filter'

const trace: TraceRow = {
  id: '6b02000000000000ffffffffffffffff',
  idLow: '18446744073709551615',
  seq: 1,
  start: 1_700_000_000_000,
  duration: 120.5,
  service: 'shop',
  name: 'web.request',
  resource: 'GET /users/:id',
  method: 'GET',
  route: '/users/:id',
  status: 502,
  outcome: 'answered',
  error: true,
  services: ['shop', 'stock room'],
  spans: 3,
  missing: 0,
  repeated: 7,
  lines: 2,
  worst: 'error',
  levels: ['info', 'warn', 'error'],
  unlinked: 1,
  cut: 0,
  tags: { 'http.useragent': 'curl/8', user: '7', 'error.type': 'RangeError', note: 'said "no" twice', tenant: '' },
}

const line: LineRow = {
  n: 1,
  time: 1_700_000_000_000,
  level: 'warning',
  message: 'pear is sold out',
  service: 'shop',
  stream: 'stderr',
  raw: '{"level":"warning","msg":"pear is sold out","order":{"id":12}}',
  fields: { order: { id: 12 }, 'http.route': '/pears/:sku', res: { statusCode: 409 }, responseTime: 12, Flag: true },
  traceId: '6b02000000000000ffffffffffffffff',
  spanId: '5',
  why: ['text'],
}

describe('a filter of requests', () => {
  for (const [text, wanted] of [
    ['', true],
    ['   ', true],
    ['status:5xx', true],
    ['status:5XX', true],
    ['status:4xx', false],
    ['status:502', true],
    ['status:50', false],
    ['status:>=500', true],
    ['status:<500', false],
    ['status:4xx status:5xx', true],
    ['status:', true],
    ['-status:5xx', false],
    ['service:shop', true],
    ['service:SHOP', true],
    ['service:sho', false],
    ['service:sh*', true],
    ['service:*p', true],
    ['service:s*o*p', true],
    ['service:sho*hop', false],
    ['service:"stock room"', true],
    ['service:"stock  room"', false],
    ['service:web service:shop', true],
    ['-service:web -service:shop', false],
    ['route:/users', true],
    ['route:/users/*/posts', false],
    ['route:/u*:id', true],
    ['resource:"get /users"', true],
    ['name:web', true],
    ['method:get', true],
    ['method:POST', false],
    ['dur:>50ms', true],
    ['dur:>50', true],
    ['dur:>0.1s', true],
    ['dur:>121ms', false],
    ['dur:<=120.5', true],
    ['dur:<120500us', false],
    ['dur:>120499us', true],
    ['dur:100', true],
    ['dur:1s', false],
    ['dur:>50ms dur:<100ms', false],
    ['dur:soon', false],
    ['level:error', true],
    ['level:err', true],
    ['level:debug', false],
    ['level:>=warn', true],
    ['level:>error', false],
    ['is:error', true],
    ['is:answered', true],
    ['is:aborted', false],
    ['is:unlinked', true],
    ['is:repeated', true],
    ['is:missing', false],
    ['is:error is:aborted', false],
    ['-is:aborted', true],
    ['user:7', true],
    ['user:77', false],
    ['user:*', true],
    ['user:""', false],
    ['User:7', true],
    ['tenant:""', true],
    ['nosuch:""', true],
    ['nosuch:*', false],
    ['-nosuch:*', true],
    ['error.type:RangeError', true],
    ['http.useragent:curl*', true],
    ['note:"said \\"no\\" twice"', true],
    ['trace:18446744073709551615', true],
    ['trace:6B02000000000000FFFFFFFFFFFFFFFF', true],
    ['trace:ffffffffffffffff', true],
    ['trace:5', false],
    ['pear', false],
    ['users', true],
    ['rangeerror', true],
    ['"GET /users"', true],
    ['"GET /posts"', false],
    ['-rangeerror', false],
    ['-"GET /posts"', true],
    ['users curl', true],
    ['users pear', false],
    ['"users', true],
    ['-', false],
    ['http://127.0.0.1', false],
    ['constructor:*', false],
    ['__proto__:*', false],
  ] as const) {
    it(`\`${text}\` ${wanted ? 'takes' : 'leaves'} this one`, () => {
      assert.equal(matchesTrace(parseFilter(text), trace), wanted)
    })
  }

  it('looks for free text in the lines, where it is given them', () => {
    assert.equal(matchesTrace(parseFilter('"sold out"'), trace, [line]), true)
    assert.equal(matchesTrace(parseFilter('-"sold out"'), trace, [line]), false)
  })
})

describe('a filter of lines', () => {
  for (const [text, wanted] of [
    ['', true],
    ['level:warn', true],
    ['level:error', false],
    ['level:>=warn', true],
    ['level:<warn', false],
    ['stream:stderr', true],
    ['service:shop', true],
    ['message:SOLD', true],
    ['sold', true],
    ['"order"', true],
    ['order.id:12', true],
    ['order.id:>11', true],
    ['order.id:1', false],
    ['flag:true', true],
    ['status:4xx', true],
    ['route:/pears', true],
    ['dur:>10ms', true],
    ['dur:>13ms', false],
    ['is:unlinked', true],
    ['why:text', true],
    ['why:no-ids', false],
    ['-why:text', false],
    ['is:linked', true],
    ['is:error', false],
    ['trace:18446744073709551615', true],
    ['span:5', true],
    ['span:0000000000000005', true],
    ['user:7', false],
  ] as const) {
    it(`\`${text}\` ${wanted ? 'takes' : 'leaves'} this one`, () => {
      assert.equal(matchesLine(parseFilter(text), line), wanted)
    })
  }

  it('asks the request what the line does not tell', () => {
    assert.equal(matchesLine(parseFilter('user:7 method:GET'), line, trace), true)
    assert.equal(matchesLine(parseFilter('route:/users'), line, trace), false)
    assert.equal(matchesLine(parseFilter('curl'), line, trace), false)
  })
})

describe('the terms of a filter', () => {
  it('are what was typed', () => {
    const text = 'status:5xx  -route:"/a b" "free text" Error: "open'
    const { terms } = parseFilter(text)
    assert.equal(terms.map(term => term.text).join(' '), 'status:5xx -route:"/a b" "free text" Error: "open')
    assert.deepEqual(
      terms.map(({ key, value, negate }) => [key, value, negate]),
      [
        ['status', '5xx', false],
        ['route', '/a b', true],
        ['', 'free text', false],
        ['', 'Error:', false],
        ['', 'open', false],
      ],
    )
  })
})

describe('a click on a value', () => {
  for (const [text, key, value, negate, result] of [
    ['', 'status', '502', false, 'status:502'],
    ['pear', 'user', '7', true, 'pear -user:7'],
    ['user:7', 'user', '7', false, 'user:7'],
    ['user:7 pear', 'user', '7', true, 'pear -user:7'],
    ['-user:7', 'user', '7', false, 'user:7'],
    ['service:web', 'service', 'shop', false, 'service:shop'],
    ['service:web', 'service', 'shop', true, 'service:web -service:shop'],
    ['dur:>50ms', 'dur', '<1s', false, 'dur:>50ms dur:<1s'],
    ['is:error', 'is', 'aborted', false, 'is:error is:aborted'],
    ['', 'note', 'said "no"', false, 'note:"said \\"no\\""'],
    ['', 'tenant', '', false, 'tenant:""'],
  ] as const) {
    it(`turns \`${text}\` into \`${result}\``, () => {
      assert.equal(addTerm(text, key, value, negate), result)
    })
  }

  it('makes a filter that takes where the value came from, whatever is in it', () => {
    for (const value of ['a b', '"', '\\', 'a\\"b', '-x', 'x:y', ' ', '\n', '']) {
      const row = { ...trace, tags: { odd: value } }
      assert.equal(matchesTrace(parseFilter(addTerm('', 'odd', value, false)), row), true, JSON.stringify(value))
      assert.equal(matchesTrace(parseFilter(addTerm('', 'odd', value, true)), row), false, JSON.stringify(value))
    }
  })
})

describe('a pasted id', () => {
  const hex = '6b02000000000000ffffffffffffffff'
  for (const [text, id] of [
    [hex, hex],
    [` ${hex.toUpperCase()}\n`, hex],
    ['18446744073709551615', '18446744073709551615'],
    ['00f067aa0ba902b7', '00f067aa0ba902b7'],
    [`00-${hex}-00f067aa0ba902b7-01`, `00-${hex}-00f067aa0ba902b7-01`],
    [`traceparent: 00-${hex}-00f067aa0ba902b7-01`, `00-${hex}-00f067aa0ba902b7-01`],
    [`"dd.trace_id":"${hex}",`, hex],
    [`dd.span_id=9208634121083074500`, '9208634121083074500'],
    [`"trace_id": "${hex}"`, hex],
    [`http://127.0.0.1:8126/#/trace/${hex}/5`, hex],
    ['500', undefined],
    ['status:500', undefined],
    [`pear ${hex}`, undefined],
    ['', undefined],
    ['deadbeef', undefined],
  ] as const) {
    it(`in \`${text.trim()}\` is ${id ?? 'none'}`, () => assert.equal(idIn(text), id))
  }
})
