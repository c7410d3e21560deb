import './environment'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach } from 'node:test'
import type { State } from '../../src/dev/api'

/** A folder for this test file alone: what runs elsewhere on this machine is not found in it. */
export const runtimeFolder = mkdtempSync(join(tmpdir(), 'spanlog-'))
const running = new Set<ChildProcess>()
// A test that has failed must not leave its panel to the next one.
afterEach(() => Promise.all([...running].map(child => child.kill() && once(child, 'close'))))
after(() => {
  rmSync(runtimeFolder, { recursive: true, force: true })
})

const cli = join(process.cwd(), 'dist', 'dev', 'cli.js')

interface StartOptions {
  env?: Record<string, string | undefined>
  cwd?: string
  /** Takes the port that users get: 8126, where all tracers of this machine report that were told nothing. Any free one by default. */
  usualPort?: boolean
}

/** Starts `spanlog` as a user would. */
export function start(args: string[], { env = {}, cwd, usualPort = false }: StartOptions = {}) {
  const own = { ...process.env, NO_COLOR: '1', XDG_RUNTIME_DIR: runtimeFolder, ...env }
  const child = spawn(process.execPath, [cli, ...(usualPort ? args : withFreePort(args))], { env: own, cwd })
  running.add(child.once('close', () => running.delete(child)))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', part => (output.stdout += part))
  child.stderr.on('data', part => (output.stderr += part))
  return { child, output }
}

function withFreePort([command = '', ...rest]: string[]): string[] {
  const end = rest.includes('--') ? rest.indexOf('--') : rest.length
  const told = command !== 'dev' || rest.slice(0, end).includes('--port')
  return told ? [command, ...rest].filter(Boolean) : [command, '--port', '0', ...rest]
}

/** Runs `spanlog` to its end. */
export async function spanlog(args: string[], options?: StartOptions) {
  const { child, output } = start(args, options)
  child.stdin.end()
  const [code] = await once(child, 'close')
  return { code, ...output }
}

/** A panel that runs, with its address. */
export async function startDev(args: string[], options?: StartOptions) {
  const { child, output } = start(['dev', ...args], options)
  const url = await until(() => /^spanlog: (http:\S+?)[ ,]/m.exec(output.stderr)?.[1])
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    child.kill(signal)
    const [code] = await once(child, 'close')
    return code as number
  }
  return { url, child, output, end, state: () => get<State>(`${url}/api/state`) }
}

export async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}

/** The first value that `look` finds, asked again and again. */
export async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`this never came true: ${look}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

export function ended(child: ChildProcess): Promise<number> {
  return once(child, 'close').then(([code]) => code)
}
