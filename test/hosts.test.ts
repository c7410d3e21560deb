import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  agent,
  ask,
  assertLinked,
  integrations,
  listen,
  openResponses,
  serverSpans,
  start,
  tracer,
  useIntegrations,
} from './hosts/traced'

const express = require('express')
const Koa = require('koa')
const { Router } = require('@koa/router')
const lightMyRequest = require('light-my-request')
const serverlessExpress = require('@codegenie/serverless-express')
const serverlessHttp = require('serverless-http')
const mocks = require('node-mocks-http')
const { shutdown } = require('spanlog')
const { spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')

const lines: any[] = []
const logger = (fields: object) => ({ info: (message: string) => lines.push({ ...fields, message }) })

type Listener = (req: any, res: any) => void

/** Given an application itself, light-my-request changes the prototypes of Express for the whole process. */
const inject = (app: Listener, options: object) => lightMyRequest((req: any, res: any) => app(req, res), options)

const apps: { [framework: string]: () => Listener } = {
  Express: () => {
    const app = express()
    app.use(onExpress({ logger }))
    app.get('/items/:id', (req: any, res: any) => {
      req.log.info('item')
      res.status(201).send(req.params.id)
    })
    return app
  },
  Koa: () => {
    const app = new Koa()
    app.use(onKoa({ logger }))
    const router = new Router().get('/items/:id', (ctx: any) => {
      ctx.log.info('item')
      ctx.status = 201
      ctx.body = ctx.params.id
    })
    return app.use(router.routes()).callback()
  },
}

const event = (path: string) => ({
  httpMethod: 'GET',
  path,
  headers: { host: 'x' },
  multiValueHeaders: {},
  requestContext: { httpMethod: 'GET', path, stage: 'prod' },
  body: null,
  isBase64Encoded: false,
})

function message(path: string): IncomingMessage {
  return Object.assign(new IncomingMessage(undefined as never), { method: 'GET', url: path, headers: { host: 'x' } })
}

/** Ways to call an application without a server. Each resolves to the status of the answer. */
const hosts: { [host: string]: (app: Listener, path: string) => Promise<number> } = {
  'serverless-express on AWS Lambda': async (app, path) => {
    const { statusCode } = await serverlessExpress({ app })(event(path), {}, () => undefined)
    return statusCode
  },
  'serverless-http on AWS Lambda': async (app, path) => (await serverlessHttp(app)(event(path), {})).statusCode,
  'light-my-request': async (app, path) => (await inject(app, { url: path })).statusCode,
  'node-mocks-http with events': async (app, path) => {
    const req = mocks.createRequest({ url: path, headers: { host: 'x' } })
    const res = mocks.createResponse({ req, eventEmitter: EventEmitter })
    const ended = once(res, 'finish')
    app(req, res)
    await ended
    return res.statusCode
  },
  "a ServerResponse of the application's own": async (app, path) => {
    const req = message(path)
    const res = new ServerResponse(req)
    res.assignSocket(new Writable({ write: (_chunk, _encoding, done) => done() }) as never)
    const ended = once(res, 'finish')
    app(req, res)
    await ended
    return res.statusCode
  },
  'a host whose `end` emits nothing, as on Azure': async (app, path) => {
    const req = message(path)
    const res = new ServerResponse(req)
    await new Promise<void>(done => {
      res.end = () => {
        done()
        return res
      }
      app(req, res)
    })
    return res.statusCode
  },
}

before(start)
after(() => agent.close())

for (const mode of integrations) {
  for (const [framework, makeApp] of Object.entries(apps)) {
    describe(`${framework} without a server, with dd-trace's integrations ${mode}:`, () => {
      beforeEach(() => {
        useIntegrations(mode)
        agent.clear()
        lines.length = 0
      })

      for (const [host, call] of Object.entries(hosts)) {
        // Without `finish` dd-trace's spans of Express's middleware stay open, and hold the whole trace.
        if (mode === 'on' && framework === 'Express' && host.includes('Azure')) continue
        it(`${host} makes one span for each answer, and nothing is kept`, async () => {
          const app = makeApp()
          for (let i = 0; i < 20; i++) assert.equal(await call(app, `/items/${i}`), 201)
          const spans = await serverSpans()
          assert.equal(spans.length, 20)
          for (const { name, resource, meta, error } of spans) {
            assert.equal(name, isAdopted(mode, host) ? `${framework.toLowerCase()}.request` : 'web.request')
            assert.deepEqual([resource, meta['http.status_code'], error], ['GET /items/:id', '201', 0])
            assert.deepEqual([meta['http.aborted'], meta['http.unfinished']], [undefined, undefined])
          }
          assert.equal(openResponses(), 0)
          assert.equal(lines.length, 20)
          for (const line of lines) assertLinked(line)
        })

        if (isAdopted(mode, host)) continue // dd-trace's own span is no child of what is active
        it(`${host}: a span that the host started is the parent, and the span has ended when the answer is there`, async () => {
          await tracer.trace('aws.lambda', () => call(makeApp(), '/items/7'))
          await shutdown({ timeout: 1000 })
          const [span] = await serverSpans()
          const lambda = agent.spans.find(({ name }) => name === 'aws.lambda')
          assert.ok(lambda)
          assert.equal(span.traceId, lambda.traceId)
          if (mode === 'off') assert.equal(span.parentId, lambda.spanId) // else there are dd-trace's middleware spans between
          assert.equal(span.meta['http.unfinished'], undefined)
        })
      }

      it('called inside another request, it has a span below that of the other one, which stays unchanged', async () => {
        const inner = makeApp()
        const outer = express()
        outer.use(onExpress({ logger }))
        outer.get('/outer/:id', async (req: any, res: any) => {
          const { statusCode } = await inject(inner, { url: '/items/7' })
          req.log.info('outer')
          res.status(202).send(String(statusCode))
        })
        const server = await listen(outer)
        assert.equal(await ask(server, '/outer/1'), '202 201')
        server.close()
        const spans = await serverSpans()
        const [first, second] = ['GET /outer/:id', 'GET /items/:id'].map(
          resource => spans.find(span => span.resource === resource) ?? assert.fail(resource),
        )
        assert.equal(spans.length, 2)
        if (mode === 'off') assert.equal(second.traceId, first.traceId)
        assert.deepEqual([first.meta['http.status_code'], second.meta['http.status_code']], ['202', '201'])
        assert.ok(first.duration >= second.duration)
        for (const line of lines) assertLinked(line)
      })

      it('a client that breaks off its connection to a host counts as a client that left', async () => {
        const app = framework === 'Express' ? express() : new Koa()
        app.use(framework === 'Express' ? onExpress({ logger }) : onKoa({ logger }))
        app.use(framework === 'Express' ? hangExpress : hangKoa)
        const req = message('/hang')
        const res = new ServerResponse(req)
        const socket = new Writable({ write: (_chunk, _encoding, done) => done() })
        res.assignSocket(socket as never)
        ;(app.callback?.() ?? app)(req, res)
        await new Promise(setImmediate)
        socket.destroy()
        await once(res, 'close')
        const [{ meta }] = await serverSpans()
        assert.deepEqual([meta['http.status_code'], meta['http.aborted']], ['499', 'true'])
        assert.equal(openResponses(), 0)
      })
    })
  }
}

/** dd-trace's integrations start a server span for what light-my-request injects. */
function isAdopted(mode: string, host: string): boolean {
  return mode === 'on' && host.startsWith('light-my-request')
}

const hangExpress = () => undefined
const hangKoa = (ctx: any) => new Promise(done => ctx.res.on('close', done))
