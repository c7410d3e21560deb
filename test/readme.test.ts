import assert from 'node:assert/strict'
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { correlate } from 'spanlog'
import { type Agent, parseLine, startAgent } from 'spanlog/agent'

const root = resolve(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n')

const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, of]) => of === language).map(([, , code]) => code)

describe('README.md', () => {
  let agent: Agent
  let home: string
  before(async () => {
    agent = await startAgent()
    home = mkdtempSync(join(tmpdir(), 'spanlog-readme-'))
    linkPackages(join(home, 'node_modules'))
  })
  after(async () => {
    await agent.close()
    rmSync(home, { recursive: true, force: true })
  })

  for (const [index, code] of blocks('js').entries()) {
    const framework = code.includes("'spanlog/koa'") ? 'Koa' : 'Express'
    it(`starts with an application of ${framework} that works as it stands`, { timeout: 20_000 }, async () => {
      const file = join(home, `start-${index}.cjs`)
      writeFileSync(file, code.replace('listen(3000)', 'listen(0, function () { process.send(this.address().port) })'))
      const app = await start(file, agent)
      try {
        const response = await fetch(`${app.url}/posts/7`)
        assert.deepEqual(await response.json(), { id: '7' })
        const line = parseLine(await app.line)
        assert.equal(line.message, 'loading')
        assert.deepEqual(Object.keys(JSON.parse(await app.line)), Object.keys(JSON.parse(blocks('jsonl')[0])))
        const { root, spans } = await agent.waitForTrace(trace => trace.traceId === line.traceId && !!trace.root)
        assert.equal(root?.resource, 'GET /posts/:id')
        assert.ok(spans.some(({ spanId }) => spanId === line.spanId))
      } finally {
        app.stop()
      }
    })
  }

  it('shows TypeScript that compiles', async () => {
    cpSync(join(__dirname, 'readme'), home, { recursive: true })
    const pieces = blocks('ts')
    assert.ok(pieces.length > 5)
    for (const [index, code] of pieces.entries())
      writeFileSync(join(home, `piece-${index}.mts`), `${code}\nexport {}\n`)
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    await run(tsc, ['-p', home]).catch(error => assert.fail(error.stdout || error.message))
  })

  it('shows a line that is linked as it stands', () => {
    const line = parseLine(blocks('jsonl')[0])
    assert.equal(line.message, 'loading')
    assert.ok(line.traceId && line.spanId)
  })

  it('shows what `spanlog dev` prints', { timeout: 20_000 }, async () => {
    assert.deepEqual(shapeOf(blocks('text')[0]), shapeOf(await devOutput()))
  })

  it('gives a parsing rule that reads every form of what `correlate()` prints, ids as strings', () => {
    const ids = { trace_id: '6b057dae00000000367fa1aed838beb6', span_id: '3927210598391035574', parent_id: '12' }
    const service = { service: 'shop', env: 'prod', version: '1.2.0' }
    for (const fields of [ids, { ...ids, parent_id: undefined }, { ...service, ...ids }, { service: 'shop', ...ids }]) {
      for (const line of [
        `${textOf(fields)} charged`,
        `charged ${textOf(fields)}`,
        `2026-01-31 INFO charged ${textOf(fields)} x=1`,
      ]) {
        const parsed = parseByRules(line, blocks('grok')[0])
        for (const [key, value] of Object.entries(fields)) assert.equal(parsed?.[`dd.${key}`], value, line)
        assert.match(parsed?.message ?? '', /charged$/, line)
      }
    }
    assert.equal(parseByRules('a line without ids', blocks('grok')[0]), undefined)
    const tracer = require('dd-trace').init({ plugins: false, service: 'shop', env: 'prod', version: '1.2.0' })
    const span = tracer.startSpan('charge')
    const { trace_id, span_id } = correlate(span).dd ?? {}
    assert.equal(`${correlate(span)}`, textOf({ ...service, trace_id, span_id, parent_id: '0' }))
  })

  it('has a row for each option', () => {
    const options = /export interface Options<[\s\S]*?\n}/.exec(source)?.[0] ?? ''
    const names = [...options.matchAll(/^ {2}readonly (\w+)\?: /gm)].map(([, name]) => name)
    assert.ok(names.length > 10)
    for (const name of names) assert.ok(hasRow(name) || hasRow(`${name}.request`), name)
  })

  it('has a row for each warning', () => {
    const codes = [...source.matchAll(/'(SPANLOG_\w+)'/g)].map(([, code]) => code)
    const ofOptions = [...source.matchAll(/\b(?:guard|optionWarning)\('(\w+)'/g)].map(([, name]) => codeOf(name))
    assert.ok(codes.length + ofOptions.length > 7)
    for (const code of [...codes, ...ofOptions]) assert.ok(hasRow(code), code)
  })

  it('tells of each function that an application can import', () => {
    for (const entry of ['spanlog', 'spanlog/express', 'spanlog/koa']) {
      for (const name of Object.keys(require(entry))) assert.ok(readme.includes(`${name}(`), `${entry}: ${name}`)
    }
  })

  it('links to what is there, and names commands that exist', () => {
    const anchors = [...readme.matchAll(/^#+ (.*)$/gm)].map(
      ([, title]) => `#${title.toLowerCase().replaceAll(' ', '-')}`,
    )
    for (const [, target] of readme.matchAll(/\]\(([^)]+)\)/g)) {
      assert.ok(anchors.includes(target) || existsSync(join(root, target)), target)
    }
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const [, script] of readme.matchAll(/\bnpm run (\w+)/g)) assert.ok(scripts[script], script)
  })
})

