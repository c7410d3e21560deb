import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildSync } from 'esbuild'
import { freePort } from '../free-port'
import { doctor } from './doctor/spawn'

const apps = 'test/dev/doctor/apps'

/** The fault of the application, and what the doctor must call it; nothing where it is well. */
const faults: [fault: string, code: string | undefined][] = [
  ['none', undefined],
  ['loaded-late', 'no-ids'],
  ['context-lost', 'context-lost'],
  ['frozen', 'frozen-id'],
  ['foreign', 'foreign-id'],
  ['filtered', 'trace-never-came'],
  ['unfinished', 'unfinished-span'],
  ['sampled-out', 'sampled-out'],
  ['half-id', 'half-id'],
  ['clock-skew', 'clock-skew'],
  ['no-agent', 'no-agent'],
  ['off', 'no-traces'],
  ['other-service', 'service-differs'],
]

describe('the doctor on a running application', { concurrency: 3 }, () => {
  for (const [fault, code] of faults) {
    it(code ? `finds ${code} where it is ${fault}` : 'finds nothing where all is well', async () => {
      const { report, stderr, exitCode } = await doctorOn(fault)
      assert.deepEqual(
        report.findings.map((finding: any) => finding.code),
        code ? [code] : [],
        stderr,
      )
      assert.equal(exitCode, code ? 1 : 0)
    })
  }
})

/** Ways to start an application. */
const starts: [how: string, command: string[], code: string | undefined][] = [
  ['ECMAScript modules without a loader', ['blog.mjs'], 'no-ids'],
  ['ECMAScript modules with --require only', ['-r', 'dd-trace/init', 'blog.mjs'], 'no-ids'],
  ['ECMAScript modules with --import', ['--import', 'dd-trace/initialize.mjs', 'blog.mjs'], undefined],
  ['tsx', ['--import', 'tsx', 'blog.mts'], 'no-ids'],
  ['tsx with --import', ['--import', 'dd-trace/initialize.mjs', '--import', 'tsx', 'blog.mts'], undefined],
  ['injection switched off', ['shop.cjs', 'injection-off'], 'no-ids'],
  ['dd-trace loaded first and started later', ['shop.cjs', 'started-later'], undefined],
  ['a bundle', ['bundle.cjs', 'none'], 'no-ids'],
]

describe('the doctor on ways to start', { concurrency: 3 }, () => {
  const bundle = `${apps}/bundle.cjs`
  before(() =>
    buildSync({
      entryPoints: [`${apps}/shop.cjs`],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      external: ['dd-trace'],
    }),
  )
  after(() => rmSync(bundle))

  for (const [how, command, code] of starts) {
    it(`finds ${code ?? 'nothing'} with ${how}`, async () => {
      const { report, stderr } = await doctorOnCommand(
        command.map(part => (/^\w+\.[cm][jt]s$/.test(part) ? `${apps}/${part}` : part)),
      )
      assert.deepEqual(
        report.findings.map((finding: any) => finding.code),
        code ? [code] : [],
        stderr,
      )
    })
  }
})

describe('the doctor on a Node that is too old for dd-trace', () => {
  const server = `require('http').createServer((_, res) => res.end(console.log('GET /'))).listen(process.env.PORT)`

  for (const [node, codes] of [
    ['>=99', ['tracer-needs-newer-node', 'no-traces']],
    ['>=18', ['no-traces']],
  ] as const) {
    it(`finds ${codes[0]} where dd-trace wants ${node} and sends nothing`, async () => {
      const cwd = mkdtempSync(join(tmpdir(), 'doctor-'))
      mkdirSync(join(cwd, 'node_modules/dd-trace'), { recursive: true })
      writeFileSync(join(cwd, 'node_modules/dd-trace/package.json'), JSON.stringify({ engines: { node } }))
      const PORT = String(await freePort())
      const args = ['--json', '--requests', `http://127.0.0.1:${PORT}/`, '--', process.execPath, '-e', server]
      const { stdout, stderr } = await doctor(args, { cwd, env: { PORT } })
      rmSync(cwd, { recursive: true })
      const found = JSON.parse(stdout).findings.map((finding: any) => finding.code)
      assert.deepEqual(
        found.filter((code: string) => code !== 'unsupported-logger'),
        codes,
        stderr,
      )
    })
  }
})

async function doctorOn(fault: string) {
  return doctorOnCommand([`${apps}/shop.cjs`, fault], fault === 'off' ? { DD_TRACE_ENABLED: 'false' } : {})
}

async function doctorOnCommand(command: string[], more: Record<string, string> = {}) {
  const port = await freePort()
  const home = `http://127.0.0.1:${port}/`
  const args = ['--json', '--requests', `${home}posts/7,${home}`, '--', process.execPath, ...command]
  const { stdout, stderr, code } = await doctor(args, { env: { PORT: String(port), ...more } })
  return { report: JSON.parse(stdout), stderr, exitCode: code }
}

/** What to ask each example for. */
const examples: Record<string, string[]> = {
  'express-pino': ['/posts/7', '/drafts/7'],
  'express-winston': ['/carts/7'],
  'express-console': ['/posts/7', '/drafts/7'],
  'koa-bunyan': ['/posts/7', '/drafts/7'],
  'koa-pino': ['/posts/7'],
  'express-cls-hooked': ['/orders'],
  'express-other-loggers': ['/tslog', '/log4js', '/roarr', '/consola', '/loglayer'],
}

