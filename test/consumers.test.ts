import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { bundle, bundlers, type Format, outputOf } from './consumers/bundlers'
import { Projects, runNode } from './consumers/projects'
import { runners } from './consumers/runners'
import { checkOutput, stacks } from './consumers/stacks'
import { compile, compilers, type Resolution, resolutions, typings } from './consumers/types'
import { root } from './packed'

/** SPANLOG_CONSUMERS=all runs every consumer; else a few of each kind stand for all. */
const all = process.env.SPANLOG_CONSUMERS === 'all'
const sample = <T>(kind: readonly T[], count: number) => (all ? kind : kind.slice(0, count))
const limit = { timeout: 120_000 }
/** Two suites at once, and of each one test. */
const one = { concurrency: false }

describe('The packed package', { concurrency: 2 }, () => {
  const projects = new Projects()
  before(() => projects.start())
  after(() => projects.remove())

  for (const [framework, resource] of [
    ['express', 'GET /posts/:id'],
    ['koa', 'GET'],
  ]) {
    describe(`in a project that has only ${framework}`, one, () => {
      let project: string
      before(async () => {
        const parts = { folder: `frameworks/${framework}`, files: ['serve.cjs'], ours: [framework] }
        project = await projects.make(framework, parts)
      })

      for (const [how, file] of [
        ['required', 'run.cjs'],
        ['imported', 'run.mjs'],
      ]) {
        it(`serves a traced request when it is ${how}`, () =>
          checkOutput([file], project, { spans: [[200, resource]], lines: 1 }))
      }

      it('loads nothing but itself', async () => {
        const stdout = await runNode(['run.cjs'], project)
        const { loaded } = JSON.parse(stdout.trim().split('\n').at(-1) as string)
        assert.ok(loaded.length > 0)
        for (const path of loaded) assert.ok(path.startsWith(join(project, 'node_modules', 'spanlog')), path)
      })
    })
  }

  describe('type-checks as CommonJS and as ESM, with the declarations of all libraries', one, () => {
    for (const compiler of all ? compilers : (['newest'] as const)) {
      for (const resolution of sample(Object.keys(resolutions) as Resolution[], 1)) {
        for (const typing of all ? Object.keys(typings) : ['@types/express 5', '@types/koa 3']) {
          it(`with TypeScript ${compiler}, ${resolution}, ${typing}`, limit, () =>
            compile(projects, typing, compiler, resolution),
          )
        }
      }
    }
  })

  describe('is tested', one, () => {
    for (const { title, parts, args } of sample(runners, 1)) {
      it(`by ${title}`, limit, async () => {
        await runNode(args, await projects.make(title, parts))
      })
    }
  })

  describe('is inlined and minified', one, () => {
    for (const bundler of sample(bundlers, 1)) {
      for (const format of ['esm', 'cjs'] as Format[]) {
        it(`by ${bundler.title}, as ${format}`, { ...limit, todo: bundler.todo?.[format] }, async () => {
          const project = await projects.make(`${bundler.title} ${format}`, bundler.parts)
          await bundle(bundler, format, project)
          await checkOutput([outputOf(format)], project, { spans: [[200, 'GET /posts/:id']], lines: 1 })
        })
      }
    }
  })

  describe('links the lines of every request', one, () => {
    for (const stack of sample(stacks, 2)) {
      it(`in ${stack.title}`, limit, async () => {
        await checkOutput(stack.args, await projects.make(stack.title, stack.parts), stack)
      })
    }
  })

  it('declares nothing that needs the types of another package', () => {
    for (const { path, text } of shipped('.d.ts')) {
      const code = text.replace(/\/\*\*[\s\S]*?\*\//g, '')
      for (const [, module = ''] of code.matchAll(/(?:from|import|import\(|types=)\s*['"]([^'"]+)['"]/g)) {
        assert.match(module, /^(\.|node(:|$))/, `${path} asks for '${module}'`)
      }
    }
  })

  it('holds what runs and what explains it, and nothing of this machine', t => {
    const { files, size } = projects.packed
    t.diagnostic(`${files.length} files, ${size} bytes`)
    for (const { path } of files) {
      assert.match(
        path,
        /^(?:dist\/.*\.(?:js|ts|js\.map)|dist\/dev\/page\.html|LICENSE|package\.json)$|^(?:docs|examples|bench)\/|^[A-Z]+\.md$/,
      )
    }
    for (const { path, text } of shipped('')) {
      assert.ok(!text.includes(root) && !text.includes(`${homedir()}/`), `${path} holds a path of this machine`)
    }
  })

  function shipped(suffix: string) {
    const base = join(projects.home, 'packed', 'node_modules', 'spanlog')
    const files = readdirSync(base, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith(suffix))
      .map(entry => join(entry.parentPath, entry.name))
    assert.ok(files.length > 0)
    return files.map(path => ({ path: path.slice(base.length), text: readFileSync(path, 'utf8') }))
  }
})
