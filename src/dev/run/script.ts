import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A script of a package, and the command that runs it. */
export interface Script {
  readonly name: 'dev' | 'start'
  readonly packageFile: string
  readonly program: string[]
}

/**
 * The `dev`, else the `start` script of the nearest package.json. A script that runs `spanlog dev` is left out: it would call itself.
 */
export function findScript(folder: string): Script | undefined {
  const packageFile = join(folder, 'package.json')
  if (!existsSync(packageFile)) return dirname(folder) === folder ? undefined : findScript(dirname(folder))
  const { scripts = {}, packageManager = '' } = readPackage(packageFile)
  const name = (['dev', 'start'] as const).find(each => scripts[each] && !/\bspanlog dev\b/.test(scripts[each]))
  return name && { name, packageFile, program: [managerOf(folder, packageManager), 'run', name] }
}

function readPackage(file: string): { scripts?: Record<string, string>; packageManager?: string } {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}`)
  }
}

function managerOf(folder: string, packageManager: string): string {
  const named = /^(npm|pnpm|yarn|bun)@/.exec(packageManager)?.[1]
  return (
    named ?? Object.keys(locks).find(manager => locks[manager]?.some(file => existsSync(join(folder, file)))) ?? 'npm'
  )
}

const locks: Record<string, string[]> = {
  npm: ['package-lock.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
}
