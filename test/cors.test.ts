import assert from 'node:assert/strict'
import { request, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { agent, listen, portOf, start, useIntegrations } from './hosts/traced'

const express = require('express')
const Koa = require('koa')
const { spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')
const logger = () => ({ info: () => undefined })

type Answer = { [header: string]: string }
const apps: { [framework: string]: (answer: Answer, withSpanlog: boolean, options?: object) => any } = {
  Express: (answer, withSpanlog, options) => {
    const app = express()
    if (withSpanlog) app.use(onExpress({ logger, ...options }))
    return app.use((_req: any, res: any) => res.set(answer).status(204).end())
  },
  Koa: (answer, withSpanlog, options) => {
    const app = new Koa()
    if (withSpanlog) app.use(onKoa({ logger, ...options }))
    app.use((ctx: any) => {
      ctx.set(answer)
      ctx.status = 204
    })
    return app.callback()
  },
  'a handler that calls `writeHead`': (answer, withSpanlog, options) => {
    const app = express()
    if (withSpanlog) app.use(onExpress({ logger, ...options }))
    return app.use((_req: any, res: any) => res.writeHead(204, 'fine', answer).end())
  },
}

const asked = 'content-type, traceparent, x-datadog-trace-id'
const origin = 'https://shop.example'
/** What the browser asks and what the application answers. */
const preflights: { [what: string]: { method?: string; headers: Answer; answer: Answer } } = {
  'any origin': {
    headers: { origin, 'access-control-request-headers': asked },
    answer: { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' },
  },
  'its origin': {
    headers: { origin, 'access-control-request-headers': 'baggage,traceparent' },
    answer: { 'access-control-allow-origin': origin },
  },
  'another origin': {
    headers: { origin, 'access-control-request-headers': asked },
    answer: { 'access-control-allow-origin': 'https://other.example', 'access-control-allow-headers': 'content-type' },
  },
  'headers that are allowed already': {
    headers: { origin, 'access-control-request-headers': asked },
    answer: { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'traceparent, content-type' },
  },
  'no tracing header': {
    headers: { origin, 'access-control-request-headers': 'content-type' },
    answer: { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' },
  },
  'no origin': {
    headers: { 'access-control-request-headers': asked },
    answer: { 'access-control-allow-origin': '*' },
  },
  'a request that is no preflight': {
    method: 'GET',
    headers: { origin, 'access-control-request-headers': asked },
    answer: { 'access-control-allow-origin': '*' },
  },
}

before(start)
after(() => agent.close())

for (const [framework, makeApp] of Object.entries(apps)) {
  describe(`A preflight is answered as with dd-trace's integrations, on ${framework}:`, () => {
    for (const [what, { method = 'OPTIONS', headers, answer }] of Object.entries(preflights)) {
      it(what, async () => {
        useIntegrations('on')
        const theirs = await allowed(makeApp(answer, false), method, headers)
        useIntegrations('off')
        const ours = await allowed(makeApp(answer, true), method, headers)
        assert.equal(ours, theirs)
        assert.equal(await allowed(makeApp(answer, true, { skip: () => true }), method, headers), theirs, 'skipped too')
      })
    }

    it('without losing a list that the application sets, as dd-trace loses it', async () => {
      const { headers } = preflights['any origin']
      const list = ['content-type', 'x-team'] as never
      const answer = { 'access-control-allow-origin': '*', 'access-control-allow-headers': list }
      assert.match((await allowed(makeApp(answer, true), 'OPTIONS', headers)) ?? '', /^content-type, ?x-team/)
    })

    it('with the tracing headers that were asked for', async () => {
      const { headers, answer } = preflights['any origin']
      assert.equal(
        await allowed(makeApp(answer, true), 'OPTIONS', headers),
        framework.startsWith('a handler') ? 'content-type' : 'content-type,traceparent,x-datadog-trace-id',
      )
    })
  })
}

async function allowed(app: any, method: string, headers: object): Promise<string | undefined> {
  const server: Server = await listen(app)
  const value = await new Promise<string | undefined>((done, fail) => {
    request({ host: '127.0.0.1', port: portOf(server), method, headers: { ...headers }, agent: false }, res => {
      res.resume().on('end', () => done(res.headers['access-control-allow-headers']))
    })
      .on('error', fail)
      .end()
  })
  server.close()
  return value
}
