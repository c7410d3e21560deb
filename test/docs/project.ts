import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Agent } from 'spanlog/agent'
import { root } from './pages'

export const run = promisify(execFile)

/** A folder with spanlog as npm packs it. The projects of the docs stand in it. */
export class PackedHome {
  /** What is in the package. */
  files: string[] = []

  constructor(readonly path: string) {}

  async fill(): Promise<void> {
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', this.path], {
      cwd: root,
    })
    const [packed] = [JSON.parse(stdout)].flatMap(list => Object.values(list)) as { filename: string; files: never[] }[]
    this.files = packed.files.map(({ path }) => path)
    const modules = join(this.path, 'packed', 'node_modules')
    mkdirSync(modules, { recursive: true })
    await run('tar', ['xzf', join(this.path, packed.filename), '-C', modules])
    symlinkSync(join(modules, 'package'), join(modules, 'spanlog'))
    for (const name of ['dd-trace', '@msgpack/msgpack', '@types/node']) link(modules, name)
  }

  /** A folder in which nothing is installed but these packages. */
  project(name: string, packages: readonly string[]): string {
    const project = join(this.path, 'projects', name)
    mkdirSync(project, { recursive: true })
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project' }))
    const modules = join(project, 'node_modules')
    for (const name of packages) {
      if (name === 'spanlog') link(modules, name, join(this.path, 'packed', 'node_modules', 'package'))
      else link(modules, name)
    }
    return project
  }
}

/** All packages that the repository has. */
export const everyPackage = (): string[] =>
  readdirSync(join(root, 'node_modules')).filter(name => !name.startsWith('.') && name !== 'spanlog')

function link(modules: string, name: string, target = join(root, 'node_modules', name)): void {
  const path = join(modules, name)
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** An application of the docs, run by the words of the docs, in its project. */
export class DocsApp {
  readonly lines: string[] = []
  warnings = ''
  #port: number | undefined
  readonly #child
  readonly #ended

  constructor(project: string, args: readonly string[], agent: Agent) {
    this.#child = spawn(process.execPath, ['--require', join(__dirname, 'listen.cjs'), ...args], {
      cwd: project,
      env: { ...process.env, ...quietTracer, NODE_ENV: 'production', DD_TRACE_AGENT_URL: agent.url },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#ended = once(this.#child, 'close')
    createInterface({ input: this.#child.stdout as never }).on('line', line => this.lines.push(line))
    this.#child.stderr?.on('data', text => {
      this.warnings += text
    })
    this.#child.on('message', ({ port }: any) => {
      this.#port = port
    })
  }

  /** The URL that it says to type. */
  async url(): Promise<string> {
    const line = await this.until(lines => lines.find(line => line.startsWith('curl ')))
    const [, path] = /^curl http:\/\/localhost:3000(\/\S*)$/.exec(line) ?? []
    if (!path) throw new Error(`no command to type: ${line}`)
    return `http://127.0.0.1:${this.#port}${path}`
  }

  async until<T>(find: (lines: string[]) => T | undefined): Promise<T> {
    for (let i = 0; i < 1000; i++) {
      const found = find(this.lines)
      if (found !== undefined && this.#port) return found
      if (this.#child.exitCode !== null) break
      await sleep(10)
    }
    throw new Error(`it did not print what was expected:\n${this.lines.join('\n')}\n${this.warnings}`)
  }

  async stop(): Promise<void> {
    this.#child.kill()
    await this.#ended
  }
}

export const quietTracer = {
  DD_TRACE_FLUSH_INTERVAL: '0',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
}
