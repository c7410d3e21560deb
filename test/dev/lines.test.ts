import './environment'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { type LogLine, parseLine } from '../../src/dev/agent/index'
import { OutputReader } from '../../src/dev/run/output'

const traceId = '6b02000000000000ffffffffffffffff'
const record = JSON.stringify({
  level: 40,
  time: 1700000000000,
  msg: 'low',
  sku: 'x',
  dd: { trace_id: traceId, span_id: '5' },
})

describe('what runs several programs', () => {
  for (const [by, prefix, service] of [
    ['concurrently', '[0] ', undefined],
    ['concurrently with names', '[web] ', 'web'],
    ['concurrently in colour', '\u001b[34m[web]\u001b[39m ', 'web'],
    ['Docker Compose 1', 'web_1  | ', 'web_1'],
    ['Docker Compose 2 in colour', '\u001b[36mweb-1  | \u001b[0m', 'web-1'],
    ['turbo', '@scope/api:dev: ', '@scope/api:dev'],
    ['foreman', '10:02:03 web.1 | ', 'web.1'],
    ['wireit', '[@scope/api:dev] ', '@scope/api:dev'],
  ] as const) {
    it(`has its prefix taken off: ${by}`, () => {
      const line = parseLine(prefix + record)
      assert.equal(line.raw, prefix + record)
      assert.deepEqual(pick(line), ['low', 'warn', traceId, '5', service, { sku: 'x' }])
    })
  }

  it('does not hide the service that a line tells itself', () => {
    const line = parseLine(`[web] ${record.replace('"span_id"', '"service":"shop","span_id"')}`)
    assert.equal(line.service, 'shop')
  })

  it('may stand in front of ids in brackets', () => {
    const line = parseLine(`web_1 | [dd.service=shop dd.trace_id=${traceId} dd.span_id=5] low on x`)
    assert.deepEqual(pick(line), ['low on x', '', traceId, '5', 'shop', {}])
  })

  it('may stand in front of ids and a record', () => {
    const line = parseLine(`[web] [dd.trace_id=${traceId} dd.span_id=5] {"level":40,"msg":"low"}`)
    assert.deepEqual(pick(line), ['low', 'warn', traceId, '5', 'web', {}])
  })

  for (const text of ['user created {"id":7}', 'got: {"id":7}', '{"a":1} and more', 'a > {b}', '[0] {"broken":']) {
    it(`is not seen in \`${text}\``, () => {
      assert.deepEqual(pick(parseLine(text)), [text, '', undefined, undefined, undefined, {}])
    })
  }
})

describe('a text with ids', () => {
  for (const [of, text, message, level] of [
    ['printf of winston', `info: low dd.trace_id=${traceId} dd.span_id=5`, undefined, 'info'],
    ['the simple format of winston', `warn: low {"dd":{"trace_id":"${traceId}","span_id":"5"}}`, undefined, 'warn'],
    ['Go', `2026/11/27 10:00:00 WARN low dd.trace_id="${traceId}" dd.span_id="5"`, undefined, 'warn'],
    [
      'Ruby',
      `[2026-11-27 10:00:00 +0000][shop][WARN][dd.env=dev dd.trace_id=${traceId} dd.span_id=5 ddsource=ruby] low`,
      'low',
      'warn',
    ],
    [
      'Python',
      `2026-11-27 10:00:00,123 WARNING [shop] [views.py:12] [dd.env=dev dd.trace_id=${traceId} dd.span_id=5] - low`,
      'low',
      'warning',
    ],
    ['logfmt', `level=warn msg=low trace_id=${traceId} span_id=5`, undefined, ''],
  ] as const) {
    it(`is linked: ${of}`, () => {
      const line = parseLine(text)
      assert.deepEqual(pick(line), [message ?? text, level, traceId, '5', undefined, {}])
    })
  }

  for (const text of [
    'no trace_id here',
    'trace_id=12 span_id=5',
    'dd.trace_id=0 dd.span_id=0',
    `traceId=${traceId}`,
  ]) {
    it(`is not linked by \`${text}\``, () => assert.equal(parseLine(text).traceId, undefined))
  }

  it('is read in time, however odd it is', () => {
    for (const odd of [
      '['.repeat(1e6),
      '[]'.repeat(1e6),
      'dd.trace_id'.repeat(1e5),
      `${'a '.repeat(1e6)}dd.trace_id=`,
      '{'.repeat(1e6),
    ]) {
      assert.equal(parseLine(odd).raw, odd)
    }
  })
})

