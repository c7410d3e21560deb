import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { correlate } from 'spanlog'
import { type Agent, parseLine, type Span, startAgent } from 'spanlog/agent'
import { parseByRules } from './docs/grok'
import {
  allPages,
  anchorsOf,
  blocksOf,
  codeIn,
  fileOf,
  type Page,
  pages,
  readPage,
  root,
  type Section,
} from './docs/pages'
import { DocsApp, everyPackage, PackedHome, quietTracer, run } from './docs/project'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n')
const readme = pages[0] as Page
const told = pages.map(({ text }) => text).join('\n')

describe('README and docs', () => {
  const home = new PackedHome(realpathSync(mkdtempSync(join(tmpdir(), 'spanlog-docs-'))))
  let agent: Agent
  before(async () => {
    agent = await startAgent()
    await home.fill()
  })
  after(async () => {
    await agent.close()
    rmSync(home.path, { recursive: true, force: true })
  })

  describe('Each application runs as pasted, with what the line above it installs', { concurrency: 2 }, () => {
    for (const page of pages) {
      for (const [index, section] of page.sections.entries()) {
        for (const [nth, args] of commandsOf(section).entries()) {
          const what = `${page.path}, ${section.title}: node ${args.join(' ')}`
          it(what, { timeout: 30_000 }, () => checkApp(page, section, `${nameOf(page)}-${index}-${nth}`, args))
        }
      }
    }
  })

  async function checkApp(page: Page, section: Section, name: string, args: string[]): Promise<void> {
    const project = home.project(name, section.installed)
    for (const code of codeIn(section.blocks, 'js')) writeFileSync(join(project, fileOf(code, 'js')), code)
    const app = new DocsApp(project, args, agent)
    try {
      const url = await app.url()
      const { status } = await fetch(url)
      const route = new URL(url).pathname.replace(/\/\d+$/, '/:id')
      const wanted = codeIn(section.blocks, 'jsonl').flatMap(text => text.trim().split('\n'))
      for (const line of wanted) {
        const shape = shapeOf(JSON.parse(line))
        const isSo = (lines: string[]) => lines.find(one => isJson(one) && shapeOf(JSON.parse(one)) === shape)
        await app.until(isSo).catch(error => assert.fail(`${page.path} shows ${shape}\n${error.message}`))
      }
      const linked = await app.until(lines => lines.map(line => parseLine(line)).find(line => line.traceId))
      await agent.waitForSpan(({ spanId }) => spanId === linked.spanId)
      const isServer = ({ meta }: Span) => meta['span.kind'] === 'server'
      const span = await agent.waitForSpan(span => span.traceId === linked.traceId && isServer(span))
      assert.equal(span.resource, `GET ${route}`)
      assert.equal(span.meta['http.status_code'], String(status))
      assert.ok(!app.warnings.includes('Warning'), app.warnings)
    } finally {
      await app.stop()
    }
  }

  it('shows TypeScript that compiles in strict mode, with no name that a reader would not have', async () => {
    const project = home.project('types', ['spanlog', ...everyPackage()])
    const pieces = pages.flatMap(page => blocksOf(page, 'ts').map(code => ({ page, code })))
    assert.ok(pieces.length > 15)
    for (const [index, { page, code }] of pieces.entries()) {
      if (!isRegistration(code)) writeFileSync(join(project, `${nameOf(page)}-${index}.ts`), code)
    }
    await compile(project)
  })

  for (const page of pages) {
    for (const [index, code] of blocksOf(page, 'ts').filter(isRegistration).entries()) {
      for (const file of ['spanlog.d.ts', 'spanlog.ts']) {
        it(`registers a logger, ${page.path} ${index}, as ${file}`, async () => {
          const project = home.project(`register-${nameOf(page)}-${index}-${file}`, ['spanlog', ...everyPackage()])
          writeFileSync(join(project, file), code)
          writeFileSync(join(project, 'use.ts'), code.includes("'koa'") ? useOnKoa : useOnExpress)
          await compile(project)
        })
      }
    }
  }

  it('shows lines that are linked as they stand', () => {
    const lines = pages.flatMap(page => blocksOf(page, 'jsonl').flatMap(text => text.trim().split('\n')))
    assert.ok(lines.length > 5)
    for (const line of lines) {
      const { traceId, spanId, message } = parseLine(line)
      assert.ok(traceId && spanId && message, line)
    }
  })

  it('installs what its applications and TypeScript import', () => {
    for (const { path, sections } of pages) {
      for (const { title, blocks, installed } of sections) {
        if (!codeIn(blocks, 'sh').some(code => code.includes('npm install'))) continue
        for (const name of [...codeIn(blocks, 'js'), ...codeIn(blocks, 'ts')].flatMap(importsOf)) {
          assert.ok(installed.includes(name), `${path}, ${title}: ${name}`)
        }
      }
    }
  })

  it('names scripts, commands and packages that exist', async () => {
    const { stdout: help } = await run(process.execPath, [join(root, manifest.bin.spanlog), '--help'])
    for (const page of [...pages, readPage('CONTRIBUTING.md')]) {
      for (const [, script = ''] of page.text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)) {
        assert.ok(manifest.scripts[script], `${page.path}: npm run ${script}`)
      }
      for (const [, command] of page.text.matchAll(/\bnpx spanlog (\w+)/g)) {
        assert.match(help, new RegExp(`\\b${command}\\b`), `${page.path}: npx spanlog ${command}`)
      }
      for (const name of page.sections.flatMap(({ installed }) => installed)) {
        assert.ok(name === 'spanlog' || existsSync(join(root, 'node_modules', name)), `${page.path}: ${name}`)
      }
      for (const [, file = ''] of page.text.matchAll(/\bnode ((?:examples|bench|test)\/\S+\.js)/g)) {
        assert.ok(existsSync(join(root, file)), `${page.path}: ${file}`)
      }
    }
  })

  it('links to what is in the package, and to headings that exist', () => {
    const isPacked = (path: string) => home.files.some(file => file === path || file.startsWith(`${path}/`))
    const broken = allPages.flatMap(({ path, text }) =>
      linksOf(text)
        .filter(target => {
          const [file = '', anchor] = target.split('#')
          const linked = file ? normalize(join(dirname(path), file)) : path
          return !isPacked(linked) || (anchor && !anchorsOf(readPage(linked)).includes(anchor))
        })
        .map(target => `${path}: ${target}`),
    )
    assert.deepEqual(broken, [])
  })

  it('links to files of the repository, where a page is for who works on it', () => {
    for (const path of ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md']) {
      for (const target of linksOf(readPage(path).text)) {
        assert.ok(existsSync(join(root, dirname(path), target.split('#')[0] ?? '')), `${path} links to ${target}`)
      }
    }
  })

  it('shows what `spanlog dev` prints', { timeout: 20_000 }, async () => {
    const [shown = ''] = blocksOf(readPage('docs/dev.md'), 'text')
    assert.deepEqual(rowsOf(shown), rowsOf(await devOutput()))
  })

  it('gives a parsing rule that reads every form of what `correlate()` prints, ids as strings', () => {
    const [rules = ''] = blocksOf(readPage('docs/text-logs.md'), 'grok')
    const ids = { trace_id: '6b057dae00000000367fa1aed838beb6', span_id: '3927210598391035574', parent_id: '12' }
    const service = { service: 'shop', env: 'prod', version: '1.2.0' }
    for (const fields of [ids, { ...ids, parent_id: undefined }, { ...service, ...ids }, { service: 'shop', ...ids }]) {
      for (const line of [
        `${textOf(fields)} charged`,
        `charged ${textOf(fields)}`,
        `2026-01-31 INFO charged ${textOf(fields)} x=1`,
      ]) {
        const parsed = parseByRules(line, rules)
        for (const [key, value] of Object.entries(fields)) assert.equal(parsed?.[`dd.${key}`], value, line)
        assert.match(parsed?.message ?? '', /charged$/, line)
      }
    }
    assert.equal(parseByRules('a line without ids', rules), undefined)
    const tracer = require('dd-trace').init({ plugins: false, service: 'shop', env: 'prod', version: '1.2.0' })
    const span = tracer.startSpan('charge')
    const { trace_id, span_id } = correlate(span).dd ?? {}
    assert.equal(`${correlate(span)}`, textOf({ ...service, trace_id, span_id, parent_id: '0' }))
  })

  it('computes what it costs from the ratios that the bench has written', () => {
    const page = readPage('docs/in-production.md').text
    for (const configuration of ['spanlog', 'span only', 'automatic + pino']) {
      assert.ok(page.includes(rangeOf(configuration)), `${configuration}: ${rangeOf(configuration)}`)
    }
  })

  it('tells each option', () => {
    const names = optionsOf('Options')
    assert.ok(names.length > 15)
    for (const name of names) assert.ok(hasRow(readme, name) || hasRow(readme, `${name}.request`), name)
    for (const of of ['AccessLogOptions', 'RequestIdOptions', 'ConsoleLoggerOptions', 'JobOptions', 'JobInput']) {
      for (const name of optionsOf(of)) assert.match(told, new RegExp(`\\b${name}\\b`), `${of}: ${name}`)
    }
  })

  it('has a row for each warning, and for no other', () => {
    const page = readPage('docs/warnings.md')
    const codes = [...source.matchAll(/'(SPANLOG_\w+)'/g)].map(([, code = '']) => code)
    const ofOptions = [...source.matchAll(/\b(?:guard|optionWarning)\('(\w+)'/g)].map(([, name = '']) => codeOf(name))
    const rows = [...page.text.matchAll(/^\| `(SPANLOG_\w+)` *\|/gm)].map(([, code = '']) => code)
    assert.deepEqual(rows.sort(), [...new Set([...codes, ...ofOptions])].sort())
  })

  it('names each function that an application can import', () => {
    for (const entry of ['spanlog', 'spanlog/express', 'spanlog/koa', 'spanlog/agent']) {
      for (const name of Object.keys(require(entry))) {
        assert.match(told, new RegExp(`\\b${name}\\b`), `${entry}: ${name}`)
      }
    }
  })
})

