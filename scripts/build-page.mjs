// Bundles src/dev/page into one file, dist/dev/page.html: no other file, no network.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const source = join(root, 'src/dev/page')
const target = join(root, 'dist/dev/page.html')

const script = await bundle('main.tsx')
const style = await bundle('page.css')
const html = readFileSync(join(source, 'index.html'), 'utf8')
  .replace(/\n/g, '')
  .replace('<style></style>', () => `<style>${style}</style>`)
  .replace('<script></script>', () => `<script>${script}</script>`)

mkdirSync(join(target, '..'), { recursive: true })
writeFileSync(target, html)
if (process.argv.includes('--size')) console.log(`${target}: ${html.length} bytes, ${gzipSync(html).length} gzipped`)

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [join(source, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome123', 'firefox128', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const text = outputFiles[0].text.trim()
  if (/<\/(?:script|style)/i.test(text)) throw new Error(`${entry} would end its own element`)
  return text
}
