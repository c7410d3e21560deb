import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TraceDetail, TraceRow } from '../../src/dev/api'
import { ended, get, runtimeFolder, spanlog, start, startDev, until } from './spanlog'

const runtimeFile = join(runtimeFolder, `spanlog-${process.getuid?.()}.json`)

describe('spanlog dev', () => {
  it('prints each trace of the command with its lines and a link, passes other lines on, and ends with its code', async () => {
    const { code, stdout, stderr } = await spanlog(['dev', '--', 'node', '-e', traced])
    assert.equal(code, 3)
    const [, url] = /^spanlog: (http:\/\/127\.0\.0\.1:\d+).*, running node/.exec(stderr) ?? []
    assert.ok(url, stderr)
    const rows = stdout.split('\n')
    const at = (text: string) => rows.findIndex(row => row.includes(text))
    assert.equal(rows[0], 'a line of its own')
    assert.match(stdout, /GET \/posts\/:id .*\n.*1 service · 2 spans · 2 log lines/)
    assert.match(stdout, new RegExp(`trace ([0-9a-f]{32}).*\\n${url}/#/trace/\\1\\n`))
    assert.ok(at('shop  GET /posts/:id') < at('info  loading'))
    assert.ok(at('shop  query SELECT 1') < at('warn  slow query'))
    assert.ok(!stdout.includes('"trace_id"'), 'a line with ids is shown once, in its trace')
    assert.match(stderr, /^on standard error$/m)
  })

  it('leaves the settings of the tracer that the user made', async () => {
    const show = 'console.log(process.env.DD_TRACE_FLUSH_INTERVAL, process.env.DD_RUNTIME_METRICS_ENABLED)'
    const { stdout } = await spanlog(['dev', '--', 'node', '-e', show], { env: { DD_TRACE_FLUSH_INTERVAL: '1234' } })
    assert.equal(stdout, '1234 false\n')
  })

  it('takes away the settings that would keep traces from it, and says so', async () => {
    const env = {
      DD_TRACE_ENABLED: 'false',
      OTEL_TRACES_EXPORTER: 'otlp',
      DD_TRACE_AGENT_PROTOCOL_VERSION: '1.0',
      DD_TRACE_EXPERIMENTAL_EXPORTER: 'log',
      _DD_APM_TRACING_AGENTLESS_ENABLED: 'true',
      DD_TRACE_AGENT_URL: 'http://127.0.0.1:1',
    }
    const { stderr, stdout } = await spanlog(['dev', '--', 'node', '-e', traced], { env })
    const { DD_TRACE_AGENT_URL: _, ...cleared } = env
    for (const [name, value] of Object.entries(cleared))
      assert.ok(stderr.includes(`spanlog: ${name}=${value} would keep traces away: unset for the command\n`), stderr)
    assert.match(stdout, /1 service · 2 spans/)
  })

  it('passes arguments through, also those that look like its own', async () => {
    const program = ['node', '-p', 'process.argv.slice(1).join()', '--', '--port', 'x', '--help']
    const { stdout } = await spanlog(['dev', '--', ...program])
    assert.equal(stdout, '--port,x,--help\n')
  })

  it('says so when no trace came', async () => {
    const { code, stderr } = await spanlog(['dev', '--', 'node', '-e', '0'])
    assert.equal(code, 0)
    assert.match(stderr, /the command ended, and no trace arrived\. Does the application start the tracer/)
  })

  it('says nothing of traces to a command that crashed', async () => {
    const { code, stderr } = await spanlog(['dev', '--', 'node', '-e', 'throw new Error("no port")'])
    assert.equal(code, 1)
    assert.match(stderr, /Error: no port/)
    assert.doesNotMatch(stderr, /no trace/)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`hands ${signal} to the command and waits for its end`, async () => {
      const script = `process.on('${signal}', () => { console.log('bye'); process.exit(5) }); console.log('up'); setInterval(() => {}, 1000)`
      const { child, output } = start(['dev', '--', 'node', '-e', script])
      await until(() => output.stdout === 'up\n')
      child.kill(signal)
      assert.equal(await ended(child), 5)
      assert.equal(output.stdout, 'up\nbye\n')
    })
  }

  it('hands a signal also to what a shell has started', async () => {
    const script = `process.on('SIGTERM', () => { console.log('bye'); process.exit(5) }); console.log('up'); setInterval(() => {}, 1000)`
    const { child, output } = start(['dev', '--', 'sh', '-c', 'node -e "$0"; echo over', script])
    await until(() => output.stdout === 'up\n')
    child.kill('SIGTERM')
    await ended(child)
    assert.match(output.stdout, /^up\nbye\n/)
  })

  it('ends with 128 and the signal that killed the command', async () => {
    const { code } = await spanlog(['dev', '--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")'])
    assert.equal(code, 137)
  })

  it('ends although the command left a process behind that holds its output open', async () => {
    const leave = `require('child_process').spawn('sleep', ['60'], { stdio: 'inherit', detached: true }).unref(); console.log('left', process.pid)`
    const { code, stdout } = await spanlog(['dev', '--', 'node', '-e', leave])
    assert.equal(code, 0)
    assert.match(stdout, /^left/)
  })

  it('gives the command its standard input', async () => {
    const { child, output } = start(['dev', '--', 'node', '-e', 'process.stdin.pipe(process.stdout)'])
    child.stdin.end('typed')
    await ended(child)
    assert.equal(output.stdout, 'typed')
  })

  it('shows a prompt before it is answered', async () => {
    const ask = `process.stdout.write('name? '); process.stdin.once('data', name => { console.log('hi ' + name); process.exit() })`
    const { child, output } = start(['dev', '--', 'node', '-e', ask])
    await until(() => output.stdout === 'name? ')
    child.stdin.end('Ann')
    await ended(child)
    assert.equal(output.stdout, 'name? hi Ann\n')
  })

  it('lets Ctrl-C in a terminal reach the command once, and ends with its code', async () => {
    const script = `let times = 0; process.on('SIGINT', () => { console.log('SIGINT ' + ++times); setTimeout(() => process.exit(7), 300) }); console.log('it runs'); setInterval(() => {}, 1000)`
    // `exec`: some shells stay between the terminal and us, and end with 130 themselves.
    const command = `exec ${process.execPath} dist/dev/cli.js dev --port 0 -- node ${fileOf(script)}`
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, XDG_RUNTIME_DIR: runtimeFolder },
    })
    let shown = ''
    child.stdout.on('data', part => (shown += part))
    await until(() => shown.includes('it runs\r\n'))
    child.stdin.write('\u0003')
    assert.equal(await ended(child), 7)
    assert.deepEqual(shown.match(/SIGINT \d/g), ['SIGINT 1'])
  })

  it('asks for colours only where its output is a terminal that wants them', async () => {
    const show = 'console.log(process.env.FORCE_COLOR)'
    const { stdout } = await spanlog(['dev', '--', 'node', '-e', show])
    assert.equal(stdout, 'undefined\n')
    const inTerminal = (env: Record<string, string>) => {
      const command = `${process.execPath} dist/dev/cli.js dev --port 0 -- node -e "${show}"`
      return run('script', ['-qec', command, '/dev/null'], { TERM: 'xterm-256color', ...env })
    }
    assert.match(await inTerminal({}), /^2\r$/m)
    assert.match(await inTerminal({ NO_COLOR: '1' }), /^undefined\r$/m)
    assert.match(await inTerminal({ FORCE_COLOR: '0' }), /^0\r$/m)
  })
})

