import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { install } from './on-demand'
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
    async function askFastify(plugin, setUp, ...paths) {
      const load = require('node:module').createRequire(process.env.FASTIFY + '/package.json')
      const app = load('fastify')()
      await app.register(load('@fastify/' + plugin))
      app.use(onExpress.spanlog({ logger: silent() }))
      setUp(app)
      app.get('/users/:id', async ({ params }) => { if (params.id === 'bad') throw new Error('x'); return 'ok' })
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      for (const path of paths) await (await fetch(url + path)).text()
      await app.close()
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
const connectApp = "const app = require('connect')(); app.use(onExpress.spanlog({ logger: silent() }));"
const ok = "app.get('/', (req, res) => res.end());"
const usersOk = "app.use('/users', (req, res) => res.end());"

/** `fetch` in the same process sends the headers of a trace. */
const refusing = `tracer.init(); const app = express(); app.use(onExpress.spanlog({ logger: silent(), trustIncoming: false })); ${ok}`

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
    "where dd-trace's span continues the trace of a caller that is refused": [
      'SPANLOG_CALLER_CONTINUED',
      `${refusing} await ask(app, '/', '/')`,
    ],
    'where it does so on Koa': [
      'SPANLOG_CALLER_CONTINUED',
      `tracer.init(); const app = new Koa(); app.use(onKoa.spanlog({ logger: silent(), trustIncoming: () => false }))
       app.use(ctx => { ctx.body = 'ok' }); await ask(app.callback(), '/', '/')`,
    ],
    'where connect does not tell its paths': [
      'SPANLOG_NO_ROUTE',
      `init(); ${connectApp} ${usersOk} await ask(app, '/users/1', '/users', '/users/2?a=1')`,
    ],
    'where connect answers errors': [
      'SPANLOG_UNRECORDED_ERROR',
      `init(); ${connectApp} app.use('/users', () => { throw new Error('x') }); await ask(app, '/users/1', '/users/1')`,
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
    'where neither dd-trace nor spanlog continues the trace of a caller': [
      `${refusing} await ask(app, '/')`,
      { DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT: 'ignore' },
    ],
    'where the same logger is given twice': [
      `init(); const logger = silent(); const app = express()
       app.use(onExpress.spanlog({ logger })); app.use(onExpress.spanlog({ logger })); ${ok} await ask(app, '/')`,
    ],
    'where an error is recorded by hand': [
      `init(); const { recordError } = require('spanlog'); ${expressApp} ${ok}
       app.use((req, res) => { recordError(new Error('x'), req); res.status(500).end() }); await ask(app, '/', '/x')`,
    ],
    'in connect, where handlers name their route': [
      `init(); const { getSpan, setRoute } = require('spanlog'); ${connectApp}
       app.use('/users', (req, res) => { setRoute('/users'); res.end() })
       app.use('/tagged', (req, res) => { getSpan().setTag('http.route', '/tagged'); res.end() })
       app.use('/bad', () => { throw new Error('x') }); app.use(onExpress.recordErrors())
       await ask(app, '/users/1', '/tagged/1', '/bad', '/none')`,
    ],
    'in connect, where a router of Express has the routes, and a middleware without a path answers': [
      `init(); ${connectApp} app.use(express.Router().get('/users/:id', (req, res) => res.end()))
       app.use('/none', (req, res, next) => next()); app.use((req, res) => { req.url = '/index.html'; res.end() })
       await ask(app, '/users/1', '/', '/none/1')`,
    ],
    "in connect, where dd-trace's integration knows the paths": [
      `tracer.init(); const app = require('connect')(); app.use(onExpress.spanlog({ logger: silent() })); ${usersOk}
       await ask(app, '/users/1')`,
    ],
  }
  for (const [what, [body, env]] of Object.entries(right)) {
    it(what, { timeout: 20_000 }, async () => assert.deepEqual(await warningsOf(body, env), []))
  }
})

describe("spanlog's middleware for Express in Fastify", () => {
  let FASTIFY: string
  before(async () => {
    FASTIFY = await install('fastify')
  })
  const named = `app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url) setRoute(request.routeOptions.url)
    done()
  })`
  const recorded = "app.addHook('onError', (request, reply, error, done) => { recordError(error); done() })"
  const files = "app.use('/files', (req, res) => res.end())"
  const api = "const { recordError, setRoute } = require('spanlog');"

  for (const plugin of ['middie', 'express']) {
    const codes = (hooks: string, paths: string, init = 'init()') =>
      warningsOf(`${init}; ${api} await askFastify('${plugin}', app => { ${hooks} }, ${paths})`, { FASTIFY })

    it(`by @fastify/${plugin}: one warning that its routes are not seen`, { timeout: 20_000 }, async () => {
      assert.deepEqual(await codes(recorded, "'/none', '/users/1', '/users/2', '/users/bad'"), ['SPANLOG_NO_ROUTE'])
    })
    it(`by @fastify/${plugin}: one warning that its errors are not seen`, { timeout: 20_000 }, async () => {
      assert.deepEqual(await codes(named, "'/users/1', '/users/bad', '/users/bad'"), ['SPANLOG_UNRECORDED_ERROR'])
    })
    it(`by @fastify/${plugin}: no warning with both hooks`, { timeout: 20_000 }, async () => {
      assert.deepEqual(
        await codes(`${files}; ${named}; ${recorded}`, "'/files/1', '/none', '/users/1', '/users/bad'"),
        [],
      )
    })
    it(`by @fastify/${plugin}: no warning beside dd-trace's integrations`, { timeout: 20_000 }, async () => {
      assert.deepEqual(await codes('', "'/users/1', '/users/bad', '/none'", 'tracer.init()'), [])
    })
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

it('`correlate()` without dd-trace is empty, and there is one warning', async () => {
  const program = `
    const Module = require('node:module')
    const resolve = Module._resolveFilename
    Module._resolveFilename = function (name, ...rest) {
      if (name === 'dd-trace') throw new Error('not installed')
      return resolve.call(this, name, ...rest)
    }
    const { correlate } = require('spanlog')
    console.log(JSON.stringify({ ...correlate() }), \`[\${correlate()}]\`)
  `
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: root })
  assert.equal(stdout, '{} []\n')
  assert.match(stderr, /\[SPANLOG_TRACER\]/)
})
