import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { readError } from '../../src/tags/error-fields'

const { addError } = require('dd-trace/packages/dd-trace/src/span_format.js')

/** What dd-trace exports for the same error. */
function ddTrace(error: unknown) {
  const span = { error: 0, meta: {} as Record<string, string> }
  addError(span, error)
  return { type: span.meta['error.type'], message: span.meta['error.message'], stack: span.meta['error.stack'] }
}

class PaymentError extends Error {
  override name = 'PaymentError'
}

function withStack<T extends Error>(error: T, stack = `${error.name}: ${error.message}\n    at f (a.js:1:1)`): T {
  error.stack = stack
  return error
}

function throws(): never {
  throw new Error('no')
}

describe('readError', () => {
  for (const [what, error] of [
    ['an Error', new Error('broken')],
    ['a TypeError', new TypeError('broken')],
    ['a subclass', new PaymentError('declined')],
    ['a code without a message', Object.assign(new Error(), { code: 'ECONNREFUSED' })],
    ['a code and a message', Object.assign(new Error('broken'), { code: 'ECONNREFUSED' })],
    ['a numeric code', Object.assign(new Error(), { code: 7 })],
    ['what looks like an error', { name: 'HttpError', message: 'gone', stack: 'HttpError: gone\n    at f' }],
    ['a frozen Error', Object.freeze(new Error('broken'))],
  ] as const) {
    it(`reads ${what} as dd-trace does`, () => {
      const { stack, ...fields } = readError(error)
      const { stack: theirs, ...expected } = ddTrace(error)
      assert.deepEqual(fields, expected)
      assert.equal(stack, theirs)
    })
  }

  it('gives an Error without a message an empty one, where dd-trace gives none', () => {
    assert.equal(readError(new Error()).message, '')
    assert.equal(ddTrace(new Error()).message, undefined)
  })

  for (const [value, type, message] of [
    ['no such user', 'string', 'no such user'],
    ['', 'string', "'' was thrown"],
    [404, 'number', '404 was thrown'],
    [10n, 'bigint', '10n was thrown'],
    [false, 'boolean', 'false was thrown'],
    [null, 'null', 'null was thrown'],
    [undefined, 'undefined', 'undefined was thrown'],
    [Symbol('oops'), 'symbol', 'Symbol(oops) was thrown'],
    [{}, 'Object', '{}'],
    [{ status: 404 }, 'Object', '{ status: 404 }'],
    [{ message: 'gone' }, 'Object', 'gone'],
    [[1, 2], 'Array', '[ 1, 2 ]'],
    [Object.create(null), 'Error', '[Object: null prototype] {}'],
    [PaymentError, 'PaymentError', '[class PaymentError extends Error]'],
  ] as const) {
    it(`gives ${inspect(value)} a type and a message, where dd-trace gives none or only one`, () => {
      assert.deepEqual(readError(value), { type, message })
    })
  }

  const circular: Record<string, unknown> = { name: 'Loop' }
  circular.self = circular
  circular.cause = circular
  const revoked = Proxy.revocable(new Error('x'), {})
  revoked.revoke()
  const trapped = new Proxy(new Error('x'), { get: throws, getPrototypeOf: throws, ownKeys: throws, has: throws })
  const getters = Object.defineProperties(new Error('x'), {
    // Read the stack first: V8 makes it at its first use, from name and message.
    stack: { get: throws },
    name: { get: throws },
    message: { get: throws },
    code: { get: throws },
    cause: { get: throws },
    errors: { get: throws },
  })
  const rude = {
    toString: throws,
    toJSON: throws,
    [inspect.custom]: throws,
    get [Symbol.toStringTag]() {
      return throws()
    },
  }

  for (const [what, value] of [
    ['a circular object', circular],
    ['a revoked Proxy', revoked.proxy],
    ['a Proxy whose traps throw', trapped],
    ['an error whose getters throw', getters],
    ['an object that refuses to be printed', rude],
    ['a Symbol for a name', Object.assign(new Error('x'), { name: Symbol('n') })],
    ['a Symbol for a message', Object.assign(new Error(), { message: Symbol('m') })],
    ['an object for a message', Object.assign(new Error(), { message: rude })],
    [
      'a revoked Proxy for everything',
      {
        name: revoked.proxy,
        message: revoked.proxy,
        stack: revoked.proxy,
        cause: revoked.proxy,
        constructor: revoked.proxy,
      },
    ],
    ['a revoked Proxy for errors', withStack(Object.assign(new Error('x'), { errors: revoked.proxy }))],
    [
      'errors with a throwing member',
      withStack(Object.assign(new Error('x'), { errors: [revoked.proxy, trapped, getters, rude] })),
    ],
    [
      'an array whose traps throw',
      withStack(Object.assign(new Error('x'), { errors: new Proxy([], { get: throws }) })),
    ],
    [
      'an array with its own methods',
      withStack(Object.assign(new Error('x'), { errors: Object.assign([1], { slice: throws, map: 7 }) })),
    ],
    ['a function', throws],
  ] as [string, unknown][]) {
    it(`reads ${what} into strings of limited length`, () => {
      const { type, message, stack } = readError(value)
      assert.equal(typeof type, 'string')
      assert.notEqual(type, '')
      assert.equal(typeof message, 'string')
      assert.ok(stack === undefined || typeof stack === 'string')
      assert.ok(type.length <= 200 && message.length <= 8192 && (stack ?? '').length <= 16_384)
    })
  }

  it('reads each property once', () => {
    const reads: Record<string, number> = {}
    const error = new Proxy(withStack(new Error('x')), {
      get(target, key, receiver) {
        reads[String(key)] = (reads[String(key)] ?? 0) + 1
        return Reflect.get(target, key, receiver)
      },
    })
    assert.equal(readError(error).message, 'x')
    assert.deepEqual(
      Object.values(reads).filter(count => count > 1),
      [],
    )
  })

  it('runs no code of a value that it prints', () => {
    const ran: string[] = []
    const value = {
      toString: () => ran.push('toString'),
      toJSON: () => ran.push('toJSON'),
      [inspect.custom]: () => ran.push('inspect'),
      get secret() {
        return ran.push('getter')
      },
    }
    readError(value)
    const ownKeys = (target: object) => {
      ran.push('ownKeys')
      return Reflect.ownKeys(target)
    }
    readError(new Proxy({}, { ownKeys }))
    assert.deepEqual(ran, [])
  })

  it('does not change what was thrown', () => {
    const error = Object.freeze(Object.assign(withStack(new Error('x')), { extra: {} }))
    const before = Object.getOwnPropertyNames(error)
    readError(error)
    assert.deepEqual(Object.getOwnPropertyNames(error), before)
  })

  it('limits the length of type, message and stack', () => {
    const long = 'x'.repeat(100_000)
    const { type, message, stack } = readError(Object.assign(new Error(long), { name: long, stack: long }))
    assert.deepEqual([type.length, message.length, stack?.length], [200, 8192, 16_384])
    assert.equal(readError(long).message.length, 8192)
    assert.ok(readError({ long, list: Array(1e5).fill(long) }).message.length <= 8192)
  })
})