describe('what spanlog dev runs', () => {
  it('is the `dev` script of the nearest package.json', async () => {
    const folder = project({ scripts: { dev: 'node -p 1+1', start: 'node -p 2' } })
    mkdirSync(join(folder, 'src'))
    const { stdout, stderr, code } = await spanlog(['dev'], { cwd: join(folder, 'src') })
    assert.equal(code, 0)
    assert.match(stderr, /running npm run dev \(the script `dev` of \.\.\/package\.json\)/)
    assert.match(stdout, /^2$/m)
  })

  it('is the `start` script where there is no `dev`, or `dev` is spanlog itself', async () => {
    for (const dev of [undefined, 'spanlog dev', 'npx spanlog dev']) {
      const { stdout, stderr } = await spanlog(['dev'], { cwd: project({ scripts: { dev, start: 'node -p 3+4' } }) })
      assert.match(stderr, /running npm run start \(the script `start` of package\.json\)/)
      assert.match(stdout, /^7$/m)
    }
  })

  it('is told where there is no script', async () => {
    const { code, stderr } = await spanlog(['dev'], { cwd: project({ scripts: { test: 'x' } }) })
    assert.equal(code, 2)
    assert.match(
      stderr,
      /No package\.json with a `dev` or `start` script is here\. Type what should run: `spanlog dev -- node app\.js`/,
    )
  })

  it('is run by the package manager of the project', async () => {
    const folder = project({ packageManager: 'pnpm@9.0.0', scripts: { dev: 'x' } })
    writeFileSync(join(folder, 'pnpm'), '#!/bin/sh\necho "pnpm $@"\n')
    chmodSync(join(folder, 'pnpm'), 0o755)
    const { stdout } = await spanlog(['dev'], { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } })
    assert.equal(stdout, 'pnpm run dev\n')
  })

  it('may be one text that a shell has to read', async () => {
    const { stdout } = await spanlog(['dev', '--', 'node -p 1 && node -p 2'])
    assert.equal(stdout, '1\n2\n')
  })

  it('may be a file with a space in its name', async () => {
    const file = join(project({}), 'my program')
    writeFileSync(file, '#!/bin/sh\necho ran\n')
    chmodSync(file, 0o755)
    assert.equal((await spanlog(['dev', '--', file])).stdout, 'ran\n')
  })

  it('is nothing with `--listen`, and any tracer of this machine may report', async () => {
    const panel = await startDev(['--listen'])
    await run(process.execPath, ['-e', traced], { DD_TRACE_AGENT_URL: panel.url })
    await until(() => /GET \/posts\/:id/.test(panel.output.stdout))
    assert.equal((await panel.state()).running, false)
    assert.equal(await panel.end('SIGINT'), 0)
  })

  it('is over while the page stays, with `--stay`', async () => {
    const panel = await startDev(['--stay', '--', 'node', '-e', traced])
    await until(() => /the command ended with 3/.test(panel.output.stderr))
    const { running, exitCode, traces } = await panel.state()
    assert.deepEqual([running, exitCode, traces], [false, 3, 1])
    assert.equal(await panel.end('SIGINT'), 3)
  })
})

