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

/** An Express application with routes, and another application below `/shops/:shop` and at its root. */
function expressApp(name: string, inner?: any) {
  const app = express()
  app.use(onExpress({ logger }))
  app.use((req: any, _res: any, next: any) => {
    req.log.info(name)
    next()
  })
  const routes = express.Router().use(onExpress({ logger }))
  app.use(
    `/${name}`,
    routes.get('/:id', (req: any, res: any) => res.status(200).end(req.params.id)),
  )
  app.get(`/${name}-broken`, () => {
    throw new Error(`${name} broke`)
  })
  if (inner) app.use('/shops/:shop', inner)
  if (inner) app.use(inner)
  app.use(recordErrors())
  return app.use((_error: unknown, _req: any, res: any, _next: any) => res.status(500).end())
}

/** A Koa application with routes, and another application below `/koa` and at its root. */
function koaApp(name: string, inner?: any) {
  const app = new Koa()
  app.silent = true
  app.use(onKoa({ logger }))
  app.use((ctx: any, next: any) => {
    ctx.log.info(name)
    return next()
  })
  const router = new Router()
  router.get(`/${name}/:id`, (ctx: any) => {
    ctx.body = ctx.params.id
  })
  router.get(`/${name}-broken`, () => {
    throw new Error(`${name} broke`)
  })
  app.use(router.routes())
  const bridge = async (ctx: any) => {
    ctx.respond = false
    inner(ctx.req, ctx.res)
    await once(ctx.res, 'close')
  }
  if (inner) app.use(mount('/koa', bridge)).use(bridge)
  return app.callback()
}

const apps: { [title: string]: () => any } = {
  'Koa in Express': () => expressApp('outer', koaApp('inner')),
  'Express in Koa': () => koaApp('outer', expressApp('inner')),
  'Express in Koa in Express': () => expressApp('outer', koaApp('middle', expressApp('inner'))),
  'Koa in Express in Koa': () => koaApp('outer', expressApp('middle', koaApp('inner'))),
  'Koa in Express in Koa in Express': () => expressApp('first', koaApp('outer', expressApp('middle', koaApp('inner')))),
  'Express in Koa in Express in Koa': () => koaApp('first', expressApp('outer', koaApp('middle', expressApp('inner')))),
}

const both = 'outer inner'
const all = 'outer middle inner'
const four = 'first outer middle inner'
/** For each path: resource, status, the lines that were written, and the error's message. */
type Expected = { [path: string]: [resource: string, status: string, lines: string, error?: string] }

const expected: { [title: string]: Expected } = {
  'Koa in Express': {
    '/shops/3/inner/7': ['GET /shops/:shop/inner/:id', '200', both],
    '/inner/7': ['GET /inner/:id', '200', both],
    '/shops/3/inner-broken': ['GET /shops/:shop/inner-broken', '500', both, 'inner broke'],
    '/inner-broken': ['GET /inner-broken', '500', both, 'inner broke'],
    '/nothing': ['GET', '404', both],
  },
  'Express in Koa': {
    '/koa/inner/7': ['GET /koa/inner/:id', '200', both],
    '/inner/7': ['GET /inner/:id', '200', both],
    '/koa/inner-broken': ['GET /koa/inner-broken', '500', both, 'inner broke'],
    '/inner-broken': ['GET /inner-broken', '500', both, 'inner broke'],
    '/nothing': ['GET', '404', both],
  },
  'Express in Koa in Express': {
    '/shops/3/koa/inner/7': ['GET /shops/:shop/koa/inner/:id', '200', all],
    '/shops/3/inner/7': ['GET /shops/:shop/inner/:id', '200', all],
    '/koa/inner/7': ['GET /koa/inner/:id', '200', all],
    '/inner/7': ['GET /inner/:id', '200', all],
    '/shops/3/middle/7': ['GET /shops/:shop/middle/:id', '200', 'outer middle'],
    '/outer/7': ['GET /outer/:id', '200', 'outer'],
    '/shops/3/koa/inner-broken': ['GET /shops/:shop/koa/inner-broken', '500', all, 'inner broke'],
    '/shops/3/middle-broken': ['GET /shops/:shop/middle-broken', '500', 'outer middle', 'middle broke'],
    '/outer-broken': ['GET /outer-broken', '500', 'outer', 'outer broke'],
    '/nothing': ['GET', '404', all],
  },
  'Koa in Express in Koa': {
    '/koa/shops/3/inner/7': ['GET /koa/shops/:shop/inner/:id', '200', all],
    '/shops/3/inner/7': ['GET /shops/:shop/inner/:id', '200', all],
    '/koa/inner/7': ['GET /koa/inner/:id', '200', all],
    '/inner/7': ['GET /inner/:id', '200', all],
    '/koa/middle/7': ['GET /koa/middle/:id', '200', 'outer middle'],
    '/outer/7': ['GET /outer/:id', '200', 'outer'],
    '/koa/shops/3/inner-broken': ['GET /koa/shops/:shop/inner-broken', '500', all, 'inner broke'],
    '/koa/middle-broken': ['GET /koa/middle-broken', '500', 'outer middle', 'middle broke'],
    '/outer-broken': ['GET /outer-broken', '500', 'outer', 'outer broke'],
    '/nothing': ['GET', '404', all],
  },
  'Koa in Express in Koa in Express': {
    '/shops/1/koa/shops/3/inner/7': ['GET /shops/:shop/koa/shops/:shop/inner/:id', '200', four],
    '/shops/1/koa/shops/3/inner-broken': ['GET /shops/:shop/koa/shops/:shop/inner-broken', '500', four, 'inner broke'],
    '/koa/middle/7': ['GET /koa/middle/:id', '200', 'first outer middle'],
    '/nothing': ['GET', '404', four],
  },
  'Express in Koa in Express in Koa': {
    '/koa/shops/3/koa/inner/7': ['GET /koa/shops/:shop/koa/inner/:id', '200', four],
    '/koa/shops/3/koa/inner-broken': ['GET /koa/shops/:shop/koa/inner-broken', '500', four, 'inner broke'],
    '/shops/1/middle/7': ['GET /shops/:shop/middle/:id', '200', 'first outer middle'],
    '/nothing': ['GET', '404', four],
  },
}

before(start)
after(() => agent.close())

for (const mode of integrations) {
  for (const [title, requests] of Object.entries(expected)) {
    describe(`${title}, each with spanlog, with dd-trace's integrations ${mode}:`, () => {
      beforeEach(() => {
        useIntegrations(mode)
        agent.clear()
        lines.length = 0
      })

      for (const [path, [resource, status, messages, error]] of Object.entries(requests)) {
        it(`${path} has one span, with the route of all and the error of any`, async () => {
          const server = await listen(apps[title]())
          await ask(server, path)
          server.close()
          const spans = await serverSpans()
          assert.equal(spans.length, 1)
          const [{ meta, resource: named }] = spans
          assert.deepEqual([named, meta['http.status_code'], meta['error.message']], [resource, status, error])
          assert.equal(meta['http.route'] && `GET ${meta['http.route']}`, resource === 'GET' ? undefined : resource)
          assert.equal(lines.map(({ message }) => message).join(' '), messages)
          for (const line of lines) assertLinked(line)
          assert.equal(openResponses(), 0)
        })
      }
    })
  }
}
