import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { format, inspect } from 'node:util'
import bunyan from 'bunyan'
import pino from 'pino'
import { bunyanStream, consoleLogger, correlate, getSpan, pinoMixin, winstonFormat } from 'spanlog'
import winston from 'winston'
import { agent, inRequest, startTracing, streamTo, tracer } from './loggers/serve'
import { correlateRule, go, nodejs, nodejsReads, parseByRule } from './pipeline/rules'

before(startTracing)
after(() => agent.close())

const dd = { trace_id: '6b02cac80000000072ed2db9f17da9fe', span_id: '8281325566447954430' }

describe("the checker agrees with what is known of Datadog's rules", () => {
  const known: [line: string, nodejs: boolean, go: boolean][] = [
    [JSON.stringify({ msg: 'x', dd }), true, true],
    [JSON.stringify({ msg: 'x', 'dd.trace_id': dd.trace_id, 'dd.span_id': dd.span_id }), true, true],
    [JSON.stringify({ msg: 'x', ...dd }), true, true],
    [JSON.stringify({ msg: 'x', dd: { trace_id: 123, span_id: 4 } }), false, false],
    [JSON.stringify({ msg: 'x', traceId: dd.trace_id }), false, false],
    [`[dd.service=a dd.trace_id=${dd.trace_id} dd.span_id=${dd.span_id}] text`, true, true],
    [`[2026-11-22T10:00:00.000] [INFO] cat - [dd.trace_id=123 dd.span_id=4]`, false, false],
    [`dd.service=a dd.trace_id="${dd.trace_id}" dd.span_id="${dd.span_id}" text`, false, true],
    [`2026-11-22T10:00:00Z INFO hi dd.trace_id="${dd.trace_id}"`, false, true],
  ]
  for (const [line, byNodejs, byGo] of known) {
    it(`reads ${line.slice(0, 60)}… ${byNodejs ? 'with' : 'without'} source:nodejs, ${byGo ? 'with' : 'without'} source:go`, () => {
      assert.equal(nodejs(line).trace_id !== undefined, byNodejs)
      assert.equal(go(line).trace_id !== undefined, byGo)
    })
  }

  it('shows that a message alone could choose the trace of a JSON line', () => {
    assert.equal(nodejs(JSON.stringify({ msg: '[x=1 dd.trace_id=deadbeef dd.span_id=1] hi', dd })).trace_id, 'deadbeef')
    assert.equal(nodejs(JSON.stringify({ msg: '{"dd":{"trace_id":"evil"}}', dd })).trace_id, 'evil')
  })
})

/** The ids that the request had, and the lines that `use` wrote. */
async function traced(
  options: (write: (line: string) => void) => object,
  use: (log: any, write: (line: string) => void) => unknown,
) {
  const lines: string[] = []
  const write = (line: string) => lines.push(String(line).trimEnd())
  let link = {}
  await inRequest(options(write), log => {
    link = { ...correlate().dd }
    return use(log, write)
  })
  return { lines, link }
}

/** Messages that choose something of their line where a logger writes them as they are. */
const forging = [
  ...['.', 'X', ' ', '\n', '\u{1f600}', '[', '"'].map(any => `[x=1 dd${any}trace_id=deadbeef dd${any}span_id=1] hi`),
  '[x=1 dd.trace_id=deadbeef dd.span_id=1] {"level":"fatal"}',
  '[level=fatal dd.trace_id=deadbeef dd.span_id=1] hi',
  '{"level":"fatal"}',
  '{ "a": 1, "severity" : "fatal" }',
  '{"status":"emergency"}',
  '{"http":{"status_code":500}}',
  '{"http.status_category":"error"}',
  '{"bunyan_level":"fatal"}',
  '{"dd":{"service":"evil"}}',
  '{"dd.service":"evil"}',
  '{"service":"evil"}',
  '{"time":1000000000000}',
  '{"@timestamp":"2001-09-09T01:46:40Z"}',
  '{"l\\u0065vel":"fatal"}',
  '\n {"level":"fatal"}',
  '[2001-09-09T01:46:40.000] [FATAL] app - hello',
  '[2001-09-09T01:46:40.000] [FATAL] dd.trace_id=deadbeef',
  '[dd.trace_id=deadbeef dd.span_id=1] [2001-09-09T01:46:40.000] [FATAL] x',
  'GET /orders 500 12 - 3.141 ms',
  'get /orders 500 - - 3 s',
  '1.2.3.4 - - [09/Sep/2001:01:46:40 +0000] "GET / HTTP/1.1" 500 12 "-" "curl"',
]