describe('an application without spanlog', () => {
  it('is shown with its status also under the names of OpenTelemetry', async () => {
    const server = `
      require('dd-trace').init({ service: 'shop', plugins: true })
      const http = require('http')
      const server = http.createServer((req, res) => { res.statusCode = 404; res.end() })
      server.listen(0, () => http.get({ port: server.address().port, path: '/a' }, res => res.resume().on('end', () => server.close())))`
    for (const DD_TRACE_OTEL_SEMANTICS_ENABLED of ['true', 'false']) {
      const { stdout } = await spanlog(['dev', '--', 'node', '-e', server], {
        env: { DD_TRACE_OTEL_SEMANTICS_ENABLED },
      })
      assert.match(stdout, /shop {2}GET.* {2}404/)
    }
  })
})

describe('several programs under spanlog dev', () => {
  it('that concurrently starts have their lines read behind its prefix', async () => {
    const file = fileOf(traced)
    const concurrently = join(process.cwd(), 'node_modules', '.bin', 'concurrently')
    const { stdout } = await spanlog(['dev', '--', concurrently, '-n', 'one,two', `node ${file}`, `node ${file}`])
    assert.equal(stdout.match(/1 service · 2 spans · 2 log lines/g)?.length, 2, stdout)
    assert.match(stdout, /^\[one\] a line of its own$/m)
  })

  it('that cluster forks report, too', async () => {
    const workers = `const cluster = require('cluster'); if (cluster.isPrimary) { cluster.fork(); cluster.fork() } else { ${traced}; setTimeout(() => process.disconnect(), 1000) }`
    const { stdout } = await spanlog(['dev', '--', 'node', fileOf(workers)])
    assert.equal(stdout.match(/1 service · 2 spans · 2 log lines/g)?.length, 2, stdout)
  })

  it('that node --watch starts again report again', async () => {
    const file = fileOf(traced)
    const panel = await startDev(['--', 'node', '--watch', file])
    await until(async () => (await panel.state()).traces === 1)
    appendFileSync(file, '\n')
    await until(async () => (await panel.state()).traces === 2)
    await panel.end('SIGINT')
  })
})

