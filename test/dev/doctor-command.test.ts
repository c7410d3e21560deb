import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { doctorDocs } from '../../src/dev/doctor/explain'
import { doctor } from './doctor/spawn'

const dd = { trace_id: '6b02cac80000000072ed2db9f17da9fe', span_id: '8281325566447954430', service: 'shop' }
const good = JSON.stringify({ level: 30, time: 1795770826074, msg: 'loading', dd })
const numeric = JSON.stringify({
  level: 30,
  time: 1795770826074,
  msg: 'grüß dich',
  dd: { trace_id: 7482291040663559000 },
})
const start = JSON.stringify({ level: 30, time: 1795770826074, msg: 'listening' })
const log = [start, good, good, numeric, good, numeric, ''].join('\n')

let directory = ''
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-'))
})
after(() => rmSync(directory, { recursive: true }))

describe('spanlog doctor on a log', () => {
  it('tells each cause with its share, the first example, the reason and the code to change', async () => {
    const { code, stdout } = await doctor([file('app.log', log)])
    assert.equal(code, 1)
    assert.match(stdout, /✗ The ids are numbers {2}numeric-ids\n {2}2 of 6 lines \(33 %\), first in line 4:\n/)
    const [, above, below] = /\n( {2}4 │ .*)\n( *~+)\n/.exec(stdout) ?? []
    assert.equal(above.slice(below.indexOf('~'), below.length), '"trace_id":7482291040663559000')
    assert.match(above, /grüß dich/)
    assert.match(stdout, /Datadog links a line by an id that is a string/)
    assert.match(stdout, /mixin: \(\) => \{/, 'the line is of pino')
    assert.match(stdout, /✓ 3 lines are linked to a trace\./)
    assert.match(stdout, /✓ 1 line is probably outside of any request, where no ids are needed\./)
    assert.match(stdout, /Cannot be known here\n[\s\S]*older than 18 hours/)
    assert.doesNotMatch(stdout, /\x1b/)
  })

  it('prints JSON for programs', async () => {
    const { code, stdout } = await doctor(['--json'], { input: log })
    const { findings, lines, linked, outside, problems } = JSON.parse(stdout)
    assert.deepEqual(
      { code, lines, linked, outside, problems },
      { code: 1, lines: 6, linked: 3, outside: 1, problems: [] },
    )
    const [{ why, fix, title, ...finding }] = findings
    assert.deepEqual(finding, {
      code: 'numeric-ids',
      lines: 2,
      of: 6,
      share: 0.3333,
      example: { line: 4, text: numeric, mark: '"trace_id":7482291040663559000' },
    })
    assert.ok(why && fix && title)
  })

  it('ends with 0 when all is well', async () => {
    const { code, stdout } = await doctor([], { input: `${good}\n${good}` })
    assert.equal(code, 0)
    assert.match(stdout, /^Fine\n {2}✓ 2 lines are linked/)
  })

  it('says so when there is no line', async () => {
    const { code, stdout } = await doctor([], { input: '' })
    assert.deepEqual([code, stdout], [0, 'Not looked at\n  · There was no line to look at.\n'])
  })

  it('reads gzip, from a file and from standard input, and several files together', async () => {
    const gz = file('app.log.gz', gzipSync(log))
    assert.match((await doctor([gz])).stdout, /2 of 6 lines/)
    assert.match((await doctor([], { input: gzipSync(log) })).stdout, /2 of 6 lines/)
    assert.match((await doctor([gz, file('app.log', log)])).stdout, /4 of 12 lines/)
  })

  it('gives the same answer however the bytes are cut', async () => {
    const many = `${'x'.repeat(70_000)}\n${log.repeat(4000)}\r\n${numeric}`
    const { lines, linked, findings } = JSON.parse((await doctor(['--json'], { input: many })).stdout)
    assert.deepEqual([lines, linked, findings[0].lines, findings[0].example.line], [24_002, 12_000, 8001, 5])
  })

  it('paints on a terminal', async () => {
    const { stdout } = await doctor([file('app.log', log)], { env: { FORCE_COLOR: '1' } })
    assert.match(stdout, /\x1b\[31m"trace_id":7482291040663559000\x1b\[0m/)
  })

  it('lets no line of a log move the cursor', async () => {
    const { stdout } = await doctor([], {
      input: `${JSON.stringify({ traceId: dd.trace_id })}\n`.replace('{', '{"a":"\x1b[2J",'),
    })
    assert.doesNotMatch(stdout, /\x1b/)
  })

  it('compares with a baseline: only what is new counts', async () => {
    const baseline = file('doctor.json', (await doctor(['--json'], { input: log })).stdout)
    const same = await doctor(['--baseline', baseline], { input: log })
    assert.equal(same.code, 0)
    assert.match(same.stdout, /Known from the baseline\n {2}· The ids are numbers \(numeric-ids\): 2 of 6 lines/)
    const more = await doctor(['--baseline', baseline], { input: `${log}[0] ${good}\n` })
    assert.equal(more.code, 1)
    assert.match(more.stdout, /✗ There is text before the JSON/)
  })
})

describe('spanlog doctor on a project', () => {
  it('tells the places, and what it did not look at', async () => {
    const root = join(directory, 'shop')
    mkdirSync(root)
    writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { 'dd-trace': '5', pino: '10' } }))
    writeFileSync(join(root, 'app.js'), "const pino = require('pino')\nrequire('dd-trace').init()\n")
    writeFileSync(join(root, 'odd.js'), 'const = 1\n')
    writeFileSync(join(root, 'Dockerfile'), 'FROM node\nENV DD_LOGS_INJECTION=false\n')
    const { code, stdout } = await doctor([root])
    assert.equal(code, 1)
    assert.match(stdout, /one place, first in app\.js:1:\n {2}1 │ const pino = require\('pino'\)/)
    assert.match(stdout, /one place, first in Dockerfile:2:/)
    assert.match(stdout, /Not looked at\n {2}· odd\.js: it cannot be parsed/)
  })
})

