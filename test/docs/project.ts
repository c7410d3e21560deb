import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Agent } from 'spanlog/agent'
import { link, pack, root } from '../packed'

export const run = promisify(execFile)

/** A folder with spanlog as npm packs it, and the projects of the docs. */
export class PackedHome {
  /** What is in the package. */
  files: string[] = []

  constructor(readonly path: string) {}

  async fill(): Promise<void> {
    const { filename, files } = await pack(this.path)
    this.files = files.map(({ path }) => path)
    mkdirSync(join(this.path, 'packed'))
    await run('tar', ['xzf', join(this.path, filename), '-C', join(this.path, 'packed')])
    for (const name of ['dd-trace', '@types/node']) link(join(this.path, 'packed'), name)
  }

  /** A folder in which nothing is installed but these packages. */
  project(name: string, packages: Iterable<string>): string {
    const project = join(this.path, 'projects', name)
    mkdirSync(project, { recursive: true })
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project' }))
    for (const name of new Set(packages)) {
      link(project, name, name === 'spanlog' ? join(this.path, 'packed', 'package') : undefined)
    }
    return project
  }
}

/** All packages that the repository has. */
export const everyPackage = (): string[] =>
  readdirSync(join(root, 'node_modules')).filter(name => !name.startsWith('.') && name !== 'spanlog')

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