describe('the output of a command', () => {
  for (const [what, text] of [
    ['colours', '\u001b[31mred\u001b[0m\n'],
    ['a prompt without a line break', 'name? '],
    ['progress by carriage returns', '10%\r50%\r100%\n'],
    ['line ends of Windows', 'a\r\nb\r\n'],
    ['empty lines', '\n\n\n'],
    ['objects that are no log lines', '{\n  a: 1\n}\n{"a":1}\n'],
    ['pretty-printed lines without ids', '[10:00:00.000] INFO (1): hi\n    a: 1\n    b: 2\nnext\n'],
  ] as const) {
    it(`with ${what} is passed on unchanged, on its own stream`, async () => {
      const script = `const text = ${JSON.stringify(text)}; process.stdout.write(text); process.stderr.write(text)`
      const { stdout, stderr } = await spanlog(['dev', '--', 'node', '-e', script])
      assert.equal(stdout, text)
      assert.ok(stderr.includes(text), JSON.stringify(stderr))
    })
  }

  it('that is binary is passed on byte by byte', async () => {
    const script = `process.stdout.write(Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7919 + (at >> 8)) & 255)))`
    const { child } = start(['dev', '--', 'node', '-e', script])
    const parts: Buffer[] = []
    child.stdout.on('data', part => parts.push(part))
    await ended(child)
    const expected = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7919 + (at >> 8)) & 255))
    assert.ok(Buffer.concat(parts).equals(expected))
  })

  it('shows a prompt while the command waits for the answer', async () => {
    const script = `process.stdout.write('name? '); process.stdin.once('data', name => { console.log('hello ' + name); process.exit() })`
    const { child, output } = start(['dev', '--', 'node', '-e', script])
    await until(() => output.stdout === 'name? ')
    child.stdin.write('Ada')
    await ended(child)
    assert.equal(output.stdout, 'name? hello Ada\n')
  })

  it('of pino-pretty is read, over as many lines as it has', async () => {
    const pretty = traced.replace(
      "require('pino')()",
      "require('pino')(require('pino-pretty')({ sync: true, colorize: true }))",
    )
    const { stdout } = await spanlog(['dev', '--', 'node', '-e', pretty])
    assert.match(stdout, /1 service · 2 spans · 2 log lines/)
    assert.match(stdout, /info {2}loading/)
    assert.ok(!stdout.includes('trace_id'), stdout)
  })
})

describe('the page of spanlog dev', () => {
  it('is opened in the browser with `--open`', async () => {
    const folder = project({})
    const browser = join(folder, 'browser')
    writeFileSync(browser, '#!/bin/sh\necho "$1" > "$(dirname "$0")/opened"\n')
    chmodSync(browser, 0o755)
    const panel = await startDev(['--listen', '--open'], { env: { BROWSER: browser } })
    const opened = await until(
      () => existsSync(join(folder, 'opened')) && readFileSync(join(folder, 'opened'), 'utf8').trim(),
    )
    assert.equal(opened, panel.url)
    await panel.end('SIGINT')
  })
})

