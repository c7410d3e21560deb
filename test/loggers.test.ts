import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import bunyan from 'bunyan'
import pino from 'pino'
import { addFields, consoleLogger, correlate, type Fields, getLog } from 'spanlog'
import winston from 'winston'
import { keysOf } from './json-line'
import { agent, inRequest, startTracing, streamTo, tracer, type Write } from './loggers/serve'

before(startTracing)
after(() => agent.close())

const { format } = winston
const winstonWith = (write: Write, options: winston.LoggerOptions = {}) =>
  winston.createLogger({ transports: [new winston.transports.Stream({ stream: streamTo(write) })], ...options })

const circular: Fields = { name: 'circular' }
circular.self = circular
const hostile = {
  get sorry() {
    return 'a getter'
  },
  own: 1,
}

interface Case {
  title: string
  make(write: Write): any
  use(log: any): unknown
}

const pinoCases = (pino: any): Case[] => [
  {
    title: 'messages, fields and formats',
    make: w => pino({}, { write: w }),
    use: log => [log.info('a'), log.info({ a: 1 }, 'b %s', 'c'), log.error('%o', { x: 1 })],
  },
  {
    title: 'custom levels',
    make: w => pino({ customLevels: { audit: 35 } }, { write: w }),
    use: log => log.audit('who'),
  },
  {
    title: 'a level that is off',
    make: w => pino({ level: 'warn' }, { write: w }),
    use: log => [log.info('no'), assert.equal(log.isLevelEnabled('info'), false), log.warn('yes')],
  },
  {
    title: 'a level that is set later',
    make: w => pino({}, { write: w }),
    use: log => {
      log.level = 'debug'
      log.debug('now')
    },
  },
  {
    title: 'serializers',
    make: w => pino({ serializers: { user: (u: any) => u.id } }, { write: w }),
    use: log => log.info({ user: { id: 7, secret: 1 } }),
  },
  {
    title: 'redaction',
    make: w => pino({ redact: ['password', 'user.token'] }, { write: w }),
    use: log => log.info({ password: 'p', user: { token: 't' } }),
  },
  {
    title: 'formatters',
    make: w =>
      pino(
        { formatters: { level: (label: string) => ({ severity: label }), log: (o: object) => ({ ...o, more: 1 }) } },
        { write: w },
      ),
    use: log => log.info({ a: 1 }, 'x'),
  },
  {
    title: 'a mixin',
    make: w => pino({ mixin: () => ({ mixed: 1 }) }, { write: w }),
    use: log => log.info({ a: 1 }, 'x'),
  },
  {
    title: 'a nested key',
    make: w => pino({ nestedKey: 'payload' }, { write: w }),
    use: log => log.info({ a: 1 }, 'x'),
  },
  { title: 'a message prefix', make: w => pino({ msgPrefix: '[shop] ' }, { write: w }), use: log => log.info('x') },
  {
    title: 'a hook on log methods',
    make: w =>
      pino(
        {
          hooks: {
            logMethod(this: unknown, args: unknown[], method: (...args: unknown[]) => void) {
              method.apply(this, [{ hooked: args.length }, ...args.slice(-1)] as never)
            },
          },
        },
        { write: w },
      ),
    use: log => log.info('x'),
  },
  {
    title: 'a line without base, time or message',
    make: w => pino({ base: null, timestamp: false }, { write: w }),
    use: log => log.info({}),
  },
  {
    title: 'errors',
    make: w => pino({}, { write: w }),
    use: log => [log.error(new TypeError('bad')), log.error({ err: new Error('worse') }, 'm')],
  },
  {
    title: 'circular, frozen and BigInt',
    make: w => pino({}, { write: w }),
    use: log => [log.info(circular), log.info(Object.freeze({ a: 1 })), log.info({ n: 10n })],
  },
  {
    title: 'children and their options',
    make: w => pino({}, { write: w }),
    use: log => log.child({ a: 1 }, { msgPrefix: 'kid ', level: 'debug' }).child({ b: 2 }).debug('x'),
  },
  {
    title: 'bindings',
    make: w => pino({ base: null }, { write: w }),
    use: log => {
      const kid = log.child({ a: 1 })
      kid.setBindings({ b: 2 })
      kid.info({ bindings: kid.bindings() })
    },
  },
  {
    title: 'a request as fields',
    make: w => pino({}, { write: w }),
    use: log => log.info({ method: 'GET', headers: {}, socket: {}, url: '/' }),
  },
]