describe('the stack', () => {
  it('goes on with the cause, as Node prints it', () => {
    const error = withStack(new Error('outer', { cause: withStack(new PaymentError('inner')) }))
    assert.equal(readError(error).stack, inspect(error))
  })

  it('goes on with a cause that is no error', () => {
    const error = withStack(new Error('outer', { cause: 'a reason' }))
    assert.equal(readError(error).stack, inspect(error))
  })

  it('goes on with the errors of an AggregateError, as Node prints them', () => {
    const errors = [withStack(new Error('first')), withStack(new TypeError('second'))]
    const error = withStack(new AggregateError(errors, 'both'))
    assert.equal(readError(error).stack, inspect(error))
  })

  it('leaves out the other properties of an error, which may hold a password', () => {
    const error = withStack(Object.assign(new Error('x'), { config: { headers: { authorization: 'hunter2' } } }))
    assert.equal(readError(error).stack, error.stack)
  })

  it('ends at an error that it contains already', () => {
    const error = withStack(new Error('x'))
    error.cause = error
    assert.equal(readError(error).stack, `${error.stack} {\n  [cause]: [Circular]\n}`)
  })

  it('ends after five errors, and stays within 16 kB', () => {
    let error = withStack(new Error('0'))
    for (let depth = 1; depth < 1000; depth++) error = withStack(new Error(`${depth}`, { cause: error }))
    assert.equal(readError(error).stack?.match(/\[cause\]/g)?.length, 5)
    assert.match(readError(error).stack ?? '', /\[cause\]: \[Error\]/)
    const many = withStack(new AggregateError(Array(1000).fill(withStack(new Error('x'))), 'many'))
    assert.equal(readError(many).stack?.match(/Error: x/g)?.length, 10)
    const nested = withStack(new AggregateError([many], 'nested'))
    assert.equal(readError(nested).stack?.match(/\[errors\]/g)?.length, 1)
    const wide = withStack(new AggregateError(Array(1000).fill(withStack(new Error('x'.repeat(100_000)))), 'wide'))
    assert.equal(readError(wide).stack?.length, 16_384)
  })

  it('names an AggregateError by its code when it has no message, as dd-trace does', () => {
    const error = Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')]), {
      code: 'ECONNREFUSED',
    })
    assert.equal(readError(error).message, 'ECONNREFUSED')
    assert.equal(ddTrace(error).message, 'ECONNREFUSED')
  })
})
