import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import bunyan from 'bunyan'
import { createConsola } from 'consola'
import log4js from 'log4js'
import pino from 'pino'
import { addFields, type ConsoleLevel, consoleLogger, correlate, type Fields, pinoMixin, winstonFormat } from 'spanlog'
import { Logger as Tslog } from 'tslog'
import winston from 'winston'
import { keysOf } from '../json-line'
import { noting } from './note'
import { agent, inRequest, startTracing, streamTo, tracer, type Write } from './serve'

const pinoCaller = require('pino-caller')
process.env.ROARR_LOG = 'true'
const { Roarr, ROARR } = require('roarr') as typeof import('roarr')

const ignore = () => undefined

before(startTracing)
after(() => agent.close())

/** The lines that `use` writes by `req.log`, and what `correlate()` gives in the handler. */
async function written(make: (write: Write) => unknown, use: (log: any) => unknown, options = {}) {
  const lines: string[] = []
  let dd: unknown
  await inRequest<any>({ logger: make(line => lines.push(line.trimEnd())), ...options }, async log => {
    dd = { ...correlate().dd }
    await use(log)
  })
  return { lines, records: lines.map(line => JSON.parse(line)), dd }
}

class Hidden extends Error {
  #message = 'computed'
  override get message() {
    return this.#message
  }
  get issues() {
    return [this.#message]
  }
}

class Order {
  #total = 12
  message = 'an order'
  id = 7
  get total() {
    return this.#total
  }
  describe() {
    return `order of ${this.#total}`
  }
}

class Printed extends Order {
  toJSON() {
    return { message: this.describe(), dd: { trace_id: '666' } }
  }
}

const { format } = winston
const winstonWith =
  (...formats: any[]) =>
  (write: Write) =>
    winston.createLogger({
      format: format.combine(...formats),
      transports: [new winston.transports.Stream({ stream: streamTo(write) })],
    })

describe('winston', () => {
  /** By `req.log`, and by a shared logger with `winstonFormat()`. */
  const ways: { [way: string]: (...formats: any[]) => (use: (log: any) => unknown) => Promise<any> } = {
    'req.log':
      (...formats) =>
      use =>
        written(winstonWith(...formats), use),
    'winstonFormat()':
      (...formats) =>
      async use => {
        let shared: unknown
        const make = (write: Write) => {
          shared = winstonWith(winstonFormat(), ...formats)(write)
          return consoleLogger()
        }
        return written(make, () => use(shared))
      },
  }
  for (const [way, using] of Object.entries(ways)) {
    it(`${way} writes an error whose message is an accessor with private state`, async () => {
      const seen: unknown[] = []
      const look = format(info => {
        seen.push(info instanceof Hidden, (info as any).issues, info.message)
        return info
      })()
      const { records, dd } = await using(
        look,
        format.errors({ stack: true }),
        format.json(),
      )(log => log.error(new Hidden()))
      assert.deepEqual(seen, [true, ['computed'], 'computed'])
      assert.equal(records[0].message, 'computed')
      assert.deepEqual(records[0].dd, dd)
    })

    it(`${way} writes an instance of a class, with what only the instance can read`, async () => {
      const look = format(info => Object.assign(info, { total: (info as any).total, text: (info as any).describe() }))()
      const { records, dd } = await using(look, format.json())(log => log.info(new Order()))
      const { id, total, text, message, level } = records[0]
      assert.deepEqual([id, total, text, message, level], [7, 12, 'order of 12', 'an order', 'info'])
      assert.deepEqual(records[0].dd, dd)
    })

    it(`${way} prints an instance by its toJSON, and adds the dd`, async () => {
      const { records, lines, dd } = await using(format.json())(log => log.info(new Printed()))
      assert.equal(records[0].message, 'order of 12')
      assert.deepEqual(records[0].dd, dd)
      assert.equal(lines[0].split('"dd":').length, 2)
    })

    it(`${way} lets a format see the errors of an AggregateError`, async () => {
      const look = format(info => Object.assign(info, { count: (info as any).errors?.length }))()
      const { records } = await using(
        look,
        format.json(),
      )(log => log.error(new AggregateError([new Error('a')], 'many')))
      assert.equal(records[0].count, 1)
    })

    for (const [what, metadata] of Object.entries({
      'format.metadata()': format.metadata(),
      'format.metadata({ key })': format.metadata({ key: 'meta' }),
      'format.metadata({ fillExcept })': format.metadata({ fillExcept: ['message'] }),
    })) {
      it(`${way} keeps the dd at the root of the line with ${what}`, async () => {
        const { records, lines, dd } = await using(
          metadata,
          format.json(),
        )(log => {
          log.info('first', { a: 1 })
          log.info('second', { b: 2 })
          log.error('third')
        })
        for (const record of records) assert.deepEqual(record.dd, dd)
        for (const line of lines) assert.equal(line.split('"dd":').length, 2, line)
        assert.equal((records[1].metadata ?? records[1].meta).b, 2)
      })
    }
  }

  it('req.log keeps the dd at the root with format.errors() before format.metadata()', async () => {
    const { records, dd } = await written(
      winstonWith(format.errors({ stack: true }), format.metadata(), format.json()),
      log => [log.info('first'), log.error(new Error('bad'))],
    )
    assert.equal(records[1].message, 'bad')
    for (const record of records) assert.deepEqual(record.dd, dd)
  })
})

describe('a logger that is known by a function', () => {
  it('may be given what correlate() returns as it is, by tslog too', async () => {
    const lines: any[] = []
    const tslog = new Tslog<any>({ type: 'hidden' })
    tslog.attachTransport(line => void lines.push(line))
    const { dd } = await written(
      write => pino({}, { write }),
      () => tslog.getSubLogger({}, correlate()).info('charged'),
    )
    assert.deepEqual({ ...lines[0].dd }, dd)
  })

  it('may itself be a function, and so may its children', async () => {
    const lines: any[] = []
    ROARR.write = line => lines.push(JSON.parse(line))
    await inRequest<any>({ logger: (fields: Fields) => Roarr.child(fields as never) }, log => {
      log('text')
      log({ a: 1 }, 'with fields')
      const kid = log.child({ kid: true })
      addFields({ user: 7 })
      kid('by a child')
      tracer.trace('inner', span => {
        kid.info('inner')
        assert.equal(lines.at(-1).context.dd.span_id, span.context().toSpanId())
      })
      kid.child({ grandkid: true })({ dd: { trace_id: '666' } }, '{"level":"fatal"}')
    })
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['text', 'with fields', 'by a child', 'inner', '| {"level":"fatal"}'],
    )
    const last = lines.at(-1).context
    assert.deepEqual([last.user, last.kid, last.grandkid, last._dd], [7, true, true, { trace_id: '666' }])
    for (const { context } of lines) assert.match(context.dd.trace_id, /^[0-9a-f]{32}$/)
  })

  it('may have methods that have methods', async () => {
    const logged: any[] = []
    const consola = createConsola({ reporters: [{ log: entry => logged.push(entry) }] })
    await inRequest<any>({ logger: (fields: Fields) => consola.withDefaults(fields as never) }, log => {
      log.info.raw('raw')
      log.info('[x=1 dd.trace_id=deadbeef dd.span_id=1] hi')
      assert.equal(log.info, log.info)
    })
    assert.deepEqual(
      logged.map(({ args }) => args[0]),
      ['raw', '| [x=1 dd.trace_id=deadbeef dd.span_id=1] hi'],
    )
    for (const { dd } of logged) assert.match(dd.trace_id, /^[0-9a-f]{32}$/)
  })

  it('may be copied by `{ ...log }`', async () => {
    const lines: any[] = []
    const make = (fields: Fields) => ({ info: (text: string) => lines.push({ ...fields, text }), level: 'info' })
    await inRequest<any>({ logger: make }, log => {
      const copy = { ...log, name: 'copy' }
      addFields({ user: 7 })
      copy.info('x')
      assert.deepEqual(Object.keys(copy), ['info', 'level', 'name'])
    })
    assert.equal(lines[0].user, 7)
  })
})

