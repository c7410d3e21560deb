import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Projects, runNode } from '../consumers/projects'
import { root } from '../packed'

/** It takes half a minute. */
const skip = process.env.SPANLOG_CONSUMERS === 'all' ? false : 'SPANLOG_CONSUMERS=all runs it'
const limit = { timeout: 120_000 }

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const page = readFileSync(join(root, 'docs', 'nest.md'), 'utf8')
const blocks = [...page.matchAll(/^```ts\n\/\/ ([\w.-]+)\n([\s\S]*?)^```$/gm)]

/** Of each request: status, resource, error. */
const expected = [
  [200, 'GET /posts/:id', ''],
  [403, 'GET /posts/:id/drafts', ''],
  [500, 'GET /posts/:id/broken', 'TypeError: no such post'],
  [404, 'GET', ''],
  [200, 'POST /graphql ReadPost', ''],
  [200, 'POST /graphql anonymous', ''],
  [200, 'POST /graphql Fail', 'TypeError: no such post'],
]

describe('docs/nest.md', { concurrency: 1, skip }, () => {
  const projects = new Projects()
  before(() => projects.start())
  after(() => projects.remove())

  for (const [version, type] of [
    ['11', 'commonjs'],
    ['12', 'module'],
  ]) {
    const packages = `nest-${version}`
    for (const [how, main] of [
      ['mounted by `app.use()`', './main.js'],
      ['mounted in a module', './module.js'],
    ] as const) {
      it(`is true of Nest ${version}, ${how}`, limit, async () => {
        const project = await projects.make(`${packages} ${how}`, {
          folder: '../nest/project',
          ours: ['tsx'],
          packages,
        })
        for (const [, name = '', code = ''] of blocks) writeFileSync(join(project, name), code)
        writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'blog', type }))
        await runNode([tsc, '-p', '.'], project)
        const stdout = await runNode(['--import', 'tsx', 'run.ts', main], project)
        checkOutput(stdout.trim().split('\n'))
      })
    }
  }

  it('shows nothing but the files that are tested', () => {
    assert.equal(page.match(/^```\w/gm)?.length, blocks.length)
  })
})

function checkOutput(printed: string[]): void {
  const { spans } = JSON.parse(printed.pop() as string)
  assert.deepEqual(
    spans.map(({ status, resource, error }: { [key: string]: unknown }) => [status, resource, error]),
    expected,
  )
  const lines = printed.map(line => JSON.parse(line))
  const own = lines.filter(({ context, msg }) => context === 'Posts' && msg === 'loading')
  assert.deepEqual(
    own.map(({ level, dd, more }) => [level, dd.trace_id, more]),
    [
      [30, spans[0].traceId, undefined],
      [40, spans[1].traceId, undefined],
      [50, spans[2].traceId, ['a stack']],
      [30, spans[4].traceId, undefined],
    ],
  )
  const nests = lines.find(({ context }) => context === 'ExceptionsHandler')
  assert.equal(nests.dd.trace_id, spans[2].traceId)
  assert.equal(nests.err.message, 'no such post')
  assert.ok(lines.some(({ context, dd }) => context === 'NestApplication' && dd === undefined))
}