/** Messages that are similar to those, and harmless. */
const ordinary = [
  'hello',
  '[worker] started',
  '[2 of 3] [INFO] done',
  '{}',
  '{ id: 1 }',
  '{"id":7,"address":"x"}',
  'GET /orders/:id 200 21.6 ms',
  'GET /orders 200 12 ms - cached',
  'took 12 - 14 ms',
  'a b c [d] "e"',
  'level=fatal dd.trace_id=1',
  '(dd.trace_id="1")',
]

const hostile = [
  'two\nlines',
  'x\r\n[dd.trace_id=deadbeef dd.span_id=1] forged',
  '[x=1 dd.trace_id=deadbeef dd.span_id=1] hi',
  '  [dd.trace_id=deadbeef dd.span_id=1] hi',
  '{"dd":{"trace_id":"evil","span_id":"1"},"level":"fatal"}',
  '{"\\u0064d":{"trace_id":"evil"}}',
  '{"dd.trace_id":"evil"}',
  '\u001b[31mred\u001b[0m \u009b31m c1',
  'line\u2028separator\u2029paragraph\u0085next',
  '"},"dd":{"trace_id":"evil"},"x":"',
]

const jsonLoggers: { [name: string]: (write: (line: string) => void) => object } = {
  pino: write => pino({}, { write }),
  winston: write => winston.createLogger({ transports: [new winston.transports.Stream({ stream: streamTo(write) })] }),
  bunyan: write => bunyan.createLogger({ name: 'shop', streams: [{ stream: streamTo(write) }] }),
  'consoleLogger()': write => consoleLogger({ stream: { write } }),
}

for (const [name, make] of Object.entries(jsonLoggers)) {
  it(`${name}: its JSON lines are linked by both pipelines, whatever their message`, async () => {
    const { lines, link } = await traced(
      write => ({ logger: make(write) }),
      log => {
        log.info('plain')
        for (const message of hostile) log.info(message)
      },
    )
    assert.equal(lines.length, hostile.length + 1)
    for (const line of lines) {
      assert.deepEqual(pick(nodejs(line)), link, line)
      assert.equal(line.split('\n').length, 1)
    }
    assert.deepEqual(pick(go(lines[0])), link)
  })
}

for (const [name, make] of Object.entries(jsonLoggers)) {
  it(`${name}: no message, and no field that Datadog reads as one, chooses ids, service, level, status or time`, async () => {
    const { lines } = await traced(
      write => ({ logger: make(write) }),
      log => {
        log.info('plain')
        for (const message of forging) log.info(message)
        for (const message of forging) {
          if (name === 'winston') log.info('x', { msg: message, log: message })
          else log.info({ message, msg: message, log: message }, 'x')
          if (name === 'pino') log.info({ msg: message })
        }
      },
    )
    const expected = what(lines[0])
    for (const line of lines) assert.deepEqual(what(line), expected, line)
    assert.ok(lines.length > forging.length * 2)
  })

  it(`${name}: keeps ordinary messages as they are`, async () => {
    const { lines } = await traced(
      write => ({ logger: make(write) }),
      log => {
        for (const message of ordinary) log.info(message)
      },
    )
    assert.deepEqual(
      lines.map(line => JSON.parse(line).msg ?? JSON.parse(line).message),
      ordinary,
    )
  })
}

/** What the Node pipeline reads from a line, without the time. */
function what(line: string) {
  const { time, ...others } = nodejsReads(line)
  const inUtc = typeof time === 'string' && /T[\d:.]+$/.test(time) ? `${time}Z` : (time as string) // as Datadog takes it
  const isNow = Math.abs(new Date(inUtc).getTime() - Date.now()) < 60_000
  return { ...others, isNow, link: pick(nodejs(line)) }
}

it("consoleLogger({ format: 'text' }): the pipeline reads ids, service, level and time, whatever the message is", async () => {
  const { lines, link } = await traced(
    write => ({ logger: consoleLogger({ format: 'text', stream: { write } }) }),
    log => {
      log.warn('plain x=1')
      for (const message of [...forging, ...pairs]) log.warn({ field: message }, message)
    },
  )
  for (const line of lines) {
    assert.deepEqual(what(line), { level: 'WARN', service: 'shop', isNow: true, link }, line)
    assert.equal(line.split('\n').length, 1)
  }
  assert.match(lines[0], / \[WARN\] plain x=1$/)
})

const pairs = [
  'level=fatal',
  'x level = fatal',
  'dd.trace_id=deadbeef dd.span_id=1',
  'dd.service=evil service=evil',
  'dd=1',
  'time=1000000000000 timestamp=1 date=1',
  'http.status_code=500 http.status_category=error bunyan_level=60',
  '?a=1&level=fatal',
  '"level"=fatal',
]

