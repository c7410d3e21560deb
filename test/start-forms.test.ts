import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Agent, startAgent } from 'spanlog/agent'
import { nodes, partsOf } from './matrix/combination'
import { installPacked, link } from './packed'
import { type Form, forms } from './start-forms/forms'
import { outcomesOf } from './start-forms/start'

/** SPANLOG_MATRIX=all runs them on every Node, and installs what is not there. */
const all = process.env.SPANLOG_MATRIX === 'all'
const running = Number.parseInt(process.versions.node, 10)

describe('An application is traced', () => {
  const home = mkdtempSync(join(tmpdir(), 'spanlog-start-'))
  let agent: Agent

  before(async () => {
    agent = await startAgent()
    await installPacked(home)
    for (const name of ['express', 'koa', '@koa/router', 'pino', 'tsx']) link(home, name)
  })
  after(async () => {
    await agent.close()
    rmSync(home, { recursive: true })
  })

  for (const node of nodes) onNode(node, 5)
  onNode(Math.max(...nodes), 6)

  function onNode(node: number, major: 5 | 6): void {
    const skip = !all && (node !== running || major !== 5) && 'SPANLOG_MATRIX=all runs it'
    describe(`on Node ${node} with dd-trace ${major}`, { skip, concurrency: 2 }, () => {
      const projects = join(home, `${node}-${major}`)
      let executable: string

      before(async () => {
        const parts = await partsOf({ node, ddTrace: major, integrations: true, injection: true })
        executable = parts.executable
        layProjects(projects, parts.ddTrace)
      })

      for (const form of forms.filter(({ since = 0 }) => since <= node)) {
        it(`by ${form.title}`, { timeout: 60_000 }, async () => {
          const outcomes = await outcomesOf(executable, form, join(projects, form.folder), agent)
          assert.deepEqual(outcomes, expected(form))
        })
      }

      it("not by import 'dd-trace/init', which has no .js", async () => {
        const form = { args: ['with-init-without-suffix.js'] }
        const app = outcomesOf(executable, form, join(projects, 'javascript'), agent)
        await assert.rejects(app, /Cannot find module '[^']*dd-trace\/init'/)
      })
    })
  }
})

/** Without DD_SERVICE the service is the name in package.json, whoever has started the span. */
function expected({ express, koa }: Form) {
  const post = { service: 'blog', resource: 'GET /posts/:id' }
  return { express: { name: express, ...post }, koa: { name: koa, ...post } }
}

function layProjects(projects: string, ddTrace: string): void {
  const from = join(__dirname, 'start-forms')
  for (const folder of ['commonjs', 'javascript', 'typescript']) {
    cpSync(join(from, folder), join(projects, folder), { recursive: true })
  }
  cpSync(join(from, 'typescript'), join(projects, 'typescript-commonjs'), { recursive: true })
  cpSync(join(from, 'commonjs', 'package.json'), join(projects, 'typescript-commonjs', 'package.json'))
  link(projects, 'dd-trace', ddTrace)
}
