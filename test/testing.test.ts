import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Projects, runNode } from './consumers/projects'
import { atHand } from './on-demand'
import { root } from './packed'

/** SPANLOG_CONSUMERS=all installs the test runners; else those that are at hand run. */
const all = process.env.SPANLOG_CONSUMERS === 'all'
const limit = { timeout: 120_000 }

/** The blocks of docs/testing.md by the file that their first line names; those of one file in one piece. */
const files = new Map<string, string>()
const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8')
for (const [, name = '', code = ''] of page.matchAll(/^```js\n\/\/ ([\w.]+)(?:, continued)?\n([\s\S]*?)^```$/gm)) {
  files.set(name, (files.get(name) ?? '') + code)
}

const jest = 'node_modules/jest/bin/jest.js'
const posts = ['app.cjs', 'agent.mjs', 'posts.test.mjs']

const runs: { title: string; packages?: string; files: string[]; imports?: string; args: string[] }[] = [
  {
    title: 'node:test, with the application in a separate process',
    files: ['app.cjs', 'server.cjs', 'server.test.mjs'],
    args: ['--test'],
  },
  { title: 'node:test, with a traced fetch', files: ['app.cjs', 'fetch.test.mjs'], args: ['--test'] },
  { title: 'node:test', files: posts, args: ['--test'] },
  {
    title: 'Mocha',
    packages: 'mocha',
    files: posts,
    imports: 'Mocha',
    args: ['node_modules/mocha/bin/mocha.js', 'posts.test.mjs'],
  },
  {
    title: 'Vitest',
    packages: 'vitest',
    files: posts,
    imports: 'Vitest',
    args: ['node_modules/vitest/vitest.mjs', 'run'],
  },
  { title: 'Jest', packages: 'jest', files: ['app.cjs', 'posts.test.js'], args: [jest] },
  {
    title: 'Jest, as ECMAScript modules',
    packages: 'jest',
    files: ['handed.test.mjs'],
    args: ['--experimental-vm-modules', jest],
  },
]

describe('docs/testing.md', { concurrency: 1 }, () => {
  const projects = new Projects()
  before(() => projects.start())
  after(() => projects.remove())

  for (const { title, packages, files: names, imports, args } of runs) {
    const skip = packages && !all && !atHand(packages) ? 'SPANLOG_CONSUMERS=all installs it' : false
    it(`is true of ${title}`, { ...limit, skip }, async () => {
      const project = await projects.make(title, { folder: '../testing/project', ours: ['express'], packages })
      for (const name of names) writeFileSync(join(project, name), withImports(fileOf(name), imports))
      await runNode(args, project)
    })
  }

  it('shows nothing that no test runs', () => {
    const run = [...runs.flatMap(({ files }) => files), ...runs.map(({ imports }) => imports)]
    const shown = [...page.matchAll(/^```\w+\n(.*)/gm)].map(([, first = '']) =>
      first.replace(/^\/\/ |, continued$/g, ''),
    )
    assert.ok(shown.length > 7)
    for (const name of shown) assert.ok(run.includes(name), name)
  })
})

function fileOf(name: string): string {
  const code = files.get(name)
  assert.ok(code, name)
  return code
}

/** The same file for another runner. */
function withImports(code: string, runner: string | undefined): string {
  return runner ? code.replace(/^import .* from 'node:test'$/m, fileOf(runner).trim()) : code
}