/** What starts the application of a section, without `node`. */
function commandsOf({ blocks }: Section): string[][] {
  const codes = codeIn(blocks, 'js')
  const app = codes.find(code => code.includes('listen(3000'))
  if (!app) return []
  const typed = codeIn(blocks, 'sh').flatMap(code => [...code.matchAll(/^node (.*)$/gm)].map(([, rest = '']) => rest))
  return typed.length > 0 ? typed.map(text => text.split(' ')) : [[fileOf(app, 'js')]]
}

function nameOf({ path }: Page): string {
  return path.replace(/\W/g, '-')
}

/** The keys of a line, in their order, those of objects in it too. */
function shapeOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  return `{${Object.entries(value).map(([key, inner]) => key + shapeOf(inner))}}`
}

const isJson = (line: string) => line.startsWith('{')

const importsOf = (code: string) =>
  [...code.matchAll(/(?:from|import|require\()\s*'([^'.][^']*)'/g)]
    .map(([, name = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    .filter(name => !name.startsWith('node:'))

const linksOf = (text: string) =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter(target => !/^https?:/.test(target))

const hasRow = ({ text }: Page, name: string) => new RegExp(`^\\| \`${name}\` *\\|`, 'm').test(text)

function optionsOf(type: string): string[] {
  const declared = new RegExp(`export interface ${type}\\b[\\s\\S]*?\\n}`).exec(source)?.[0] ?? ''
  return [...declared.matchAll(/^ {2}readonly (\w+)\?: /gm)].map(([, name = '']) => name)
}

const codeOf = (option: string) => `SPANLOG_${option.replace(/[A-Z]/g, '_$&').toUpperCase()}`

/** From the lowest to the highest ratio of whole requests, on each framework and Node. */
function rangeOf(configuration: string): string {
  const results = readFileSync(join(root, 'bench', 'RESULTS.md'), 'utf8')
  const table = results.slice(results.indexOf('| whole request, × bare + pino'))
  const row = table.split('\n').find(line => line.startsWith(`| ${configuration} `)) ?? ''
  const ratios = [...row.matchAll(/([\d.]+) \(/g)].map(([, ratio = '']) => ratio).sort()
  return `${ratios[0]} to ${ratios.at(-1)}`
}

function isRegistration(code: string): boolean {
  return code.includes('interface Register')
}

/** Nothing is imported from `spanlog` itself: its declarations must be loaded without that. `AnyLog` has no `level`. */
const useOnExpress = `
import express from 'express'
import 'spanlog/express'

express().get('/', req => {
  req.log.info(String(req.log.level))
  // @ts-expect-error
  req.log.nope()
})
`
const useOnKoa = `
import Koa from 'koa'
import 'spanlog/koa'

new Koa().use(ctx => {
  ctx.log.info(String(ctx.log.level))
  // @ts-expect-error
  ctx.log.nope()
})
`

async function compile(project: string): Promise<void> {
  const compilerOptions = {
    ...{ target: 'es2022', module: 'nodenext', moduleDetection: 'force', noEmit: true, types: ['node'] },
    ...{ strict: true, skipLibCheck: true, allowImportingTsExtensions: true },
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  await run(tsc, ['-p', project]).catch(error => assert.fail(error.stdout || error.message))
}

/** What `spanlog dev` prints for the first request that an example proposes. */
async function devOutput(): Promise<string> {
  const child = fork(join(root, manifest.bin.spanlog), ['dev', '--', process.execPath, 'examples/express-pino.js'], {
    cwd: root,
    silent: true,
    env: { ...process.env, ...quietTracer, PORT: '0', NO_COLOR: '1' },
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
const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(row =>
      row
        .replace(/trace\/?[ /][\da-f]+/, 'trace')
        .replace(/127\.0\.0\.1:\d+/, '127.0.0.1')
        .replace(/\+?[\d.]+ m?s\b/g, '')
        .replace(/^[ ━•]+/, '')
        .trim(),
    )

const textOf = (fields: { [key: string]: string | undefined }) =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `dd.${key}=${key.endsWith('_id') ? `"${value}"` : value}`)
    .join(' ')