/** An older major, under its real name in a separate folder. */
const oldPino = (version: number) =>
  createRequire(join(__dirname, 'frameworks', `pino${version}`, 'package.json'))('pino')

/** What each logger can do, done by the bare logger and by `req.log`: the lines are the same but for their one `dd`. */
const same: { [logger: string]: Case[] } = {
  'pino 8.0': pinoCases(oldPino(80)),
  'pino 8': pinoCases(oldPino(8)),
  'pino 9': pinoCases(oldPino(9)),
  pino: [
    ...pinoCases(pino),
    {
      title: 'a __proto__ key', // pino 8 and 9 throw on one
      make: w => pino({}, { write: w }),
      use: log => log.info(JSON.parse('{"__proto__":{"x":1},"y":2}')),
    },
  ],
  winston: [
    {
      title: 'messages, meta and objects',
      make: w => winstonWith(w),
      use: log => [
        log.info('a'),
        log.info('b', { x: 1 }),
        log.log('info', 'c'),
        log.log({ level: 'warn', message: 'd', y: 2 }),
        log.info({ message: 'e', z: 3 }),
      ],
    },
    {
      title: 'splat',
      make: w => winstonWith(w, { format: format.combine(format.splat(), format.json()) }),
      use: log => [log.info('n %d of %s', 1, 'two', { meta: 3 }), log.info('plain', { meta: 4 })],
    },
    {
      title: 'default meta',
      make: w => winstonWith(w, { defaultMeta: { app: 'shop' } }),
      use: log => [
        log.info('a'),
        log.child({ app: 'kid' }).info('b'),
        log.child({ kid: 1 }).child({ grandkid: 2 }).warn('c'),
      ],
    },
    {
      title: 'errors',
      make: w => winstonWith(w, { format: format.combine(format.errors({ stack: true, cause: true }), format.json()) }),
      use: log => [
        log.error(new TypeError('bad', { cause: new Error('root') })),
        log.error('with', new Error('meta')),
        log.log('error', new Error('logged')),
      ],
    },
    {
      title: 'custom levels',
      make: w => winstonWith(w, { levels: { error: 0, info: 1, audit: 2 }, level: 'audit' }),
      use: log => [log.audit('who'), assert.equal(log.isAuditEnabled(), true)],
    },
    {
      title: 'a level called on its own',
      make: w => winstonWith(w),
      use: log => {
        const { info } = log
        info('detached')
      },
    },
    {
      title: 'a profile',
      make: w =>
        winstonWith(w, {
          format: format.combine(format((info: any) => ({ ...info, durationMs: 0 }))(), format.json()),
        }),
      use: log => log.startTimer().done({ message: 'done' }),
    },
    {
      title: 'BigInt, circular and frozen',
      make: w => winstonWith(w),
      use: log => [
        log.info('big', { n: 10n }),
        log.info('circular', { circular }),
        log.info('frozen', Object.freeze({ a: 1 })),
      ],
    },
    { title: 'a getter', make: w => winstonWith(w), use: log => log.info('x', hostile) },
  ],
  bunyan: [
    {
      title: 'messages, fields and formats',
      make: w => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write: w } as never }] }),
      use: log => [log.info('a'), log.info({ a: 1 }, 'b %s', 'c'), log.warn({ b: 2 })],
    },
    {
      title: 'serializers',
      make: w =>
        bunyan.createLogger({
          name: 'shop',
          serializers: { user: (u: any) => u.id },
          streams: [{ stream: { write: w } as never }],
        }),
      use: log => [log.info({ user: { id: 7 } }), log.child({ user: { id: 8 } }).info('x')],
    },
    {
      title: 'errors',
      make: w => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write: w } as never }] }),
      use: log => [log.error(new TypeError('bad')), log.error({ err: new Error('worse') }, 'm')],
    },
    {
      title: 'children and their levels',
      make: w => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write: w } as never }] }),
      use: log => {
        const kid = log.child({ a: 1 }).child({ b: 2 }, true)
        kid.info('x')
        log.child({ level: 'error' }).info('off')
      },
    },
    {
      title: 'raw streams',
      make: w =>
        bunyan.createLogger({
          name: 'shop',
          streams: [{ type: 'raw', stream: { write: (rec: any) => w(JSON.stringify(rec)) } as never }],
        }),
      use: log => log.info({ a: 1 }, 'raw'),
    },
    {
      title: 'circular and BigInt-free objects',
      make: w => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write: w } as never }] }),
      use: log => [log.info(circular), log.info(Object.freeze({ a: 1 }))],
    },
    {
      title: 'whether a level is on',
      make: w => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write: w } as never }] }),
      use: log => assert.deepEqual([log.info(), log.debug()], [true, false]),
    },
  ],
  console: [
    {
      title: 'messages, fields, formats and errors',
      make: w => consoleLogger({ stream: { write: w } }),
      use: log => [
        log.info('a %d', 1),
        log.warn({ a: 1 }, 'b'),
        log.error(new TypeError('bad')),
        log.error({ err: new Error('worse'), a: 2 }, 'm'),
      ],
    },
    {
      title: 'children and levels',
      make: w => consoleLogger({ stream: { write: w }, level: 'debug' }),
      use: log => [log.child({ a: 1 }).child({ b: 2 }).debug('x'), log.trace('off')],
    },
    {
      title: 'circular and BigInt',
      make: w => consoleLogger({ stream: { write: w } }),
      use: log => [log.info(circular), log.info({ n: 10n })],
    },
  ],
}

