import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { install } from '../on-demand'
import { installPacked, link, type Packed } from '../packed'

const run = promisify(execFile)

/** What a project is made of. */
export interface Parts {
  /** A folder beside this file, whose files are copied. */
  readonly folder: string
  /** Files beside this one that are copied, too. */
  readonly files?: readonly string[]
  /** Packages that we have ourselves. */
  readonly ours?: readonly string[]
  /** Packages that are installed on demand, by the name of their folder. */
  readonly packages?: string
}

/** A folder with projects that use spanlog as packed. Beside them stands what any project has. */
export class Projects {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'spanlog-consumers-')))
  packed!: Packed

  async start(): Promise<void> {
    mkdirSync(join(this.home, 'packed'))
    this.packed = await installPacked(join(this.home, 'packed'))
    for (const name of ['@types/node', 'dd-trace', '@opentelemetry/api', 'pino']) link(this.home, name)
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true })
  }

  /** Makes a project, which has nothing but its parts and spanlog. */
  async make(name: string, { folder, files = [], ours = [], packages }: Parts): Promise<string> {
    const project = join(this.home, name)
    cpSync(join(__dirname, folder), project, { recursive: true })
    for (const file of files) cpSync(join(__dirname, file), join(project, file.slice(file.lastIndexOf('/') + 1)))
    cpSync(join(this.home, 'packed', 'node_modules'), join(project, 'node_modules'), { recursive: true })
    for (const name of ours) link(project, name)
    if (packages) linkAll(project, join(await install(packages), 'node_modules'))
    return project
  }
}

/** Lays each package of a folder into a project, as if it had been installed there. */
function linkAll(project: string, from: string): void {
  for (const entry of readdirSync(from).filter(entry => !entry.startsWith('.'))) {
    const names = entry.startsWith('@') ? readdirSync(join(from, entry)).map(name => `${entry}/${name}`) : [entry]
    for (const name of names) link(project, name, join(from, name))
  }
}

/** Runs Node in a project, and returns what it prints. */
export async function runNode(args: string[], cwd: string): Promise<string> {
  try {
    return (await run(process.execPath, args, { cwd, env: quietTracer, timeout: 100_000 })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`node ${args.join(' ')}\n${shortened(stdout)}\n${shortened(stderr)}`)
  }
}

/** Without the long lines of a minified file. */
function shortened(text: string): string {
  return text.replace(/^(.{300}).*$/gm, '$1 …').slice(-4000)
}

/** A `node --test` within a `node --test` would report to the outer one, and always succeed. */
const { NODE_TEST_CONTEXT: _, ...inherited } = process.env

const quietTracer = {
  ...inherited,
  DD_TRACE_FLUSH_INTERVAL: '0',
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
}