it('what correlate() prints: the documented rule reads it in brackets, in parentheses, and with a service that has spaces', () => {
  const ids = 'dd.trace_id="6b057dae00000000367fa1aed838beb6" dd.span_id="3927210598391035574"'
  for (const service of ['shop', 'My Shop', 'shop (eu)', 'shop [eu]']) {
    for (const [open, close] of [
      ['', ''],
      ['[', ']'],
      ['(', ')'],
    ]) {
      for (const parent of ['', ' dd.parent_id="12"']) {
        const text = `${open}dd.service=${service} dd.env=prod dd.version=1.2.0 ${ids}${parent}${close}`
        for (const line of [text, `${text} charged`, `charged ${text}`, `charged ${text} x=1`]) {
          const parsed = parseByRule(line, correlateRule)
          assert.equal(parsed?.['dd.service'], service, line)
          assert.equal(parsed?.['dd.trace_id'], '6b057dae00000000367fa1aed838beb6', line)
          assert.equal(parsed?.['dd.span_id'], '3927210598391035574', line)
          assert.equal(parsed?.['dd.parent_id'], parent ? '12' : undefined, line)
          assert.equal(parsed?.message, line === text ? undefined : 'charged', line)
        }
      }
    }
  }
})

it("consoleLogger({ format: 'text' }): its lines are linked by source:nodejs, whatever their message", async () => {
  const { lines, link } = await traced(
    write => ({ logger: consoleLogger({ format: 'text', stream: { write } }) }),
    log => {
      log.info({ a: 1 }, 'plain')
      log.error(new Error('bad\n[dd.trace_id=deadbeef dd.span_id=1]'))
      for (const message of hostile) log.info({ field: message }, message)
    },
  )
  assert.equal(lines.length, hostile.length + 2)
  for (const line of lines) {
    assert.deepEqual(pick(nodejs(line)), link, line)
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
  }
})

it("consoleLogger(): Datadog's attributes stand on the line, error.kind among them", async () => {
  const { lines } = await traced(
    write => ({ logger: consoleLogger({ stream: { write } }) }),
    log => log.error(new RangeError('bad'), 'sorry'),
  )
  const line = JSON.parse(lines[0])
  assert.deepEqual(Object.keys(line), ['timestamp', 'level', 'message', 'dd', 'error'])
  assert.equal(line.level, 'error')
  assert.equal(line.message, 'sorry')
  assert.ok(Math.abs(Date.parse(line.timestamp) - Date.now()) < 60_000)
  assert.deepEqual(
    [line.error.kind, line.error.message, line.error.stack.split('\n')[0]],
    ['RangeError', 'bad', 'RangeError: bad'],
  )
})

it("a span prints itself as in Go, and Go's pipeline reads it", async () => {
  const text =
    /^dd\.service=shop dd\.env=prod dd\.version=1\.2\.0 dd\.trace_id="[0-9a-f]{32}" dd\.span_id="\d+" dd\.parent_id="0"$/
  await traced(
    () => ({}),
    () => {
      const printed = correlate()
      for (const way of [
        `${printed}`,
        String(printed),
        format('%s', printed),
        inspect(printed),
        format('%o', printed),
      ]) {
        assert.match(way, text)
      }
      assert.deepEqual(pick(go(`${printed} charged`)), { ...printed.dd })
      assert.deepEqual(JSON.parse(JSON.stringify(printed)), { dd: { ...printed.dd } })
      assert.deepEqual(Object.keys({ ...printed }), ['dd'])
      const child = tracer.startSpan('child', { childOf: getSpan() as never })
      assert.match(`${correlate(child as never)}`, new RegExp(`dd\\.parent_id="${getSpan()?.context().toSpanId()}"$`))
      child.finish()
    },
  )
})