describe('spanlog dev in the wrong place', () => {
  it('says where the page is when no browser could be opened', async () => {
    for (const [browser, what] of [
      ['no-such-browser', 'cannot run `no-such-browser`'],
      ['false', '`false` has opened no browser'],
    ] as const) {
      const panel = await startDev(['--listen', '--open'], { env: { BROWSER: browser } })
      const sentence = `spanlog: ${what}: open ${panel.url} yourself\n`
      await until(() => panel.output.stderr.includes(sentence))
      assert.equal(await panel.end('SIGINT'), 0)
    }
  })

  it('goes on when nobody reads its output any more, and takes its file back at the end', async () => {
    const panel = await startDev(['--listen'])
    panel.child.stdout.destroy()
    await run(process.execPath, ['-e', traced], { DD_TRACE_AGENT_URL: panel.url })
    await until(async () => (await panel.state()).traces === 1)
    // What it holds is printed now at the latest.
    assert.equal(await panel.end('SIGINT'), 0, panel.output.stderr)
    assert.ok(!existsSync(runtimeFile))
  })

  for (const [what, folder] of [
    ['does not exist', '/no/such/folder'],
    ['is a file', process.execPath],
    ['takes no files', '/proc'],
  ] as const) {
    it(`works where the runtime folder ${what}`, async () => {
      const panel = await startDev(['--listen'], { env: { XDG_RUNTIME_DIR: folder } })
      assert.equal((await panel.state()).agentUrl, panel.url)
      assert.equal(await panel.end('SIGINT'), 0)
      assert.doesNotMatch(panel.output.stderr, /Error/)
    })
  }

  it('says that a file is not executable', async () => {
    const { code, stderr } = await spanlog(['dev', '--', './package.json'])
    assert.equal(code, 1)
    assert.match(stderr, /spanlog: cannot run `\.\/package\.json`: it is not executable/)
  })
})

describe('the port of spanlog dev', () => {
  it('is the one of an agent where that is free', async t => {
    const holder = await holdAgentPort(socket => socket.destroy())
    if (!holder) return t.skip('something on this machine holds port 8126')
    holder.close()
    await once(holder, 'close')
    const panel = await startDev(['--listen'], { usualPort: true })
    assert.equal(panel.url, 'http://127.0.0.1:8126')
    assert.equal(await panel.end('SIGINT'), 0)
  })

  it('is another one where the agent of Datadog has its own, which is said', async t => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\n{"endpoints":[]}'
    const holder = await holdAgentPort(socket => socket.on('error', () => {}).end(answer))
    t.after(() => holder?.close())
    const { stderr } = await spanlog(['dev', '--', 'node', '-e', '0'], { usualPort: true })
    assert.match(stderr, /:(?!8126)\d+ \(port 8126 is held by .*\), running/)
    if (holder) assert.match(stderr, /held by a Datadog agent/)
  })

  it('is another one where a program holds it that hangs up on everybody', async t => {
    const holder = await holdAgentPort(socket => socket.destroy())
    t.after(() => holder?.close())
    const panel = await startDev(['--listen'], { usualPort: true })
    assert.match(panel.output.stderr, /:(?!8126)\d+ \(port 8126 is held by .*\), listening/)
    assert.equal(await panel.end('SIGINT'), 0)
  })

  it('that was asked for and is taken is an error', async t => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    t.after(() => holder.close())
    const { port } = holder.address() as { port: number }
    const { code, stderr } = await spanlog(['dev', '--port', String(port), '--', 'node', '-e', '0'])
    assert.equal(code, 1)
    assert.equal(stderr, `spanlog: port ${port} is taken. Leave out \`--port\` for a free one.\n`)
  })
})