describe('the doctor on the examples', { concurrency: 3 }, () => {
  for (const [name, paths] of Object.entries(examples)) {
    it(`finds nothing in ${name}.js`, async () => {
      const port = await freePort()
      const urls = paths.map(path => `http://localhost:${port}${path}`)
      const args = ['--json', '--requests', urls.join(), '--', process.execPath, `examples/${name}.js`]
      const { stdout, stderr, code } = await doctor(args, { env: { PORT: String(port) } })
      const { findings, linked } = JSON.parse(stdout)
      assert.deepEqual(findings, [], stderr)
      assert.equal(code, 0)
      assert.ok(linked > 0 || name === 'express-cls-hooked', stderr)
    })
  }

  it('finds nothing in what the demo prints', async () => {
    const { stdout, stderr, code } = await doctor(['--json', '--', process.execPath, 'examples/demo/index.js'])
    assert.deepEqual(JSON.parse(stdout).findings, [], stderr)
    assert.equal(code, 0)
  })

  it('finds nothing in the source of this project', async () => {
    const { stdout, code } = await doctor(['.'])
    assert.equal(code, 0, stdout)
  })
})

describe('a run of the doctor', { concurrency: 3 }, () => {
  const linked = JSON.stringify({
    level: 30,
    msg: 'loading',
    dd: { trace_id: '6b02cac80000000072ed2db9f17da9fe', span_id: '7' },
  })
  const script = `console.log('up'); process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1000)`

  it('ends after the time of --for', async () => {
    const { code, stderr } = await doctor(['--for', '500ms', '--', process.execPath, '-e', script])
    // On a busy machine it may be ended before it is up.
    assert.equal(code, 0)
    assert.match(stderr, /^(?:up\n)?$/)
  })

  it('says so when no request was made, and what to type', async () => {
    const { code, stdout } = await doctor(['--for', '500ms', '--', process.execPath, '-e', script])
    assert.equal(code, 0)
    const told = stdout.slice(stdout.indexOf('Not looked at')).replace(/\s+/g, ' ')
    assert.match(told, /No trace of a request arrived, so lines and traces were not compared\./)
    assert.match(told, /`spanlog doctor --requests http:\/\/localhost:3000\/ -- \S*node -e 'console/)
  })

  it('says nothing of requests when a line has ids', async () => {
    const { stdout } = await doctor(['--', process.execPath, '-e', `console.log('${linked}')`])
    assert.match(stdout, /no-agent/)
    assert.doesNotMatch(stdout, /Not looked at/)
  })

  for (const [what, args, sentence] of [
    [
      '--for',
      ['--', 'echo', '--for', '5s', 'x'],
      '`--for` after `--` belongs to the command. For the doctor, write it before: `spanlog doctor --for 5s -- echo x`.',
    ],
    [
      '--for and --requests',
      ['--json', '--', 'echo', '--for=5s', 'a b', '--requests', 'http://localhost:3000/?a=1'],
      "`--for` and `--requests` after `--` belong to the command. For the doctor, write them before: `spanlog doctor --json --for=5s --requests 'http://localhost:3000/?a=1' -- echo 'a b'`.",
    ],
  ] as const) {
    it(`says that ${what} after \`--\` is of the command, and passes it on`, async () => {
      const { stderr } = await doctor([...args])
      assert.equal(stderr, `spanlog doctor: ${sentence}\n${args.slice(args.indexOf('echo') + 1).join(' ')}\n`)
    })
  }

  it('says nothing about an option of the command that the doctor has, too', async () => {
    const { stderr } = await doctor(['--for', '20s', '--', 'echo', '--for', '5s'])
    assert.equal(stderr, '--for 5s\n')
  })

  it('ends with Ctrl-C, and tells what it has seen', async () => {
    const code = `console.log('GET /posts/7 200 3 ms'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['test/dev/doctor/command.cjs', '--json', '--', process.execPath, '-e', code])
    let stdout = ''
    child.stdout.on('data', part => (stdout += part))
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    const [exitCode] = await once(child, 'close')
    assert.deepEqual([exitCode, JSON.parse(stdout).findings[0].code], [1, 'unsupported-logger'])
  })

  it('ends with the command, and with what a shell has started', async () => {
    const { code, stdout } = await doctor(['--', 'sh', '-c', 'echo GET /posts/7 200 3 ms; exit 3'])
    assert.equal(code, 1)
    assert.match(stdout, /unsupported-logger/)
    const started = await doctor([
      '--for',
      '500ms',
      '--',
      'sh',
      '-c',
      `${process.execPath} -e "setInterval(() => {}, 1000)" & wait`,
    ])
    assert.equal(started.code, 0)
  })

  for (const [args, sentence] of [
    [['--', 'no-such-program'], /`no-such-program` cannot be run/],
    [['--'], /Put it after `--`: `spanlog doctor -- npm start`/],
    [['--for', 'soon', '--', 'node'], /`--for` must be a time such as 30s or 5m, not `soon`/],
    [['--requests', 'none.txt', '--', 'node'], /neither a URL that begins with http:\/\/ nor a file/],
    [
      ['--requests', 'http://127.0.0.1:1/', '--', process.execPath, '-e', '0'],
      /`http:\/\/127.0.0.1:1\/` was not answered/,
    ],
  ] as const) {
    it(`answers \`${args.join(' ')}\` with one sentence`, async () => {
      const { code, stderr } = await doctor([...args])
      assert.equal(code, 2)
      assert.match(stderr, sentence)
    })
  }
})