for (const [name, cases] of Object.entries(same)) {
  describe(`${name} stays itself`, () => {
    for (const { title, make, use } of cases) {
      it(`prints ${title} as it does without spanlog, and one dd`, async () => {
        const bare: string[] = []
        await use(make(line => bare.push(line)))
        const linked: string[] = []
        await inRequest({ logger: make(line => linked.push(line)) }, use)
        assert.deepEqual(linked.map(withoutDd), bare.map(comparable))
        for (const line of linked) assert.deepEqual(keysOf(line).filter(isDd), ['dd'], line)
      })
    }
  })
}

const isDd = (key: string) => key === 'dd' || key.startsWith('dd.')

/** Removes what differs between two runs: the time, and where in this file an error was made. */
function comparable(line: string): string {
  return line
    .trimEnd()
    .replace(/"(time|timestamp)":("[^"]*"|\d+),?/g, '')
    .replace(/\\n +at [^"]*/g, '')
}

function withoutDd(line: string): string {
  return comparable(line)
    .replace(/,?"dd":\{[^}]*\}/, '')
    .replace('{,', '{')
}

const makers: { [name: string]: (write: Write) => object } = {
  'pino 8.0': w => oldPino(80)({}, { write: w }),
  'pino 8': w => oldPino(8)({}, { write: w }),
  'pino 9': w => oldPino(9)({}, { write: w }),
  pino: w => pino({}, { write: w }),
  winston: w => winstonWith(w),
  bunyan: w => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write: w } as never }] }),
  console: w => consoleLogger({ stream: { write: w } }),
  function: w => (fields: object) => plain(fields, w) as never,
}

function plain(fields: object, write: Write): object {
  const print = (more: unknown, message: string) => write(JSON.stringify({ ...fields, ...(more as object), message }))
  return {
    info: (first: any, second?: any) => (typeof first === 'string' ? print(second, first) : print(first, second)),
    child: (more: object) => plain({ ...fields, ...more }, write),
  }
}

