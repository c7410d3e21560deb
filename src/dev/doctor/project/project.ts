import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { BadInput } from '../log'
import { type Command, commandsOf } from './commands'
import { neededNode } from './installed'
import { parseSource } from './parse'
import { type Setting, settingsOf } from './settings'
import type { SourceFile } from './syntax'
import { lineAt, type TextFile } from './text-file'

/** The source and configuration of an application. Nothing of it is executed. */
export interface Project {
  readonly packageJson: PackageJson
  /** Without tests. */
  readonly sources: readonly SourceFile[]
  readonly configs: readonly TextFile[]
  /** DD_ variables and NODE_OPTIONS from all files that set them. */
  readonly settings: readonly Setting[]
  /** The commands that start the application, from npm scripts, Dockerfile, compose and Procfile. */
  readonly commands: readonly Command[]
  /** Versions of dd-trace in the lock file. */
  readonly tracers: readonly { readonly version: string; readonly file: string; readonly line: number }[]
  /** The oldest major version of Node for the dd-trace in node_modules; absent if it is not there. */
  readonly needsNode?: number
  /** The parts that were not read, one sentence each. */
  readonly notLookedAt: readonly string[]
  has(dependency: string): boolean
  source(path: string): SourceFile | undefined
}

/** The fields of package.json that the rules read. */
interface PackageJson {
  readonly type?: string
  readonly main?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly jest?: unknown
}

/**
 * Reads the directory of an application.
 *
 * @throws {BadInput} if it has no package.json, or one that is not valid JSON
 */
export function readProject(root: string): Project {
  const packageJson = readPackageJson(root)
  const notLookedAt: string[] = []
  const files = filesOf(root, notLookedAt)
  const sources = files.filter(isSource).flatMap(path => sourceOf(root, path, notLookedAt))
  const configs = files.filter(isConfig).map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  const dependencies = { ...packageJson.devDependencies, ...packageJson.dependencies }
  const bySource = new Map(sources.map(source => [source.path, source]))
  return {
    packageJson,
    sources,
    configs,
    settings: configs.flatMap(settingsOf),
    commands: configs.flatMap(commandsOf),
    tracers: configs.flatMap(tracersOf),
    needsNode: neededNode(root),
    notLookedAt: [...notLookedAt, ...always],
    has: dependency => dependency in dependencies,
    source: path => bySource.get(path),
  }
}

const always = [
  'Settings in other places: a cluster, a secret store, a CI system, or a base image.',
  'node_modules, generated code, tests, and code that is made at run time.',
]

function readPackageJson(root: string): PackageJson {
  const path = join(root, 'package.json')
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new BadInput(`\`${path}\` is not valid JSON.`)
    throw new BadInput(`There is no package.json in \`${root}\`: name the directory of the application.`)
  }
}

const skipped = new Set([
  ...['node_modules', 'dist', 'build', 'out', 'coverage', 'vendor', 'test', 'tests', '__tests__', '__mocks__', 'spec'],
  ...['e2e', 'fixtures', 'docs', 'examples', 'public', 'static', 'migrations'],
])

function filesOf(root: string, notLookedAt: string[]): string[] {
  const found: string[] = []
  const queue = ['']
  for (let at = queue.shift(); at !== undefined && found.length < mostFiles; at = queue.shift()) {
    for (const entry of entriesOf(join(root, at))) {
      const path = at ? `${at}/${entry.name}` : entry.name
      if (
        entry.isDirectory() &&
        !skipped.has(entry.name) &&
        (!entry.name.startsWith('.') || entry.name === '.platform')
      )
        queue.push(path)
      else if (entry.isFile() && (isSource(path) || isConfig(path))) found.push(path)
    }
  }
  if (found.length >= mostFiles) notLookedAt.push(`The files after the first ${mostFiles}.`)
  return found
}

const mostFiles = 5000

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))
  } catch {
    return []
  }
}

function isSource(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path) && !/\.(?:test|spec|d|stories|min)\.[cm]?[jt]sx?$/.test(path)
}

function isConfig(path: string): boolean {
  const name = basename(path)
  return (
    /^(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|Procfile.*|\.nvmrc|\.node-version|\.env.*|.*\.env|app\.json|ecosystem.*\.json|.*\.ya?ml)$/.test(
      name,
    ) ||
    /^(?:.*\.)?Dockerfile(?:\..*)?$/i.test(name) ||
    /\.sh$/.test(name)
  )
}

function sourceOf(root: string, path: string, notLookedAt: string[]): SourceFile[] {
  const full = join(root, path)
  if (statSync(full).size > 1_000_000) {
    notLookedAt.push(`${path}: larger than 1 MB.`)
    return []
  }
  try {
    return [parseSource(path, readFileSync(full, 'utf8'))]
  } catch (error) {
    notLookedAt.push(`${path}: it cannot be parsed (${(error as Error).message.split('\n')[0]}).`)
    return []
  }
}

function tracersOf({ path, text }: TextFile): { version: string; file: string; line: number }[] {
  const forms: Record<string, RegExp> = {
    'package-lock.json': /"(?:[^"]*\/)?node_modules\/dd-trace": \{\s*"version": "([^"]+)"/g,
    'npm-shrinkwrap.json': /"(?:[^"]*\/)?node_modules\/dd-trace": \{\s*"version": "([^"]+)"/g,
    'yarn.lock': /^"?dd-trace@[^\n]*:\n {2}version:? "?([\d.]+[^"\n]*)"?/gm,
    'pnpm-lock.yaml': /^ {2}'?\/?dd-trace@([\d.]+[^:'(]*)(?:\([^)]*\))*'?:$/gm,
  }
  const form = forms[basename(path)]
  if (!form) return []
  const found = [...text.matchAll(form)].map(match => ({
    version: match[1] as string,
    file: path,
    line: lineAt(text, match.index),
  }))
  // pnpm-lock.yaml lists each package twice, under `packages` and `snapshots`. Each version counts once.
  return found.filter(
    ({ version }, n) => basename(path) !== 'pnpm-lock.yaml' || found.findIndex(each => each.version === version) === n,
  )
}
