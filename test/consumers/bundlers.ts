import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Parts, runNode } from './projects'

/** A bundler, and how it is told to inline spanlog and minify, with dd-trace and Express left outside. */
export interface Bundler {
  readonly title: string
  readonly parts: Parts
  /** A program that bundles `app.mjs`. */
  readonly program: (format: Format) => string
  /** Why one of the formats does not work yet. */
  readonly todo?: { [format in Format]?: string }
}

export type Format = 'esm' | 'cjs'

const app = { folder: 'bundles', files: ['serve.cjs'], ours: ['express'] }
const outside = `['dd-trace', 'express', './serve.cjs']`

export const bundlers: Bundler[] = [
  {
    title: 'esbuild',
    parts: { ...app, ours: ['express', 'esbuild'] },
    program: format => `
      import { build } from 'esbuild'
      await build({
        entryPoints: ['app.mjs'],
        outfile: '${outputOf(format)}',
        bundle: true,
        minify: true,
        platform: 'node',
        format: '${format}',
        external: ${outside},
      })`,
  },
  {
    title: 'webpack',
    parts: { ...app, packages: 'webpack' },
    program: format => `
      import webpack from 'webpack'
      const type = '${format === 'esm' ? 'module' : 'commonjs'}'
      const outside = Object.fromEntries(${outside}.map(name => [name, \`\${type} \${name}\`]))
      const config = {
        mode: 'production',
        target: 'node20',
        entry: './app.mjs',
        output: { path: process.cwd(), filename: '${outputOf(format)}', library: { type: '${format === 'esm' ? 'module' : 'commonjs2'}' }, module: ${format === 'esm'} },
        experiments: { outputModule: ${format === 'esm'} },
        externals: outside,
      }
      webpack(config, (error, stats) => {
        if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString())
      })`,
  },
  {
    title: 'rollup',
    parts: { ...app, packages: 'rollup' },
    program: format => `
      import commonjs from '@rollup/plugin-commonjs'
      import { nodeResolve } from '@rollup/plugin-node-resolve'
      import terser from '@rollup/plugin-terser'
      import { rollup } from 'rollup'
      const bundle = await rollup({
        input: 'app.mjs',
        external: [...${outside}, /^node:/],
        plugins: [nodeResolve({ preferBuiltins: true }), commonjs({ ignore: ['dd-trace'] }), terser()],
      })
      await bundle.write({ file: '${outputOf(format)}', format: '${format}', interop: 'auto' })`,
  },
  {
    title: 'tsup',
    parts: { ...app, packages: 'tsup' },
    program: format => `
      import { build } from 'tsup'
      await build({
        config: false,
        entry: { out: 'app.mjs' },
        outDir: '.',
        clean: false,
        format: '${format}',
        minify: true,
        target: 'node20',
        noExternal: [/^spanlog/],
        external: ${outside},
        outExtension: () => ({ js: '${outputOf(format).slice('out'.length)}' }),
        silent: true,
      })`,
  },
]

export const outputOf = (format: Format) => (format === 'esm' ? 'out.mjs' : 'out.cjs')

/** Bundles the application of a project. */
export async function bundle({ program }: Bundler, format: Format, project: string): Promise<void> {
  writeFileSync(join(project, 'bundle.mjs'), program(format))
  await runNode(['bundle.mjs'], project)
  const output = readFileSync(join(project, outputOf(format)), 'utf8')
  // Messages of ours tell users to `import … from 'spanlog/express'`; an import that is left over begins a statement.
  assert.ok(!/(?:^|;|\brequire\()(?:import[^;`]*from)?["']spanlog/m.test(output), 'spanlog is inlined')
}
