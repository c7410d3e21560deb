import assert from 'node:assert/strict'
import { once } from 'node:events'
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
  useIntegrations,
} from './hosts/traced'

const express = require('express')
const Koa = require('koa')
const mount = require('koa-mount')
const { Router } = require('@koa/router')
const { recordErrors, spanlog: onExpress } = require('spanlog/express')
const { spanlog: onKoa } = require('spanlog/koa')

const lines: any[] = []
const logger = (fields: object) => ({ info: (message: string) => lines.push({ ...fields, message }) })

function koaApp() {
  const app = new Koa()
  app.silent = true
  app.use(onKoa({ logger }))
  const router = new Router()
  router.get('/items/:id', (ctx: any) => {
    ctx.log.info('in Koa')
    ctx.body = ctx.params.id
  })
  router.get('/broken', () => {
    throw new Error('Koa broke')
  })
  return app.use(router.routes())
}

function expressApp() {
  const app = express()
  app.use(onExpress({ logger }))
  app.get('/items/:id', (req: any, res: any) => {
    req.log.info('in Express')
    res.status(200).end(req.params.id)
  })
  app.get('/broken', () => {
    throw new Error('Express broke')
  })
  app.use(recordErrors())
  return app.use((_error: unknown, _req: any, res: any, _next: any) => res.status(500).end())
}

const apps: { [title: string]: () => any } = {
  'Koa in Express': () => {
    const app = express()
    app.use(onExpress({ logger }))
    app.use((req: any, _res: any, next: any) => {
      req.log.info('in Express')
      next()
    })
    app.use('/shops/:shop', koaApp().callback())
    return app.use(koaApp().callback())
  },
  'Express in Koa': () => {
    const inner = expressApp()
    const app = new Koa()
    app.use(onKoa({ logger }))
    const bridge = async (ctx: any) => {
      ctx.log.info('in Koa')
      ctx.respond = false
      inner(ctx.req, ctx.res)
      await once(ctx.res, 'close')
    }
    app.use(mount('/shops', bridge))
    return app.use(bridge).callback()
  },
}

const told = {
  'Koa in Express': {
    '/shops/3/items/7': ['GET /shops/:shop/items/:id', '200', undefined],
    '/items/7': ['GET /items/:id', '200', undefined],
    '/shops/3/broken': ['GET /shops/:shop/broken', '500', 'Koa broke'],
    '/broken': ['GET /broken', '500', 'Koa broke'],
    '/nothing': ['GET', '404', undefined],
  },
  'Express in Koa': {
    '/shops/items/7': ['GET /shops/items/:id', '200', undefined],
    '/items/7': ['GET /items/:id', '200', undefined],
    '/shops/broken': ['GET /shops/broken', '500', 'Express broke'],
    '/broken': ['GET /broken', '500', 'Express broke'],
    '/nothing': ['GET', '404', undefined],
  },
}

before(start)
after(() => agent.close())

for (const mode of integrations) {
  for (const [title, requests] of Object.entries(told)) {
    describe(`${title}, each with spanlog, with dd-trace's integrations ${mode}:`, () => {
      beforeEach(() => {
        useIntegrations(mode)
        agent.clear()
        lines.length = 0
      })

      for (const [path, [resource, status, error]] of Object.entries(requests)) {
        it(`${path} has one span, with the route of both and the error of either`, async () => {
          const server = await listen(apps[title]())
          await ask(server, path)
          server.close()
          const spans = await serverSpans()
          assert.equal(spans.length, 1)
          const [{ meta, resource: named }] = spans
          assert.deepEqual([named, meta['http.status_code'], meta['error.message']], [resource, status, error])
          assert.equal(meta['http.route'] && `GET ${meta['http.route']}`, resource === 'GET' ? undefined : resource)
          if (path.endsWith('7')) assert.deepEqual(lines.map(({ message }) => message).sort(), ['in Express', 'in Koa'])
          for (const line of lines) assertLinked(line)
          assert.equal(openResponses(), 0)
        })
      }
    })
  }
}