describe("the caller's position", () => {
  const here = /alone\.test\.ts/

  it('is named by pino-caller', async () => {
    const make = (write: Write) => pinoCaller(pino({}, { write }))
    const { records } = await written(make, log => [log.info('x'), log.child({ a: 1 }).info({ b: 1 }, 'x')], {
      fields: () => ({ user: 7 }),
    })
    for (const { caller } of records) assert.match(caller, here)
  })

  /** The function that the code of this file called, on the way to the writing of a line. */
  function calleeIn({ stack = '' }: Error): string {
    const frames = stack.split('\n')
    return frames[frames.findIndex(frame => here.test(frame)) - 1]
  }

  it('is named by a stream of bunyan and by a format of winston', async () => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 50
    const callees: string[] = []
    const look = noting(error => callees.push(calleeIn(error)))
    const byBunyan = bunyan.createLogger({ name: 'shop', streams: [{ type: 'raw', stream: look as never }] })
    const use = (log: any) => [log.info('x'), log.child({ a: 1 }).info('x')]
    await inRequest<any>({ logger: byBunyan }, use)
    await written(winstonWith(look, format.json()), use)
    Error.stackTraceLimit = limit
    assert.equal(callees.length, 4)
    for (const callee of callees) assert.match(callee, /node_modules.(bunyan|winston)/)
  })

  it('is named by tslog and log4js, which are configured to skip our one frame', async () => {
    const paths: string[] = []
    const tslog = new Tslog<Fields>({
      type: 'hidden',
      stack: { capture: 'auto', internalFramePatterns: [/[\\/]logger[\\/]function\./] },
    })
    tslog.attachTransport(line => {
      paths.push((line as any)._logMeta?.path?.fullFilePath ?? (line as any)._meta?.path?.fullFilePath)
    })
    await inRequest<any>({ logger: (fields: Fields) => tslog.getSubLogger({}, fields) }, log => log.info('x'))
    log4js.configure({
      appenders: { kept: { type: { configure: () => (event: any) => paths.push(event.fileName) } as never } },
      categories: { default: { appenders: ['kept'], level: 'info', enableCallStack: true } },
    })
    const make = (fields: Fields) => {
      const logger = log4js.getLogger()
      logger.callStackLinesToSkip = 1
      for (const [key, value] of Object.entries(fields)) logger.addContext(key, value)
      return logger
    }
    await inRequest<any>({ logger: make }, log => log.info('x'))
    assert.equal(paths.length, 2)
    for (const path of paths) assert.match(path, here)
  })
})

