import '../environment'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** Runs `spanlog doctor` with these arguments. */
export async function doctor(
  args: string[],
  { env = {}, input, cwd }: { env?: Record<string, string>; input?: string | Buffer; cwd?: string } = {},
) {
  const child = spawn(process.execPath, [resolve('test/dev/doctor/command.cjs'), ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', part => (output.stdout += part))
  child.stderr.on('data', part => (output.stderr += part))
  child.stdin.on('error', () => {}) // it may end before it has read all
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, ...output }
}