describe('pino-pretty', () => {
  for (const options of [
    {},
    { colorize: true },
    { singleLine: true },
    { ignore: 'time,pid,hostname' },
    { translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l o' },
  ]) {
    it(`is read with ${JSON.stringify(options)}`, async () => {
      const lines = await linesOf(`
        const logger = require('pino')(require('pino-pretty')({ sync: true, colorize: false, ...${JSON.stringify(options)} }))
        const dd = { trace_id: '${traceId}', span_id: '5', service: 'shop' }
        logger.info('first')
        logger.warn({ dd, sku: 'x', deep: { a: [1, 2] } }, 'low')
        logger.error({ err: new Error('no stock') }, 'failed')`)
      assert.deepEqual(
        lines.map(({ message, level }) => [message, level]),
        [
          ['first', 'info'],
          ['low', 'warn'],
          ['failed', 'error'],
        ],
      )
      assert.deepEqual(pick(lines[1]), ['low', 'warn', traceId, '5', 'shop', { sku: 'x', deep: { a: [1, 2] } }])
      assert.match(JSON.stringify(lines[2].fields), /no stock/)
      if ('translateTime' in options) assert.ok(Math.abs(Date.now() - lines[0].time) < 60_000)
    })
  }
})

describe('consola and winston', () => {
  it('are plain lines with a level where they write no ids', async () => {
    const lines = await linesOf(`
      const { createConsola } = require('consola')
      createConsola({ fancy: false }).warn('low')
      const winston = require('winston')
      winston.createLogger({ format: winston.format.simple(), transports: [new winston.transports.Console()] }).warn('low')`)
    assert.deepEqual(
      lines.map(({ message, level, traceId }) => [message, level, traceId]),
      [
        ['[warn] low', 'warn', undefined],
        ['warn: low', 'warn', undefined],
      ],
    )
  })
})

describe('a reader of output', () => {
  for (const size of [1, 2, 7, 64]) {
    it(`passes each byte on, in parts of ${size}`, () => {
      const text = Buffer.from(`plain\n${record}\n\n[10:00:00.000] INFO: a\n    b: 1\nend\r\n\u00e4\u{1f600}\xff`)
      const { passed, lines, reader } = readerOf(line => line === record)
      for (let at = 0; at < text.length; at += size) reader.write(text.subarray(at, at + size))
      reader.end()
      assert.equal(Buffer.concat(passed).toString(), text.toString().replace(`${record}\n`, ''))
      assert.deepEqual(lines, ['plain', record, '', '[10:00:00.000] INFO: a\n    b: 1', 'end', '\u00e4\u{1f600}\u00ff'])
    })
  }

  it('passes a line on that takes too long, and reads it all the same', async () => {
    const { passed, lines, noted, reader } = readerOf(() => true)
    reader.write(Buffer.from(record.slice(0, 20)))
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.equal(Buffer.concat(passed).toString(), record.slice(0, 20))
    reader.write(Buffer.from(record.slice(20, 30)))
    assert.equal(Buffer.concat(passed).toString(), record.slice(0, 30))
    reader.write(Buffer.from(`${record.slice(30)}\nnext\n`))
    assert.equal(Buffer.concat(passed).toString(), `${record}\n`)
    assert.deepEqual([noted, lines], [[record], ['next']])
    reader.end()
  })
})

function readerOf(keeps: (line: string) => boolean) {
  const passed: Buffer[] = []
  const lines: string[] = []
  const noted: string[] = []
  const reader = new OutputReader({
    takeLine: line => {
      lines.push(line)
      return keeps(line)
    },
    noteLine: line => void noted.push(line),
    pass: bytes => void passed.push(Buffer.from(bytes)),
  })
  return { passed, lines, noted, reader }
}

function pick({ message, level, traceId, spanId, service, fields }: LogLine) {
  return [message, level, traceId, spanId, service, fields]
}

/** What `spanlog dev` reads in the output of a script. */
async function linesOf(script: string): Promise<LogLine[]> {
  const child = spawn(process.execPath, ['-e', script])
  const lines: LogLine[] = []
  const take = (text: string) => lines.push(parseLine(text)) > 0
  const readers = [child.stdout, child.stderr].map(stream => {
    const reader = new OutputReader({ takeLine: take, noteLine: take, pass: () => {} })
    stream.on('data', chunk => reader.write(chunk))
    return reader
  })
  await once(child, 'close')
  for (const reader of readers.reverse()) reader.end()
  return lines
}