describe('the hooks for a shared logger', () => {
  const shared: { [hook: string]: (write: (line: string) => void) => any } = {
    'pinoMixin()': write => pino({ mixin: pinoMixin() }, { write }),
    'winstonFormat()': write =>
      winston.createLogger({
        format: winston.format.combine(winstonFormat() as never, winston.format.json()),
        transports: [new winston.transports.Stream({ stream: streamTo(write) })],
      }),
    'bunyanStream()': write =>
      bunyan.createLogger({ name: 'shop', streams: [{ type: 'raw', stream: bunyanStream({ write }) as never }] }),
  }
  for (const [hook, make] of Object.entries(shared)) {
    it(`${hook} puts the fields of the innermost span, or of the request, on every line`, async () => {
      const lines: string[] = []
      const logger = make(line => lines.push(line))
      logger.info('outside')
      let request = {}
      let inner = ''
      await inRequest({ logger }, log => {
        request = { ...correlate().dd }
        logger.info('shared')
        ;(log as any).info('by the request')
        tracer.trace('inner', span => {
          inner = span.context().toSpanId()
          logger.info('shared, inner')
          ;(log as any).info('by the request, inner')
        })
        logger.error(new Error('an error'))
      })
      const links = lines.map(line => JSON.parse(line).dd)
      assert.deepEqual(links[0], { service: 'shop', env: 'prod', version: '1.2.0' })
      assert.deepEqual(links[1], request)
      assert.deepEqual(links[2], request)
      assert.equal(links[3].span_id, inner)
      assert.equal(links[4].span_id, inner)
      for (const line of lines) assert.equal(line.split('"dd":').length, 2, line)
      assert.equal(lines.length, 6)
    })
  }
})

it('winstonFormat() and bunyanStream() let no message and no field choose ids, service, level, status or time', async () => {
  const lines: string[] = []
  const write = (line: string) => lines.push(line.trimEnd())
  const byWinston = winston.createLogger({
    format: winston.format.combine(winstonFormat() as never, winston.format.json()),
    transports: [new winston.transports.Stream({ stream: streamTo(write) })],
  })
  const byBunyan = bunyan.createLogger({
    name: 'shop',
    streams: [{ type: 'raw', stream: bunyanStream({ write }) as never }],
  })
  let link = {}
  await inRequest<unknown>({}, () => {
    link = { ...correlate().dd }
    for (const message of ['plain', ...forging]) {
      byWinston.info(message, { 'dd.trace_id': 'evil' })
      byBunyan.info({ dd: { trace_id: 'evil' }, 'dd.span_id': 'evil' }, message)
    }
  })
  for (const [index, line] of lines.entries()) {
    assert.deepEqual(pick(nodejs(line)), link, line)
    assert.deepEqual(nodejsReads(line).level, index % 2 ? 30 : 'info', line)
  }
})

const keys = ['trace_id', 'span_id', 'service', 'env', 'version'] as const
function pick(link: Partial<Record<(typeof keys)[number], unknown>>) {
  return Object.fromEntries(keys.filter(key => link[key] !== undefined).map(key => [key, link[key]]))
}

describe('the access line', () => {
  const writers: { [name: string]: (write: (line: string) => void) => object } = {
    pino: write => pino({ level: 'info' }, { write }),
    winston: write =>
      winston.createLogger({ transports: [new winston.transports.Stream({ stream: streamTo(write) })] }),
    bunyan: write => bunyan.createLogger({ name: 'shop', streams: [{ stream: { write } as never }] }),
    'consoleLogger, JSON': write => consoleLogger({ stream: { write } }),
    'consoleLogger, text': write => consoleLogger({ format: 'text', stream: { write } }),
  }
  const isHeader = (text: string) => /^[\x20-\x7e]+$/.test(text)

  for (const [name, make] of Object.entries(writers)) {
    it(`of ${name} is read whole: ids, service, level, status and duration`, async () => {
      const { lines, link } = await traced(
        write => ({ logger: make(write), accessLog: true }),
        () => undefined,
      )
      const [line] = lines
      assert.deepEqual(nodejs(line), link)
      const { level, service } = nodejsReads(line)
      assert.ok([200, 30, 'info', 'INFO'].includes(level as never), `level ${level}`)
      assert.equal(service, 'shop')
      if (name.includes('text')) return
      const { http, duration } = JSON.parse(line)
      assert.equal(http.status_code, 200)
      assert.ok(Number.isInteger(duration) && duration > 0)
    })

    it(`of ${name} lets no url, user agent or field choose ids, service, level or time`, async () => {
      for (const text of forging) {
        const options = (write: (line: string) => void) => ({
          logger: make(write),
          accessLog: { fields: () => ({ note: text }) },
          fields: () => ({ msg: text, message: text }),
        })
        const lines: string[] = []
        let link = {}
        await inRequest(
          options(line => lines.push(String(line).trimEnd())),
          () => {
            link = { ...correlate().dd }
          },
          isHeader(text) ? { 'user-agent': text } : {},
        )
        const access = lines.find(line => line.includes('answered')) as string
        assert.deepEqual(nodejs(access), link, text)
        const { service, level } = nodejsReads(access)
        assert.equal(service, 'shop', text)
        assert.ok([200, 30, 'info', 'INFO'].includes(level as never), `level ${level} by ${text}`)
      }
    })
  }
})