describe('pino', () => {
  it('has the bindings that the shared logger was given after the middleware was made', async () => {
    const lines: string[] = []
    const logger = pino({ base: { app: 'blog' } }, { write: line => lines.push(line) })
    const fields = () => {
      logger.setBindings({ region: 'eu-1', dd: { trace_id: '666' } })
      return {}
    }
    await inRequest<any>({ logger, fields }, log => log.info('x'))
    const { app, region, dd } = JSON.parse(lines[0])
    assert.deepEqual([app, region], ['blog', 'eu-1'])
    assert.match(dd.trace_id, /^[0-9a-f]{32}$/)
    assert.equal(lines[0].split('"dd":').length, 2)
  })

  it('prints a key that is both bound and a field of the request once, with the bound value', async () => {
    const make = (write: Write) => pino({ base: { tenant: 'logger', 'a"b': 1 } }, { write })
    const { lines, records } = await written(
      make,
      log => {
        log.info('x')
        const kid = log.child({ tenant: 'child' })
        addFields({ tenant: 'request', user: 7 })
        kid.info('x')
        kid.setBindings({ user: 8 })
        kid.info('x')
        kid.info({ user: 9 }, 'the line itself')
      },
      { fields: () => ({ tenant: 'option', 'a"b': 2, nested: 'tenant' }) },
    )
    assert.deepEqual(
      keysOf(lines[0]).filter(key => key === 'tenant' || key === 'a"b'),
      ['tenant', 'a"b'],
    )
    assert.deepEqual(
      records.map(({ user }) => user),
      [undefined, 7, 8, 9],
    )
    assert.equal(records[0].tenant, 'logger')
    assert.equal(records[1].tenant, 'child')
    assert.equal(keysOf(lines[2]).filter(key => key === 'user').length, 1)
  })

  it('keeps a field whose name is only deeper in the bindings', async () => {
    const make = (write: Write) => pino({ base: { inner: { tenant: 'deep' } } }, { write })
    const { records } = await written(make, log => log.info('x'), { fields: () => ({ tenant: 'option' }) })
    assert.equal(records[0].tenant, 'option')
  })

  it('shows no formatter a key that nobody logged', async () => {
    const seen: unknown[] = []
    const formatters = {
      log: (record: object) => {
        seen.push(Object.keys(record))
        return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, value.toString()]))
      },
      bindings: (bindings: object) => {
        seen.push(Object.keys(bindings))
        return bindings
      },
    }
    const make = (write: Write) => pino({ base: null, formatters }, { write })
    subscribe('apm:pino:log:json', ignore) // as dd-trace's log injection does
    const { records, dd } = await written(make, log => {
      log.info({ total: 1 }, 'x')
      log.child({ ...correlate(), kid: 1 }, { formatters }).info({ total: 2 }, 'x')
    })
    unsubscribe('apm:pino:log:json', ignore)
    assert.deepEqual(seen, [['total'], ['kid'], ['total']])
    for (const record of records) assert.deepEqual(record.dd, dd)
  })

  it('keeps a message from choosing the level with its own serializers, also of a child', async () => {
    const serializers = { msg: (message: string) => message.trim() }
    const { records } = await written(
      write => pino({ serializers }, { write }),
      log => [log.info(' {"level":"fatal"} '), log.child({}, { serializers }).info(' {"level":"fatal"} ')],
    )
    for (const { msg } of records) assert.equal(msg, '| {"level":"fatal"}')
  })

  it('prints one dd where a mixin adds another', async () => {
    const mixin = () => {
      const record = {}
      tracer.inject(tracer.scope().active() as never, 'log', record)
      return { ...record, mixed: 1 }
    }
    const { lines, records, dd } = await written(
      write => pino({ mixin }, { write }),
      log => log.info({ a: 1 }, 'x'),
    )
    assert.deepEqual(
      keysOf(lines[0]).filter(key => key.includes('dd')),
      ['dd'],
    )
    assert.deepEqual([records[0].dd, records[0].mixed, records[0].a], [dd, 1, 1])
  })

  for (const nestedKey of [undefined, 'payload']) {
    it(`has one dd at the root with pinoMixin() and the nested key ${nestedKey}`, async () => {
      const lines: string[] = []
      const shared = pino({ nestedKey, mixin: pinoMixin() }, { write: (line: string) => lines.push(line) })
      shared.info({ a: 1 }, 'outside')
      let dd: unknown
      await inRequest<any>({ logger: shared }, log => {
        dd = { ...correlate().dd }
        shared.info({ a: 1 }, 'shared')
        shared.child({ b: 1 }).info({ a: 1 }, 'a child of it')
        log.info({ a: 1 }, 'by the request')
      })
      const [outside, ...inside] = lines.map(line => JSON.parse(line))
      assert.deepEqual(outside.dd, { service: 'shop', env: 'prod', version: '1.2.0' })
      for (const record of inside) assert.deepEqual(record.dd, dd)
      for (const line of lines) assert.equal(line.split('"dd":').length, 2, line)
      assert.equal(inside.length, 3)
    })
  }
})

