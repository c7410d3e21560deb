import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { quietTracer } from './quiet-tracer'
import { FrameworkSet } from './routes/frameworks.ts'

const run = promisify(execFile)
const env = {
  ...process.env,
  ...quietTracer,
  NODE_ENV: 'test',
}

/** The whole table once more, in a separate process. */
async function table(args: string[]): Promise<{ wrong: string[]; spans?: number }> {
  const { stdout } = await run(process.execPath, args, { env, timeout: 60_000 })
  return JSON.parse(stdout)
}

const child = (folder: string, preload: string[] = [], extra: string[] = []) =>
  table([...preload, '--require', 'sucrase/register/ts', 'test/routes/child.ts', folder, ...extra])

describe('Resources are the same', { concurrency: 2 }, () => {
  for (const folder of ['express4-koa2', 'express5-koa3']) {
    for (const tracer of ['dd-trace', 'opentelemetry']) {
      it(`with the integrations of ${tracer} in ${folder}`, async () => {
        const { wrong, spans } = await child(folder, ['-r', `./test/routes/preload-${tracer}.cjs`])
        assert.deepEqual(wrong, [])
        assert.ok(Number(spans) > 100, 'the integrations were on')
      })
    }
  }

  for (const extra of ['express-async-errors', 'express-promise-router']) {
    it(`with ${extra}`, async () => {
      assert.deepEqual((await child('express4-promises', [], [extra])).wrong, [])
    })
  }

  for (const folder of ['express4-koa2', 'express52-router14', 'express5-koa3']) {
    it(`in a minified bundle of ${folder}`, async () => {
      const outdir = await mkdtemp(join(tmpdir(), 'spanlog-bundle-'))
      try {
        assert.deepEqual((await table([await bundled(folder, outdir)])).wrong, [])
      } finally {
        await rm(outdir, { recursive: true })
      }
    })
  }
})

async function bundled(folder: string, outdir: string): Promise<string> {
  const set = new FrameworkSet(folder)
  const major = Number.parseInt(set.version('express'), 10)
  const kind = major === 4 ? '4' : set.routerVersion() < '2.3' ? '2.0' : '2.3'
  const contents = `
    import express from ${JSON.stringify(set.resolve('express'))}
    import Koa from ${JSON.stringify(set.resolve('koa'))}
    import * as koaRouter from ${JSON.stringify(set.resolve('@koa/router'))}
    import compose from 'koa-compose'
    import mount from 'koa-mount'
    import route from 'koa-route'
    import TreeRouter from 'koa-tree-router'
    import findMyWay from 'find-my-way'
    import { expressDifferences, koaDifferences } from './routes/differences.ts'
    const Router = koaRouter.Router ?? koaRouter.default
    const kit = { Koa, Router, major: ${Number.parseInt(set.version('@koa/router'), 10)}, mount, compose, route, TreeRouter, findMyWay }
    const wrong = [...(await expressDifferences(express, ${major}, '${kind}')), ...(await koaDifferences(kit))]
    process.stdout.write(JSON.stringify({ wrong }), () => process.exit())`
  const outfile = join(outdir, 'bundle.mjs')
  await build({
    stdin: { contents, resolveDir: __dirname, loader: 'ts' },
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  })
  return outfile
}
