import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { agent, inRequest, startTracing, streamTo, tracer, type Write } from './loggers/serve'

interface Printed {
  level: string
  message: string
  time: number
  dd?: { trace_id: string; span_id: string }
  [field: string]: unknown
}

/** Each logger at its level `info`, and how to read what it prints. */
const loggers: { [name: string]: { make(write: Write): any; method?: string } } = {
  pino: { make: write => require('pino')({ level: 'info' }, { write }) },
  'pino with formatters, redaction and a mixin': {
    make: write =>
      require('pino')(
        {
          redact: ['secret'],
          formatters: { level: (level: string) => ({ level }) },
          mixin: () => ({ mixed: true }),
          serializers: { order: (order: any) => order.toJSON() },
        },
        { write },
      ),
  },
  'pino with levels in descending order': {
    make: write =>
      require('pino')(
        {
          customLevels: { error: 3, warn: 4, info: 6, debug: 7 },
          useOnlyCustomLevels: true,
          levelComparison: 'DESC',
          formatters: { level: (level: string) => ({ level }) },
        },
        { write },
      ),
  },
  'pino with its own comparison': {
    make: write => {
      const order = [35, 15, 45, 25] // debug, info, warn, error
      return require('pino')(
        {
          customLevels: { error: 25, warn: 45, info: 15, debug: 35 },
          useOnlyCustomLevels: true,
          levelComparison: (one: number, other: number) => order.indexOf(one) >= order.indexOf(other),
          formatters: { level: (level: string) => ({ level }) },
        },
        { write },
      )
    },
  },
  winston: {
    make: write => {
      const winston = require('winston')
      const format = winston.format.combine(winston.format.timestamp(), winston.format.json())
      return winston.createLogger({ format, transports: [new winston.transports.Stream({ stream: streamTo(write) })] })
    },
  },
  bunyan: { make: write => require('bunyan').createLogger({ name: 'held', streams: [{ stream: { write } }] }) },
  consoleLogger: { make: write => require('spanlog').consoleLogger({ stream: { write } }) },
}

/** An object that makes the serializers of pino and the formats of winston throw. */
const hostile = () => ({
  toJSON() {
    throw new Error('cannot be printed')
  },
})

const names: { [number: number]: string } = { 20: 'debug', 30: 'info', 50: 'error' }

function read(text: string): Printed {
  const record = JSON.parse(text)
  const level = names[record.level] ?? record.level
  return {
    ...record,
    level,
    message: record.msg ?? record.message,
    time: new Date(record.time ?? record.timestamp).getTime(),
  }
}

/** The lines that a request prints whose handler calls `use`. */
async function printed(name: string, use: (log: any) => unknown, options: object = { debugOnError: true }) {
  const lines: Printed[] = []
  const logger = loggers[name].make(text => lines.push(read(text)))
  await inRequest({ logger, ...options }, use)
  await sleep(20)
  return { lines, logger, messages: lines.map(line => line.message) }
}

before(startTracing)
after(() => agent.close())

