/**
 * Runs test files on the newest Node with dd-trace 6: `npm run test:newest`, by default the contract and Datadog's own agent, or
 * `npm run test:newest -- test/lifecycle.test.ts`.
 */
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { install, installNode } from '../on-demand'
import { root } from '../packed'
import { nodes } from './combination'

const byDefault = ['test/contract.test.ts', 'test/judge.test.ts']

async function runTests(files: string[]): Promise<void> {
  const node = await installNode(Math.max(...nodes))
  // Through the environment, since the tests start other processes.
  const env = {
    ...process.env,
    SPANLOG_DD_TRACE: await install('dd-trace-6'),
    DD_TRACE_STARTUP_LOGS: 'false',
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require ${JSON.stringify(join(__dirname, 'dd-trace-6.cjs'))}`,
  }
  console.log(`Node and dd-trace: ${execFileSync(node, ['-p', versions], { cwd: root, env, encoding: 'utf8' })}`)
  const args = ['--require', 'sucrase/register/ts', '--test', '--test-reporter=spec', ...files]
  const tests = spawn(node, args, { cwd: root, env, stdio: 'inherit' })
  tests.on('close', code => {
    process.exitCode = code ?? 1
  })
}

const versions = "process.versions.node + ', ' + require('dd-trace/package.json').version"

const files = process.argv.slice(2)
runTests(files.length ? files : byDefault)
