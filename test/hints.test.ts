import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { quietTracer } from './quiet-tracer'

const root = join(__dirname, '..')

/** Runs an application, sends it requests, and returns the codes of the warnings that it printed. */
async function warningsOf(body: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const program = `
    const tracer = require('dd-trace')
    const init = () => tracer.init({ plugins: false })
    const express = require('express')
    const Koa = require('koa')
    const { Router } = require('@koa/router')
    const pino = require('pino')
    const silent = () => pino({ level: 'silent' })
    const onExpress = require('spanlog/express')
    const onKoa = require('spanlog/koa')
    async function ask(listener, ...paths) {
      const server = require('node:http').createServer(listener)
      await new Promise(done => server.listen(0, '127.0.0.1', done))
      for (const path of paths) await (await fetch('http://127.0.0.1:' + server.address().port + path)).text()
      server.close()
    }
    async function main() {${body}}
    main().then(() => setTimeout(process.exit, 20, 0), error => { console.error(error); process.exit(1) })
  `
  const quiet = { ...quietTracer, DD_TRACE_AGENT_URL: 'http://127.0.0.1:9' }
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', program], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'test', ...quiet, ...env },
  })
  return [...stderr.matchAll(/\[(SPANLOG_\w+)\]/g)].map(([, code]) => code)
}

const expressApp = 'const app = express(); app.use(onExpress.spanlog({ logger: silent() }));'
const koaApp = 'const app = new Koa(); app.silent = true; app.use(onKoa.spanlog({ logger: silent() }));'
const ok = "app.get('/', (req, res) => res.end());"

describe('An application that is set up wrongly gets one warning that says what to type', () => {
  const wrong: { [what: string]: [code: string, body: string, env?: NodeJS.ProcessEnv] } = {
    'where the tracer was never started': ['SPANLOG_NO_TRACER', `${expressApp} ${ok} await ask(app, '/', '/')`],
    'where the tracer was never started, on Koa': [
      'SPANLOG_NO_TRACER',
      `${koaApp} app.use(ctx => { ctx.body = 'ok' }); await ask(app.callback(), '/', '/')`,
    ],
    'where the tracer was never started, in a job': [
      'SPANLOG_NO_TRACER',
      "const run = require('spanlog').jobRunner({ logger: silent() }); run('a', () => 1); run('a', () => 1)",
    ],
    'where errors are answered and not recorded': [
      'SPANLOG_UNRECORDED_ERROR',
      `init(); ${expressApp} app.get('/', () => { throw new Error('x') }); await ask(app, '/', '/')`,
    ],
    'where another request logger replaces ours': [
      'SPANLOG_LOG_REPLACED',
      `init(); ${expressApp} app.use((req, res, next) => { req.log = silent(); next() }); ${ok} await ask(app, '/', '/')`,
    ],
    'where two middlewares have two loggers': [
      'SPANLOG_TWO_LOGGERS',
      `init(); ${expressApp} app.use(onExpress.spanlog({ logger: silent() })); ${ok} await ask(app, '/', '/')`,
    ],
    'where two middlewares have two loggers, on Koa': [
      'SPANLOG_TWO_LOGGERS',
      `init(); ${koaApp} app.use(onKoa.spanlog({ logger: silent() })); app.use(ctx => { ctx.body = 'ok' })
       await ask(app.callback(), '/', '/')`,
    ],
    'where most routes are declared before it': [
      'SPANLOG_MOUNTED_LATE',
      `init(); const app = express(); ${ok} app.get('/b', (req, res) => res.end())
       app.use(onExpress.spanlog({ logger: silent() })); app.get('/c', (req, res) => res.end())
       await ask(app, '/', '/c', '/c')`,
    ],
    'where the router is used before it, on Koa': [
      'SPANLOG_MOUNTED_LATE',
      `init(); const app = new Koa(); const router = new Router(); router.get('/a', ctx => { ctx.body = 'ok' })
       app.use(router.routes()); app.use(onKoa.spanlog({ logger: silent() }));
       await ask(app.callback(), '/a', '/b', '/b')`,
    ],
  }
  for (const [what, [code, body, env]] of Object.entries(wrong)) {
    it(what, { timeout: 20_000 }, async () => assert.deepEqual(await warningsOf(body, env), [code]))
  }
})

describe('There is no warning', () => {
  const right: { [what: string]: [body: string, env?: NodeJS.ProcessEnv] } = {
    'for an application as the README has it': [
      `init(); ${expressApp} ${ok} app.get('/bad', () => { throw new Error('x') }); app.use(onExpress.recordErrors())
       await ask(app, '/', '/bad', '/none')`,
    ],
    'for Koa, where errors need no handler': [
      `init(); ${koaApp} app.use(() => { throw new Error('x') }); await ask(app.callback(), '/')`,
    ],
    'where the tracer is switched off': [
      `init(); ${expressApp} ${ok} await ask(app, '/')`,
      { DD_TRACE_ENABLED: 'false' },
    ],
    'where only a health check stands before it': [
      `init(); const app = express(); app.get('/health', (req, res) => res.end())
       app.use(onExpress.spanlog({ logger: silent() })); ${ok} app.get('/b', (req, res) => res.end())
       await ask(app, '/health', '/', '/b')`,
    ],
    'where the same logger is given twice': [
      `init(); const logger = silent(); const app = express()
       app.use(onExpress.spanlog({ logger })); app.use(onExpress.spanlog({ logger })); ${ok} await ask(app, '/')`,
    ],
    'where an error is recorded by hand': [
      `init(); const { recordError } = require('spanlog'); ${expressApp} ${ok}
       app.use((req, res) => { recordError(new Error('x'), req); res.status(500).end() }); await ask(app, '/', '/x')`,
    ],
  }
  for (const [what, [body, env]] of Object.entries(right)) {
    it(what, { timeout: 20_000 }, async () => assert.deepEqual(await warningsOf(body, env), []))
  }
})

describe('A function that makes a logger, and the wrong entry, are refused with what to type', () => {
  it('pino itself', () => {
    const { spanlog } = require('spanlog/express')
    assert.throws(() => spanlog({ logger: require('pino') }), /Write `logger: pino\(\)`/)
  })
  it('bunyan itself', () => {
    const { spanlog } = require('spanlog/koa')
    assert.throws(() => spanlog({ logger: require('bunyan') }), /Write `logger: bunyan\.createLogger/)
  })
  it('`spanlog` from `spanlog`', () => {
    const { spanlog, recordErrors } = require('spanlog')
    assert.throws(() => spanlog(), /from 'spanlog\/express'.*'spanlog\/koa'/)
    assert.throws(() => recordErrors(), /from 'spanlog\/express'/)
  })
})