describe('spanlog doctor, asked wrongly or given what is no log', () => {
  const cases: [what: string, args: () => string[], sentence: RegExp, input?: Buffer | string][] = [
    ['a file that is not there', () => ['none.log'], /There is no file `none\.log`\.\n/],
    ['a directory without package.json', () => [directory], /There is no package\.json in /],
    [
      'a binary file',
      () => [file('x.bin', Buffer.from([...Buffer.from('a\nb'), 0, 1, 2]))],
      /is not text: there is a zero byte after line 0/,
    ],
    [
      'a file of source',
      () => [file('late.js', "require('express')\n")],
      /`\S*late\.js` is source and no log: type `spanlog doctor \.` for source, or `cat \S*late\.js \| spanlog doctor` if it really/,
    ],
    ['a file of TypeScript', () => [file('late.mts', "import 'express'\n")], /late\.mts` is source and no log/],
    ['a package.json', () => [file('package.json', '{}\n')], /package\.json` is source and no log/],
    ['source that is not there', () => ['none.js'], /There is no file `none\.js`\.\n/],
    ['UTF-16', () => [file('x16.log', Buffer.from(`\ufeff${log}`, 'utf16le'))], /is UTF-16\. Convert it first: iconv/],
    ['a broken gzip', () => [file('x.gz', gzipSync(log.repeat(50)).subarray(0, 150))], /is a broken gzip/],
    [
      'a line without an end',
      () => ['-'],
      /Line 2 of `standard input` does not end within 64 MB/,
      Buffer.concat([Buffer.from('a\n'), Buffer.alloc(65 << 20, 'x')]),
    ],
    ['an unknown option', () => ['--jsn'], /--jsn/],
    ['an unknown code', () => ['--explain', 'none'], /There is no finding `none`\. There are: no-ids, /],
    [
      'a baseline that is not there',
      () => ['--baseline', 'none.json'],
      /`none\.json` is not there: make it by `spanlog doctor --json/,
    ],
    ['a baseline that is none', () => ['--baseline', file('bad.json', '[]')], /is no baseline/],
  ]
  for (const [what, args, sentence, input] of cases) {
    it(`says one sentence about ${what}`, async () => {
      const { code, stderr } = await doctor(args(), { input })
      assert.equal(code, 2)
      assert.match(stderr, sentence)
      assert.equal(stderr.trim().split('\n').length, 1, stderr)
    })
  }

  it('loses nothing that was found before', async () => {
    const { code, stdout, stderr } = await doctor([
      file('app.log', log),
      'none.log',
      file('cut.gz', gzipSync(log.repeat(50_000)).subarray(0, -8)),
    ])
    assert.equal(code, 2)
    assert.match(stdout, /✗ The ids are numbers[\s\S]*first in line 4/)
    assert.match(stdout, /of 300,\d\d\d lines/)
    assert.equal(stderr.trim().split('\n').length, 2)
  })
})

describe('what the doctor explains', () => {
  it('is what docs/doctor.md has', async () => {
    assert.equal(readFileSync('docs/doctor.md', 'utf8'), doctorDocs(), 'npm run docs:doctor')
    const { code, stdout } = await doctor(['--explain', 'numeric-ids'])
    assert.equal(code, 0)
    assert.ok(readFileSync('docs/doctor.md', 'utf8').includes(stdout.trim()))
  })

  it('has no tool in its help that is not there', async () => {
    const { stdout, code } = await doctor(['--help'])
    assert.equal(code, 0)
    for (const option of stdout.match(/--[a-z]+/g) ?? []) {
      const { stderr } = await doctor([option, 'x'], { input: '' })
      assert.doesNotMatch(stderr, /Unknown option/)
    }
  })
})
