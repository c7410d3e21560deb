import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(__dirname, '..')
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const frameworks = ['express', 'koa']

/** What any project has besides spanlog and a framework: ours, linked into the folder above the projects, where Node and TypeScript look too. */
const shared = ['@types/node', 'dd-trace', '@opentelemetry/api', 'pino']

const quickInstall = [
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--ignore-scripts',
  '--no-package-lock',
  '--legacy-peer-deps', // the peers are those that are installed here
]

describe('the packed package', () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'spanlog-package-')))
  let packed: { filename: string; size: number; files: { path: string }[] }

  before(async () => {
    // Without `prepack`, which would empty dist under the tests that run beside this one.
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', home], {
      cwd: root,
    })
    packed = [JSON.parse(stdout)].flatMap(list => Object.values(list))[0] as never
    for (const name of shared) link(name)
    await Promise.all(frameworks.map(framework => prepare(framework, join(home, framework))))
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  async function prepare(framework: string, project: string): Promise<void> {
    cpSync(join(__dirname, 'package', framework), project, { recursive: true })
    for (const file of ['serve.cjs', 'tsconfig.json']) cpSync(join(__dirname, 'package', file), join(project, file))
    const versions = [framework, `@types/${framework}`].map(name => [name, devDependencies[name]])
    const dependencies = { ...Object.fromEntries(versions), spanlog: `file:../${packed.filename}` }
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }))
    await run('npm', ['install', ...quickInstall], { cwd: project })
  }

  function link(name: string): void {
    const path = join(home, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), path)
  }

  const installed = (framework: string) => join(home, framework, 'node_modules', 'spanlog')

  for (const framework of frameworks) {
    describe(`in a project that has only ${framework}`, () => {
      for (const [how, file] of [
        ['required', 'run.cjs'],
        ['imported', 'run.mjs'],
      ]) {
        it(`serves a traced request when it is ${how}`, async () => {
          const { stdout } = await run(process.execPath, [file], { cwd: join(home, framework), env: quietTracer })
          const [line, result] = stdout
            .trim()
            .split('\n')
            .map(text => JSON.parse(text))
          assert.equal(line.message, 'loading')
          assert.ok(line.dd.trace_id)
          assert.equal(result.resource, framework === 'koa' ? 'GET' : 'GET /posts/:id')
          for (const path of result.loaded ?? []) assert.ok(path.startsWith(installed(framework)), path)
        })
      }

      it('type-checks, as CommonJS and as ESM, with the libraries too', async () => {
        const tsc = join(root, 'node_modules', '.bin', 'tsc')
        await run(tsc, ['-p', join(home, framework)]).catch(error => assert.fail(error.stdout || error.message))
      })
    })
  }

  it('declares nothing that needs the types of another package', () => {
    for (const { path, text } of shipped('.d.ts')) {
      const code = text.replace(/\/\*\*[\s\S]*?\*\//g, '')
      for (const [, module = ''] of code.matchAll(/(?:from|import|import\(|types=)\s*['"]([^'"]+)['"]/g)) {
        assert.match(module, /^(\.|node(:|$))/, `${path} asks for '${module}'`)
      }
    }
  })

  it('holds what runs and what explains it, and nothing of this machine', t => {
    t.diagnostic(`${packed.files.length} files, ${packed.size} bytes`)
    for (const { path } of packed.files) {
      assert.match(
        path,
        /^((dist|src)\/.*\.(js|ts|js\.map)|dist\/dev\/page\.html|(README|CHANGELOG)\.md|LICENSE|package\.json)$/,
      )
    }
    for (const { path, text } of shipped('')) {
      assert.ok(!text.includes(root) && !text.includes(`${homedir()}/`), `${path} holds a path of this machine`)
    }
  })

  function shipped(suffix: string) {
    const base = installed('koa')
    return readdirSync(base, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith(suffix))
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => ({ path: path.slice(base.length), text: readFileSync(path, 'utf8') }))
  }
})

const quietTracer = {
  ...process.env,
  DD_TRACE_FLUSH_INTERVAL: '0',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
}