describe('consoleLogger()', () => {
  const log = (use: (log: any) => unknown) => written(write => consoleLogger({ stream: { write } }), use)

  it('writes message and stack of an error from another realm', async () => {
    const foreign = runInNewContext('new RangeError("elsewhere")')
    const { records } = await log(log => [
      log.error(foreign),
      log.error({ err: foreign }, 'x'),
      log.error(new DOMException('dom')),
    ])
    assert.deepEqual(
      records.map(({ message }) => message),
      ['elsewhere', 'x', 'dom'],
    )
    for (const { error } of records) assert.match(error.stack, /elsewhere|dom/)
    assert.equal(records[0].error.kind, 'RangeError')
  })

  it('writes an error in `err` beside an `error` that is not an error', async () => {
    const { records } = await log(log => log.error({ error: 'code 7', err: new Error('bad') }, 'x'))
    assert.deepEqual([records[0]._error, records[0].error.message], ['code 7', 'bad'])
  })

  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  const throwing = (): never => {
    throw new Error('not loaded')
  }
  const lazy = { id: 7, get total() { return throwing() } } // biome-ignore format: one line is enough
  const misbehaving: { [what: string]: [use: (log: any) => void, message: string] } = {
    'a getter that throws': [log => log.info(lazy, 'order'), 'order'],
    'one in a child': [log => log.child(lazy).info('order'), 'order'],
    'a getter of the error that throws': [log => log.info({ get err() { return throwing() } }, 'order'), 'order'], // biome-ignore format: as above
    'a revoked Proxy': [log => log.info(revoked, 'order'), 'order'],
    'one as the error': [log => log.error({ err: revoked }, 'order'), 'order'],
    'one in a child ': [log => log.child(revoked as never).info('order'), 'order'],
    'a toString that throws': [log => log.info('%s', { toString: throwing }), '%s { toString: [Function: throwing] }'],
    'a toJSON that throws': [log => log.info({ toJSON: throwing, a: 1 }, 'order'), 'order'],
    'keys that throw': [log => log.info(new Proxy({}, { ownKeys: throwing }), 'order'), 'order'],
  }
  for (const [what, [use, message]] of Object.entries(misbehaving)) {
    it(`never throws for ${what.trim()}, and writes the line`, async () => {
      const { records, dd } = await log(use)
      assert.equal(records.length, 1)
      assert.equal(records[0].message, message)
      assert.deepEqual(records[0].dd, dd)
    })
  }

  it('refuses a level that does not exist, whenever it is set', () => {
    const logger = consoleLogger()
    assert.throws(
      () => Object.assign(logger, { level: 'verbose' }),
      /Expected `level` of consoleLogger to be one of trace,/,
    )
    assert.throws(() => consoleLogger({ level: 'verbose' as ConsoleLevel }), /got 'verbose'/)
    logger.level = 'error'
    assert.equal(logger.isLevelEnabled('warn'), false)
  })
})
