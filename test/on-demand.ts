import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Packages that only some tests need and that are large: in a folder that git ignores, so that `npm ci` stays quick. */
const cache = resolve(__dirname, '..', '.cache')

/** The package in which npm has the executable of a Node for this machine. */
const node = `node-${process.platform}-${process.arch}`
const bun = `@oven/bun-${process.platform}-${process.arch}`

const folders: { [name: string]: { [dependency: string]: string } } = {
  'node-22': { [node]: '22' },
  'node-24': { [node]: '24' },
  'node-26': { [node]: '26' },
  'dd-trace-6': { 'dd-trace': '6' },
  bun: { [bun]: '1' },
}

/** The folder of such packages, where it is installed. */
export function atHand(name: string): string | undefined {
  const folder = join(cache, name)
  if (!existsSync(folder)) return undefined
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return JSON.stringify(dependencies) === JSON.stringify(folders[name]) ? folder : undefined
}

const installing = new Map<string, Promise<string>>()

/** The folder of such packages, installed now where it was not. */
export function install(name: string): Promise<string> {
  const found = atHand(name)
  if (found) return Promise.resolve(found)
  if (!installing.has(name)) installing.set(name, fetchInto(join(cache, name), folders[name]))
  return installing.get(name) as Promise<string>
}

async function fetchInto(folder: string, dependencies: object): Promise<string> {
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await run('npm', ['install', ...quietInstall, '--no-bin-links'], { cwd: unfinished })
  rmSync(folder, { recursive: true, force: true })
  renameSync(unfinished, folder) // so that another process never sees half of it
  return folder
}

/** How npm installs quickly, and what it is told alone. */
export const quietInstall = [
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--no-package-lock',
  '--ignore-scripts',
  '--legacy-peer-deps', // peers are laid beside by the tests themselves
]

/** The executable of a Node of that major: the running one, or one that is at hand. */
export function nodeAtHand(major: number): string | undefined {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath
  const folder = atHand(`node-${major}`)
  return folder && join(folder, 'node_modules', node, 'bin', 'node')
}

/** The executable of a Node of that major, installed now where it was not. */
export async function installNode(major: number): Promise<string> {
  if (!nodeAtHand(major)) await install(`node-${major}`)
  return nodeAtHand(major) as string
}

/** The executable of Bun, installed now where it was not. */
export async function installBun(): Promise<string> {
  return join(await install('bun'), 'node_modules', bun, 'bin', 'bun')
}
