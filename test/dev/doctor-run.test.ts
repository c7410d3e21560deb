import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'

/** The fault of the application, and what the doctor must call it; nothing where it is well. */
const faults: [fault: string, code: string | undefined][] = [
  ['none', undefined],
  ['loaded-late', 'no-ids'],
  ['context-lost', 'context-lost'],
  ['frozen', 'frozen-id'],
  ['foreign', 'foreign-id'],
  ['filtered', 'trace-never-came'],
  ['unfinished', 'unfinished-span'],
  ['sampled-out', 'sampled-out'],
  ['half-id', 'half-id'],
  ['clock-skew', 'clock-skew'],
  ['no-agent', 'no-agent'],
  ['off', 'tracer-off'],
  ['other-service', 'service-differs'],
]

describe('the doctor on a running application', { concurrency: 3 }, () => {
  for (const [fault, code] of faults) {
    it(code ? `finds ${code} where it is ${fault}` : 'finds nothing where all is well', async () => {
      const { report, stderr, exitCode } = await doctorOn(fault)
      assert.deepEqual(
        report.findings.map((finding: any) => finding.code),
        code ? [code] : [],
        stderr,
      )
      assert.equal(exitCode, code ? 1 : 0)
    })
  }
})

async function doctorOn(fault: string) {
  const port = await freePort()
  const home = `http://127.0.0.1:${port}/`
  const urls = [`${home}posts/7`, home, `${home}posts/8`]
  const env = { PORT: String(port), ...(fault === 'off' && { DD_TRACE_ENABLED: 'false' }) }
  const args = ['--json', '--requests', urls.join(), '--', process.execPath, 'test/dev/doctor/apps/shop.cjs', fault]
  const { stdout, stderr, exitCode } = await doctor(args, env)
  return { report: JSON.parse(stdout), stderr, exitCode }
}

async function doctor(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ['test/dev/doctor/command.cjs', ...args], { env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', part => (stdout += part))
  child.stderr.on('data', part => (stderr += part))
  const [exitCode] = await once(child, 'close')
  return { stdout, stderr, exitCode }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