for (const [name, make] of Object.entries(makers)) {
  const log = (logger: any, fields: object, message: string) =>
    name === 'winston' ? logger.info(message, fields) : logger.info(fields, message)

  const linesOf = async (use: (logger: any) => unknown, options = {}): Promise<any[]> => {
    const lines: string[] = []
    await inRequest({ logger: make(line => lines.push(line)), ...options }, use)
    for (const line of lines) assert.ok(keysOf(line).filter(isDd).length <= 1, `one dd: ${line}`)
    return lines.map(line => JSON.parse(line))
  }

  describe(`a request's ${name} logger`, () => {
    it('takes the fields that are added later, on children already made too', async () => {
      const [before, after] = await linesOf(logger => {
        const kid = logger.child({ kid: true })
        kid.info('before')
        addFields({ user: 7 })
        kid.info('after')
      })
      assert.equal(before.user, undefined)
      assert.equal(after.user, 7)
      assert.equal(after.kid, true)
    })

    it('starts with the fields of the options', async () => {
      const [line] = await linesOf(logger => logger.info('x'), { fields: (req: any) => ({ path: req.url }) })
      assert.equal(line.path, '/')
    })

    it("does not let a caller's fields choose the trace", async () => {
      const body = JSON.parse('{"dd":{"trace_id":"666","span_id":"1"},"dd.trace_id":"667","ok":1}')
      const [clean, forged, kid] = await linesOf(logger => {
        logger.info('clean')
        log(logger, body, 'forged')
        log(logger.child(body), {}, 'kid')
      })
      for (const line of [forged, kid]) {
        assert.deepEqual(line.dd, clean.dd)
        assert.equal(line['dd.trace_id'], undefined)
        assert.deepEqual(line._dd, { trace_id: '666', span_id: '1' })
        assert.equal(line.ok, 1)
      }
      assert.deepEqual(Object.keys(body), ['dd', 'dd.trace_id', 'ok'], "the caller's object is unchanged")
    })

    it('links a line to another span on purpose, by correlate()', async () => {
      const other = tracer.startSpan('other')
      const [fields, kid] = await linesOf(logger => {
        log(logger, { ...correlate(other as never) }, 'charged')
        log(logger.child({ ...correlate(other as never) }), {}, 'kid')
      })
      other.finish()
      assert.equal(fields.dd.span_id, other.context().toSpanId())
      assert.equal(kid.dd.span_id, other.context().toSpanId())
    })

    it('does not let a message pass for a line with ids', async () => {
      const messages = ['[x=1 dd.trace_id=deadbeef dd.span_id=1] hi', '{"dd":{"trace_id":"evil"}}', '{"\\u0064d":{}}']
      const lines = await linesOf(logger => messages.map(message => logger.info(message)))
      assert.deepEqual(
        lines.map(line => line.msg ?? line.message),
        messages.map(m => `| ${m}`),
      )
    })

    it('is the logger that getLog() returns', async () => {
      const lines = await linesOf(logger => {
        assert.equal(getLog(), logger)
        ;(getLog() as any).info('x')
      })
      assert.equal(lines.length, 1)
    })

    it('has the service and no trace ids where the request is skipped', async () => {
      const [line] = await linesOf(logger => tracer.trace('inner', () => logger.info('x')), { skip: () => true })
      assert.deepEqual(line.dd, { service: 'shop', env: 'prod', version: '1.2.0' })
    })

    it('carries the service of the span, as the agent writes it', async () => {
      const [line] = await linesOf(logger => logger.info('x'), { service: 'My Shop!!' })
      assert.equal(line.dd.service, 'my_shop')
    })
  })
}

it('reaches a transport of pino that runs in a worker', async () => {
  const destination = join(mkdtempSync(join(tmpdir(), 'spanlog-')), 'lines')
  const logger = pino({ transport: { target: 'pino/file', options: { destination } } })
  await inRequest<pino.Logger>({ logger }, log => log.child({ kid: true }).info('by a worker'))
  for (let waited = 0; waited < 5000 && !(existsSync(destination) && readFileSync(destination).length); waited += 20)
    await sleep(20)
  const line = readFileSync(destination, 'utf8').trim()
  assert.deepEqual(keysOf(line).filter(isDd), ['dd'])
  assert.match(JSON.parse(line).dd.trace_id, /^[0-9a-f]{32}$/)
})

it("adds no foreign dd when winston's splat merges its arguments", async () => {
  const lines: string[] = []
  const logger = winstonWith(line => lines.push(line), { format: format.combine(format.splat(), format.json()) })
  await inRequest<winston.Logger>({ logger }, log => log.info('paid by %s', 'card', { dd: { trace_id: '666' } }))
  const { dd, _dd } = JSON.parse(lines[0])
  assert.match(dd.trace_id, /^[0-9a-f]{32}$/)
  assert.deepEqual(_dd, { trace_id: '666' })
})

it('has one dd on a line where the shared logger has a dd bound', async () => {
  const lines: string[] = []
  const bound = pino({ base: { pid: 1, dd: { service: 'static' } } }, { write: line => lines.push(line) })
  const meta = winstonWith(line => lines.push(line), { defaultMeta: { dd: { service: 'static' } } })
  const named = bunyan.createLogger({
    name: 'shop',
    dd: { service: 'static' },
    streams: [{ stream: streamTo(line => lines.push(line)) }],
  })
  for (const logger of [bound, meta, named]) await inRequest<any>({ logger }, log => log.info('x'))
  for (const line of lines) {
    assert.deepEqual(keysOf(line).filter(isDd), ['dd'], line)
    assert.ok(JSON.parse(line).dd.trace_id, line)
  }
  assert.equal(lines.length, 3)
})

it('makes no logger for a request that logs nothing', async () => {
  let made = 0
  const logger = (fields: object) => {
    made++
    return plain(fields, () => undefined)
  }
  await inRequest({ logger })
  assert.equal(made, 0)
})
