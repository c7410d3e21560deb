// Puts @babel/parser into the one file that needs it: whoever installs spanlog for its middleware need not install a parser.
import { readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

const file = 'dist/dev/doctor/project/parse.js'
const license = readFileSync('node_modules/@babel/parser/LICENSE', 'utf8')

await build({
  entryPoints: [file],
  outfile: file,
  allowOverwrite: true,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  banner: { js: `"use strict";\n/*! This file contains @babel/parser:\n\n${license.replaceAll('*/', '* /')}*/` },
})
rmSync(`${file}.map`)