const hasRow = (name: string) => new RegExp(`^\\| \`${name}\` *\\|`, 'm').test(readme)

const run = promisify(execFile)

const quietTracer = {
  DD_TRACE_FLUSH_INTERVAL: '0',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
}

/** The packages of this repository, and spanlog by its own name. */
function linkPackages(modules: string): void {
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  symlinkSync(root, join(modules, 'spanlog'))
}

async function start(file: string, agent: Agent) {
  const child = fork(file, { silent: true, env: { ...process.env, ...quietTracer, DD_TRACE_AGENT_URL: agent.url } })
  child.stderr?.pipe(process.stderr)
  const line = once(createInterface({ input: child.stdout as never }), 'line').then(([line]) => line as string)
  const [port] = await once(child, 'message')
  return { url: `http://127.0.0.1:${port}`, line, stop: () => child.kill() }
}

/** What the command of the README prints for the first request that its example proposes. */
async function devOutput(): Promise<string> {
  const child = fork(join(root, 'dist', 'dev', 'cli.js'), ['dev', '--', process.execPath, 'examples/express-pino.js'], {
    cwd: root,
    silent: true,
    env: { ...process.env, PORT: '0', NO_COLOR: '1' },
  })
  let output = ''
  const ended = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout as never })) {
    const url = /^curl (.*)/.exec(line)?.[1]
    if (url) await fetch(url)
    else output += `${line}\n`
    if (line.includes('loading')) child.kill()
  }
  await ended
  return output
}

/** The rows of a printed trace, without what differs from one request to the next. */
const shapeOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .filter(row => !row.includes('/#/trace/'))
    .map(row =>
      row
        .replace(/trace \w+/, 'trace')
        .replace(/\+?[\d.]+ m?s/g, '')
        .replace(/^[ ━•]+/, '')
        .trim(),
    )

const textOf = (fields: { [key: string]: string | undefined }) =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `dd.${key}=${key.endsWith('_id') ? `"${value}"` : value}`)
    .join(' ')

/** Datadog's grok, as far as the README uses it: the first rule that matches the whole line. */
function parseByRules(line: string, rules: string): { [field: string]: string } | undefined {
  for (const rule of rules.trim().split('\n')) {
    const fields: string[] = []
    const pattern = rule.slice(rule.indexOf(' ') + 1).replace(/%\{(\w+)(?::([\w.]+))?\}/g, (_, matcher, field) => {
      if (field) fields.push(field)
      return field ? `(${matchers[matcher]})` : matchers[matcher]
    })
    const found = new RegExp(`^${pattern.replace(/\((?=dd| dd)/g, '(?:')}$`).exec(line)
    if (found) return Object.fromEntries(fields.map((field, index) => [field, found[index + 1]]))
  }
  return undefined
}

const matchers: { [name: string]: string } = { data: '.*?', notSpace: '\\S+', word: '\\b\\w+\\b' }

const codeOf = (option: string) => `SPANLOG_${option.replace(/[A-Z]/g, '_$&').toUpperCase()}`
