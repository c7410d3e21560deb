import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The tests use many versions of the frameworks, and each has other types. */
export type Any = any

/** A folder of `test/frameworks`: one set of versions under their real names. */
export class FrameworkSet {
  readonly #require: NodeJS.Require

  constructor(readonly folder: string) {
    this.#require = createRequire(join(__dirname, '..', 'frameworks', folder, 'package.json'))
  }

  load(name: string): Any {
    const loaded = this.#require(name)
    return loaded.default ?? loaded
  }

  resolve(name: string): string {
    return this.#require.resolve(name)
  }

  version(name: string): string {
    return versionOf(this.#require.resolve(name), name)
  }

  /** The `router` that Express 5 of this set uses. */
  routerVersion(): string {
    const fromExpress = createRequire(this.#require.resolve('express'))
    return versionOf(fromExpress.resolve('router'), 'router')
  }
}

function versionOf(file: string, name: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (manifest.name === name) return manifest.version
    } catch {
      // look in the folder above
    }
  }
  throw new Error(`no package.json of ${name} above ${file}`)
}
