// Makes one file of all that an application's request needs. `require('spanlog/express')` then reads one file instead of 59, which
// takes a third of the time. Nothing is minified, and the source maps are kept, so stack traces stay readable.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)
const dist = join(import.meta.dirname, '..', 'dist')
const bundle = join(dist, 'spanlog.js')
const entries = { index: 'index.js', express: 'express/index.js', koa: 'koa/index.js' }

await build({
  stdin: {
    contents: Object.entries(entries)
      .map(([name, file]) => `exports.${name} = require('./${file}')`)
      .join('\n'),
    resolveDir: dist,
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['dd-trace'],
  sourcemap: true,
  outfile: bundle,
})

const names = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, exportsOf(file)]))
for (const file of readdirSync(dist, { recursive: true })) {
  const isKept = file.startsWith('dev') || file.startsWith('spanlog.') || !/\.js(?:\.map)?$/.test(file)
  if (!isKept) rmSync(join(dist, file))
}
for (const [name, file] of Object.entries(entries)) writeFileSync(join(dist, file), stubOf(name, file))

function exportsOf(file) {
  return Object.keys(require(join(dist, file)))
}

/** Each name is assigned by itself, since Node finds the names for an `import` in the text. */
function stubOf(name, file) {
  const path = relative(join(dist, file, '..'), bundle)
  const lines = names[name].map(one => `exports.${one} = all.${one};`)
  return `"use strict";\nconst all = require("${path.startsWith('.') ? path : `./${path}`}").${name};\n${lines.join('\n')}\n`
}
