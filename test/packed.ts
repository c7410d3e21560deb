import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { quietInstall } from './on-demand'

const run = promisify(execFile)
export const root = resolve(__dirname, '..')

/** What npm says of a package that it has packed. */
export interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: { path: string }[]
}

/** Packs spanlog into `home`, without `prepack`, which would empty dist under the tests that run beside. */
export async function pack(home: string): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', home], { cwd: root })
  return [JSON.parse(stdout)].flatMap(list => Object.values(list))[0] as Packed
}

/** Installs the packed spanlog in `home`, whose subfolders are the projects that use it, and its own dependencies with it. */
export async function installPacked(home: string): Promise<Packed> {
  const packed = await pack(home)
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true }))
  await run('npm', ['install', ...quietInstall, `./${packed.filename}`], { cwd: home })
  return packed
}

/** Lays a package that is installed already, one of ours by default, into a project. */
export function link(project: string, name: string, target = join(root, 'node_modules', name)): void {
  const path = join(project, 'node_modules', name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}
