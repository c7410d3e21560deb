import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

describe('spanlog dev', () => {
  it('prints each trace of the command with its lines, passes other lines on, and ends with its code', async () => {
    const { code, stdout, stderr } = await spanlog('dev', '--', 'node', '-e', traced)
    assert.equal(code, 3)
    assert.match(stderr, /spanlog: agent on http:\/\/127\.0\.0\.1:\d+, running node/)
    const rows = stdout.split('\n')
    const at = (text: string) => rows.findIndex(row => row.includes(text))
    assert.equal(rows[0], 'a line of its own')
    assert.match(stdout, /GET \/posts\/:id .*\n.*1 service · 2 spans · 2 log lines/)
    assert.ok(at('on standard error') > 0)
    assert.ok(at('shop  GET /posts/:id') < at('info  loading'))
    assert.ok(at('shop  query SELECT 1') < at('warn  slow query'))
    assert.ok(!stdout.includes('"trace_id"'), 'a line with ids is shown once, in its trace')
  })

  it('leaves the settings of the tracer that the user made', async () => {
    const show = 'console.log(process.env.DD_TRACE_FLUSH_INTERVAL, process.env.DD_RUNTIME_METRICS_ENABLED)'
    const { stdout } = await spanlogWith({ DD_TRACE_FLUSH_INTERVAL: '1234' }, 'dev', '--', 'node', '-e', show)
    assert.equal(stdout, '1234 false\n')
  })

  it('passes arguments through, also those that look like its own', async () => {
    const { stdout } = await spanlog(
      'dev',
      '--',
      'node',
      '-p',
      'process.argv.slice(1).join()',
      '--',
      '--port',
      'x',
      '--help',
    )
    assert.equal(stdout, '--port,x,--help\n')
  })

  it('says so when no trace came', async () => {
    const { code, stderr } = await spanlog('dev', '--', 'node', '-e', '0')
    assert.equal(code, 0)
    assert.match(stderr, /no trace arrived\. Does the application start the tracer/)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`hands ${signal} to the command and waits for its end`, async () => {
      const script = `process.on('${signal}', () => { console.log('bye'); process.exit(5) }); console.log('up'); setInterval(() => {}, 1000)`
      const child = start({}, 'dev', '--', 'node', '-e', script)
      await once(child.stdout, 'data')
      child.kill(signal)
      const [[part], [code]] = await Promise.all([once(child.stdout, 'data'), once(child, 'close')])
      assert.deepEqual([String(part), code], ['bye\n', 5])
    })
  }

  it('ends with 128 and the signal that killed the command', async () => {
    const { code } = await spanlog('dev', '--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")')
    assert.equal(code, 137)
  })
})

describe('spanlog on the command line', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    assert.deepEqual(await spanlog('--version'), { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('tells how it is used', async () => {
    const { code, stdout } = await spanlog('--help')
    assert.equal(code, 0)
    assert.match(stdout, /spanlog dev -- node app\.js/)
  })

  for (const [args, sentence] of [
    [[], /Usage: spanlog dev/],
    [['serve'], /Unknown command `serve`\. Type `spanlog dev -- node app\.js`/],
    [['dev'], /Put it after `--`: `spanlog dev -- node app\.js`/],
    [['dev', '--'], /Put it after `--`/],
    [['dev', 'node', 'app.js'], /Put `--` before the command: `spanlog dev -- node app\.js`/],
    [['dev', '--prot', '1', '--', 'node'], /--prot/],
    [['dev', '--port', 'abc', '--', 'node'], /`--port` must be a number from 0 to 65535, not `abc`/],
  ] as const) {
    it(`answers \`spanlog ${args.join(' ')}\` with what to type instead`, async () => {
      const { code, stderr } = await spanlog(...args)
      assert.equal(code, 2)
      assert.match(stderr, sentence)
    })
  }

  it('says which command it could not run', async () => {
    const { code, stderr } = await spanlog('dev', '--', 'no-such-program')
    assert.equal(code, 1)
    assert.match(stderr, /spanlog: cannot run `no-such-program`/)
  })
})

const traced = `
  const tracer = require('dd-trace').init({ service: 'shop' })
  const logger = require('pino')()
  console.log('a line of its own')
  console.error('on standard error')
  tracer.trace('web.request', { resource: 'GET /posts/:id', type: 'web' }, () => {
    logger.info('loading')
    tracer.trace('query', { resource: 'SELECT 1' }, () => logger.warn('slow query'))
  })
  process.exitCode = 3
`

function spanlog(...args: string[]) {
  return spanlogWith({}, ...args)
}

async function spanlogWith(env: Record<string, string>, ...args: string[]) {
  const child = start(env, ...args)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', part => (output.stdout += part))
  child.stderr.on('data', part => (output.stderr += part))
  const [code] = await once(child, 'close')
  return { code, ...output }
}

function start(env: Record<string, string>, ...args: string[]) {
  return spawn(process.execPath, ['dist/dev/cli.js', ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
}
