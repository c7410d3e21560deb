import assert from 'node:assert/strict'
import { Agent, createServer } from 'node:http'
import { describe, it } from 'node:test'
import mount from 'koa-mount'
import { KoaRouteState, koaRoute } from '../../src/koa/route/index.ts'
import { ask, closed, listening } from '../routes/ask.ts'
import { type Any, FrameworkSet } from '../routes/frameworks.ts'
import { resourcesOf, watching } from '../routes/koa-app.ts'

const ok = (ctx: Any) => {
  ctx.body = 'ok'
}

for (const folder of ['express416-koa20', 'express4-koa2', 'express5-koa3']) {
  const set = new FrameworkSet(folder)
  const [Koa, Router] = [set.load('koa'), set.load('@koa/router')]

  describe(`A context of Koa ${set.version('koa')} with @koa/router ${set.version('@koa/router')}`, () => {
    it('reads as it would without us', async () => {
      const seen: unknown[] = []
      const router = new Router().get('user', '/users/:id', (ctx: Any) => {
        seen.push(ctx._matchedRoute, ctx.router === router, ctx.captures, ctx.mountPath, ctx.routePath)
        seen.push(Object.create(ctx)._matchedRoute, new Proxy(ctx, {})._matchedRoute)
        ctx.body = 'ok'
      })
      await resourcesOf(new Koa(), app => app.use(mount('/api', router.routes())), ['GET /api/users/7'])
      assert.deepEqual(seen, ['/users/:id', true, ['7'], '/api', undefined, '/users/:id', '/users/:id'])
    })

    it('is known from the first on where the middleware stands in a router or a mount', async () => {
      const heard: string[] = []
      const watch = watching(resource => heard.push(resource))
      const app = new Koa()
      app.use(mount('/api', new Router().get('/users/:id', watch, ok).routes()))
      app.use(new Router().get('/single/:id', watch, ok).routes())
      app.use(mount('/later', watch)).use(mount('/later', ok))
      const server = await listening(createServer(app.callback()))
      for (const line of ['GET /api/users/1', 'GET /api/users/2', 'GET /single/1', 'GET /single/2', 'GET /later/1'])
        await ask(server, line)
      await closed(server)
      const [user, single] = ['GET /api/users/:id', 'GET /single/:id']
      assert.deepEqual(heard, [user, user, single, single, 'GET /later'])
    })

    it('is one of 2,000 with different ids through a parametrised prefix, all under one resource', async () => {
      const heard = new Map<string, number>()
      const app = new Koa()
      app.use(watching(resource => heard.set(resource, (heard.get(resource) ?? 0) + 1)))
      const router = new Router({ prefix: '/orgs/:org' }).get('/users/:user', async (ctx: Any) => {
        if (ctx.params.user % 3 === 0) await new Promise(resolve => setTimeout(resolve, 1))
        ctx.body = 'ok'
      })
      app.use(mount('/api', router.routes()))
      const server = await listening(createServer(app.callback()))
      const agent = new Agent({ keepAlive: true, maxSockets: 50 })
      await Promise.all(
        Array.from({ length: 2000 }, (_, i) => ask(server, `GET /api/orgs/o${i}/users/${i}`, {}, agent)),
      )
      agent.destroy()
      await closed(server)
      assert.deepEqual([...heard], [['GET /api/orgs/:org/users/:user', 2000]])
    })
  })
}

it('A surprise costs the template, not the request', () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('hostile')
      },
    },
  )
  assert.equal(koaRoute(hostile, new KoaRouteState()), undefined)
})
