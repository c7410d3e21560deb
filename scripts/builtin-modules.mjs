// Lets a bundler inline spanlog into a file of ECMAScript modules. There esbuild and tsup cannot translate `require("node:util")`
// and the file fails at its start. `process.getBuiltinModule` (Node 20.16) is no import, so bundlers leave it alone.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const dist = new URL('../dist', import.meta.url).pathname

for (const file of readdirSync(dist, { recursive: true })) {
  if (!file.endsWith('.js')) continue
  const path = join(dist, file)
  const code = readFileSync(path, 'utf8')
  const changed = code.replace(/\brequire\("(node:[\w/]+)"\)/g, 'process.getBuiltinModule("$1")')
  if (changed !== code) writeFileSync(path, changed)
}
