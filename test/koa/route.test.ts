import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import findMyWay from 'find-my-way'
import compose from 'koa-compose'
import mount from 'koa-mount'
import route from 'koa-route'
import TreeRouter from 'koa-tree-router'
import { FrameworkSet } from '../routes/frameworks.ts'
import { resourcesOf } from '../routes/koa-app.ts'
import { shapes } from '../routes/koa-shapes.ts'

const routers = [
  ['express416-koa20', 'koa-router'],
  ['express416-koa20', '@koa/router'],
  ['express50-router10', 'koa-router'],
  ['express50-router10', '@koa/router'],
  ['express4-promises', '@koa/router'],
  ['express4-koa2', '@koa/router'],
  ['express52-router14', 'koa-router'],
  ['express52-router14', '@koa/router'],
  ['express5-koa3', '@koa/router'],
] as const

for (const [folder, name] of routers) {
  const set = new FrameworkSet(folder)
  const [Koa, Router] = [set.load('koa'), set.load(name)]
  const major = Number.parseInt(set.version(name), 10)
  const kit = { Koa, Router: Router.Router ?? Router, major, mount, compose, route, TreeRouter, findMyWay }

  describe(`Koa ${set.version('koa')} with ${name} ${set.version(name)}`, () => {
    for (const { title, since = 0, until = 99, build, asked } of shapes) {
      if (major < since || major > until) continue
      it(title, { timeout: 5000 }, async () => {
        const resources = await resourcesOf(new Koa(), app => build(app, kit), Object.keys(asked))
        assert.deepEqual(named(asked, resources), named(asked, Object.values(asked)))
      })
    }
  })
}

/** Pairs each request with its resource, so that a difference can be read. */
const named = (asked: object, resources: string[]) => Object.keys(asked).map((line, i) => `${line} is ${resources[i]}`)