describe('the other commands', () => {
  it('ask the panel that runs', async () => {
    const panel = await startDev(['--stay', '--', 'node', '-e', traced])
    await until(() => /the command ended/.test(panel.output.stderr))
    assert.equal(statSync(runtimeFile).mode & 0o777, 0o600)

    assert.match(
      (await spanlog(['traces'])).stdout,
      /^\S+ {2}shop {2}GET \/posts\/:id {2}– .* 2 lines .*[0-9a-f]{32}\n$/,
    )
    assert.equal((await spanlog(['traces', 'service:nobody'])).stdout, 'No request matches.\n')
    assert.equal((await spanlog(['traces', '-service:shop'])).stdout, 'No request matches.\n')
    assert.match((await spanlog(['traces', 'slow query'])).stdout, /GET \/posts/)
    const row: TraceRow = JSON.parse((await spanlog(['traces', '--json', 'level:warn'])).stdout)
    assert.deepEqual([row.resource, row.lines, row.worst, row.levels], ['GET /posts/:id', 2, 'warn', ['info', 'warn']])

    assert.match(
      (await spanlog(['show', 'latest'])).stdout,
      /GET \/posts\/:id[\s\S]*info {2}loading[\s\S]*warn {2}slow query/,
    )
    assert.match((await spanlog(['show', row.idLow])).stdout, /GET \/posts\/:id/)
    assert.match(
      (await spanlog(['show', 'latest', '--markdown'])).stdout,
      /^### GET \/posts\/:id: answered[\s\S]*```\n\+0\.0 ms[\s\S]*- \+.* info loading/,
    )
    const missing = await spanlog(['show', 'latest', '--error'])
    assert.deepEqual([missing.code, missing.stderr], [1, 'spanlog: no such trace has come so far\n'])
    assert.match((await spanlog(['show', 'deadbeef'])).stderr, /no trace and no span has the id `deadbeef`/)

    const saved = (await spanlog(['show', row.id, '--json'])).stdout
    await panel.end('SIGINT')
    assert.ok(!existsSync(runtimeFile), 'the file goes with the panel')
    const file = join(project({}), 'trace.json')
    writeFileSync(file, saved)
    const { child, output } = start(['open', file])
    const url = await until(() => /spanlog: (http\S+)/.exec(output.stderr)?.[1])
    const again = await get<TraceDetail>(url.replace('/#/trace/', '/api/traces/'))
    child.kill('SIGINT')
    assert.equal(await ended(child), 0)
    const { trace, spans, lines } = JSON.parse(saved) as TraceDetail
    assert.deepEqual(again.spans, spans)
    assert.deepEqual(
      again.lines.map(line => line.raw),
      lines.map(line => line.raw),
    )
    assert.deepEqual({ ...again.trace, seq: 0 }, { ...trace, seq: 0 })
  })

  it('find the panel that is left of two', async () => {
    const first = await startDev(['--listen'])
    await run(process.execPath, ['-e', traced], { DD_TRACE_AGENT_URL: first.url })
    const second = await startDev(['--listen'])
    assert.equal((await spanlog(['traces'])).stdout, 'No request matches.\n', 'the newest one is asked')
    await second.end('SIGINT')
    assert.match((await spanlog(['traces'])).stdout, /GET \/posts\/:id/)
    await first.end('SIGINT')
    assert.ok(!existsSync(runtimeFile))
  })

  it('name a request without a route by its path', async () => {
    const meta = { 'http.method': 'GET', 'http.url': 'http://localhost:3000/nope?x=1', 'http.status_code': '404' }
    const options = { resource: 'GET', type: 'web', tags: { ...meta, 'span.kind': 'server' } }
    const lost = `require('dd-trace').init().trace('web.request', ${JSON.stringify(options)}, () => {})`
    const panel = await startDev(['--stay', '--', 'node', '-e', lost])
    await until(() => /the command ended/.test(panel.output.stderr))
    assert.match((await spanlog(['traces'])).stdout, / {2}GET \/nope {2}404 /)
    assert.match((await spanlog(['show'])).stdout, /^GET \/nope {2}404/)
    const { stdout } = await spanlog(['show', '--markdown'])
    assert.match(stdout, /^### GET \/nope: 404, /)
    assert.match(stdout, / {2}GET \/nope {2}404$/m)
    await panel.end('SIGINT')
  })

  it('refuse a file that is no saved trace', async () => {
    const { code, stderr } = await spanlog(['open', 'package.json'])
    assert.equal(code, 1)
    assert.match(stderr, /package\.json is no saved trace/)
  })
})

describe('spanlog on the command line', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    assert.deepEqual(await spanlog(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('tells how it is used', async () => {
    const { code, stdout } = await spanlog(['--help'])
    assert.equal(code, 0)
    for (const command of ['dev', 'traces', 'show', 'open', 'doctor'])
      assert.match(stdout, new RegExp(`^  ${command} `, 'm'))
  })

  for (const command of ['dev', 'traces', 'show', 'open']) {
    it(`tells how \`${command}\` is used`, async () => {
      const { code, stdout } = await spanlog([command, '--help'])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^Usage: spanlog ${command} `))
    })
  }

  for (const [args, sentence] of [
    [[], /Usage: spanlog <command>/],
    [['serve'], /Unknown command `serve`\. Type `spanlog dev -- serve` to run it/],
    [['constructor'], /Unknown command/],
    [['dev', '--'], /Put it after `--`/],
    [['dev', 'node', 'app.js'], /Put `--` before the command: `spanlog dev -- node app\.js`/],
    [['dev', '--prot', '1', '--', 'node'], /^Unknown option '--prot'\. `--help` lists the options\.$/m],
    [['dev', '--port', 'abc', '--', 'node'], /`--port` must be a number from 0 to 65535, not `abc`/],
    [['dev', '--memory', '0', '--', 'node'], /`--memory` must be a number from 1 /],
    [['dev', '--listen', '--', 'node'], /`--listen` runs nothing/],
    [['traces', '--limit', 'x'], /`--limit` must be a number/],
    [['show', 'pear'], /`pear` is no id\. Type `spanlog show latest`/],
    [['open'], /Type `spanlog open trace\.json`/],
  ] as const) {
    it(`answers \`spanlog ${args.join(' ')}\` with what to type instead`, async () => {
      const { code, stderr } = await spanlog([...args])
      assert.equal(code, 2)
      assert.match(stderr, sentence)
    })
  }

  it('says which command it could not run', async () => {
    const { code, stderr } = await spanlog(['dev', '--', 'no-such-program'])
    assert.equal(code, 1)
    assert.match(stderr, /spanlog: cannot run `no-such-program`: there is no such program/)
  })
})

/** Undefined where something on this machine has the port for good. */
async function holdAgentPort(answer: (socket: Socket) => void): Promise<Server | undefined> {
  const holder = createServer(answer)
  for (let tries = 0; tries < 50; tries++) {
    const listening = await new Promise<boolean>(resolve => {
      holder.once('error', () => resolve(false)).listen(8126, '127.0.0.1', () => resolve(true))
    })
    if (listening) return holder
    // A program of another test may have it for a moment.
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return undefined
}

/** A program elsewhere: what it requires is here. */
function fileOf(source: string): string {
  const file = join(project({}), 'program.cjs')
  writeFileSync(file, source.replace(/require\('(dd-trace|pino)'\)/g, `require('${process.cwd()}/node_modules/$1')`))
  return file
}

function project(content: object): string {
  const folder = mkdtempSync(join(runtimeFolder, 'project-'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content))
  return folder
}

async function run(command: string, args: string[], env: Record<string, string>): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, XDG_RUNTIME_DIR: runtimeFolder, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', part => (output += part))
  await ended(child)
  return output
}

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