for (const name of Object.keys(loggers)) {
  describe(name, () => {
    it('a request that goes well writes no debug line', async () => {
      const { messages } = await printed(name, log => {
        log.debug('one')
        log.info('two')
      })
      assert.deepEqual(messages, ['two'])
    })

    it('an error line comes after the debug lines before it, in order and with their own times', async () => {
      const { lines, messages } = await printed(name, async log => {
        log.debug('one')
        await sleep(15)
        log.debug('two')
        log.info('three')
        await sleep(15)
        log.error('four')
        log.debug('five')
      })
      assert.deepEqual(messages, ['three', 'one', 'two', 'four'])
      const [three, one, two, four] = lines
      assert.deepEqual([one.level, two.level, four.level], ['debug', 'debug', 'error'])
      assert.ok(one.time < two.time && two.time <= three.time && three.time < four.time, JSON.stringify(lines))
    })

    it('a held line has the span, the fields and the values of the time when it was logged', async () => {
      const { addFields } = require('spanlog')
      const { lines } = await printed(name, async log => {
        const order = { id: 7 }
        const args = name === 'winston' ? ['in the child span', order] : [order, 'in the child span']
        await tracer.trace('inner', async () => log.debug(...args))
        order.id = 8
        addFields({ later: true })
        log.error('failed')
      })
      const [held, error] = lines
      assert.equal(held.message, 'in the child span')
      assert.equal(held.id, 7)
      assert.equal(held.later, undefined)
      assert.equal(error.later, true)
      assert.equal(held.dd?.trace_id, error.dd?.trace_id)
      assert.notEqual(held.dd?.span_id, error.dd?.span_id)
    })

    it('a request that fails without an error line writes them at its end', async () => {
      const { messages } = await printed(
        name,
        log => {
          log.debug('one')
        },
        { debugOnError: true, validateStatus: () => false },
      )
      assert.deepEqual(messages, ['one'])
    })

    it('a request without a span that fails writes them at its end, too', async () => {
      const { messages } = await printed(
        name,
        log => {
          log.debug('one')
        },
        { debugOnError: true, validateStatus: () => false, skip: () => true },
      )
      assert.deepEqual(messages, ['one'])
    })

    it('child loggers hold their lines, too', async () => {
      const { lines } = await printed(name, log => {
        const child = log.child({ part: 'db' })
        child.debug('query')
        child.child({ deeper: true }).debug('row')
        log.error('failed')
      })
      assert.deepEqual(
        lines.map(line => [line.message, line.part, line.deeper]),
        [
          ['query', 'db', undefined],
          ['row', 'db', true],
          ['failed', undefined, undefined],
        ],
      )
    })

    it('the oldest lines are dropped when there are too many, and the first line says how many', async () => {
      const { lines } = await printed(
        name,
        log => {
          for (let at = 0; at < 10; at++) log.debug(`line ${at}`)
          log.error('failed')
        },
        { debugOnError: 3 },
      )
      assert.deepEqual(
        lines.map(line => line.message),
        ['line 7', 'line 8', 'line 9', 'failed'],
      )
      assert.deepEqual(
        lines.map(line => line.dropped_lines),
        [7, undefined, undefined, undefined],
      )
    })

    it('the bytes of held lines are limited as well', async () => {
      const { messages } = await printed(
        name,
        log => {
          log.debug('x'.repeat(3000))
          log.debug('small')
          log.error('failed')
        },
        { debugOnError: { bytes: 4096 } },
      )
      assert.deepEqual(messages, ['small', 'failed'])
    })

    it('what is inside of objects counts as well', async () => {
      const large = [{ body: { text: 'x'.repeat(3000) } }, { rows: ['x'.repeat(3000)] }, { file: Buffer.alloc(5000) }]
      const { messages } = await printed(
        name,
        log => {
          for (const fields of large) log.debug(...(name === 'winston' ? ['large', fields] : [fields, 'large']))
          log.debug('small')
          log.error('failed')
        },
        { debugOnError: { bytes: 4096 } },
      )
      assert.deepEqual(messages, ['small', 'failed'])
    })

    it('a held line that cannot be written stops neither the others nor the error line', async () => {
      const { messages } = await printed(name, log => {
        const order = hostile()
        log.debug(name === 'winston' ? { message: 'one', order } : { order }, 'one')
        log.debug('two')
        log.error('three')
      })
      assert.deepEqual(messages.slice(-2), ['two', 'three'])
    })

    it('the shared logger and its level stay as they are', async () => {
      const { lines, logger } = await printed(name, log => log.debug('held'))
      logger.debug('not written')
      logger.info('written')
      await sleep(10)
      assert.deepEqual(
        lines.map(line => line.message),
        ['written'],
      )
    })

    it('an application that lowers the level later writes its debug lines at once', async () => {
      const { messages } = await printed(name, log => {
        if (name === 'bunyan') log.level('debug')
        else if (name === 'winston') log.transports[0].level = 'debug'
        else log.level = 'debug'
        log.debug('at once')
        log.info('behind')
      })
      assert.deepEqual(messages, ['at once', 'behind'])
    })

    it('a level that is enabled is not held', async () => {
      const { messages } = await printed(name, log => {
        log.info('one')
        log.warn('two')
      })
      assert.deepEqual(messages, ['one', 'two'])
    })
  })
}

it('a child of pino can log by its own levels', async () => {
  const { messages } = await printed('pino', log => {
    const child = log.child({}, { customLevels: { fine: 25, grave: 55 } })
    child.fine('fine')
    child.grave('grave')
  })
  assert.deepEqual(messages, ['grave'])
})

it('a held line of winston is written where each transport has its own level', async () => {
  const winston = require('winston')
  const lines: Printed[] = []
  const stream = streamTo(text => lines.push(read(text)))
  const transports = [new winston.transports.Stream({ stream, level: 'warn' })]
  await inRequest({ logger: winston.createLogger({ transports }), debugOnError: true }, (log: any) => {
    log.debug('one')
    log.info('two')
    log.error('three')
  })
  assert.deepEqual(
    lines.map(line => line.message),
    ['one', 'two', 'three'],
  )
})

it('redaction applies to a held line', async () => {
  const { lines } = await printed('pino with formatters, redaction and a mixin', log => {
    log.debug({ secret: 'token' }, 'held')
    log.error('failed')
  })
  assert.equal(lines[0].secret, '[Redacted]')
  assert.equal(lines[0].mixed, true)
})

it('a line of level error keeps the trace with keepOnError', async () => {
  await printed('pino', log => log.error('kept by its line'), { keepOnError: true, tags: { which: 'kept' } })
  const kept = await agent.waitForSpan(span => span.meta.which === 'kept')
  assert.equal(kept.metrics._sampling_priority_v1, 2)
})

it('the access line counts lines and error lines', async () => {
  for (const name of Object.keys(loggers)) {
    const { lines } = await printed(
      name,
      log => {
        log.info('one')
        log.error('two')
        log.debug('not counted')
      },
      { accessLog: true },
    )
    const access = lines.find(line => line.outcome)
    assert.deepEqual([access?.lines, access?.error_lines], [2, 1], name)
  }
})

it('a logger by a function counts its lines', async () => {
  const lines: Printed[] = []
  const logger = (fields: object) => {
    const write = (level: string) => (message: string) => lines.push({ ...fields, level, message, time: 0 })
    return { info: write('info'), error: write('error') }
  }
  await inRequest({ logger, accessLog: true }, (log: any) => {
    log.info('one')
    log.error('two')
  })
  await sleep(20)
  const access = lines.at(-1)
  assert.deepEqual([access?.lines, access?.error_lines, access?.message.startsWith('GET / 200')], [2, 1, true])
})
