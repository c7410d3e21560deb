import assert from 'node:assert/strict'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import methodOverride from 'method-override'
import { expressRoute, RouteState, watchRoutes } from '../../src/express/route/index.ts'
import { resourceOf } from '../../src/tags/resource.ts'
import { ask, closed, listening } from '../routes/ask.ts'
import { resourcesOf, stateOf, watching } from '../routes/express-app.ts'
import { type Any, FrameworkSet } from '../routes/frameworks.ts'

const ok = (_req: Any, res: Any) => res.end('ok')

for (const folder of [
  'express416-koa20',
  'express4-koa2',
  'express50-router10',
  'express52-router14',
  'express5-koa3',
]) {
  const set = new FrameworkSet(folder)
  const express = set.load('express')

  describe(`A request of Express ${set.version('express')}`, () => {
    it('has its route, which is no property of its own', async () => {
      const seen: unknown[] = []
      await resourcesOf(
        express(),
        app => {
          app.use((req: Any, _res: Any, next: Any) => next(void seen.push(req.route, 'route' in req)))
          app.get('/users/:id', (req: Any, res: Any) => {
            seen.push(req.route.path, req.route.stack.length, Object.hasOwn(req, 'route'), 'route' in { ...req })
            res.end()
          })
        },
        ['GET /users/1'],
      )
      assert.deepEqual(seen, [undefined, true, '/users/:id', 1, false, false])
    })

    it('may be wrapped, proxied or frozen on its way', async () => {
      const seen: unknown[] = []
      const router = () =>
        express.Router({ mergeParams: true }).get('/:id', (req: Any, res: Any) => {
          seen.push(req.route.path, req.params.id)
          res.end()
        })
      const [derived, proxied, copied] = [router(), router(), router()]
      const resources = await resourcesOf(
        express(),
        app => {
          app.use('/derived/:d', (req: Any, res: Any, next: Any) => derived(Object.create(req), res, next))
          app.use('/proxied/:p', (req: Any, res: Any, next: Any) => {
            res.on('finish', () => seen.push(Object.hasOwn(req, 'route')))
            proxied(new Proxy(req, {}), res, next)
          })
          app.use('/copied/:c', (req: Any, res: Any, next: Any) =>
            copied(Object.assign(Object.create(Object.getPrototypeOf(req)), req), res, next),
          )
          app.get('/frozen/:id', (req: Any, res: Any) => {
            // Node cannot end a response whose request itself is frozen.
            seen.push(Object.freeze(Object.create(req)).route.path, req.params.id)
            res.end()
          })
        },
        ['GET /derived/1/2', 'GET /proxied/1/2', 'GET /copied/1/2', 'GET /frozen/3'],
      )
      assert.deepEqual(seen, ['/:id', '2', '/:id', '2', false, '/:id', '2', '/frozen/:id', '3'])
      assert.deepEqual(resources, [
        'GET /derived/:d/:id',
        'GET /proxied/:p/:id',
        'GET /copied/:c/:id',
        'GET /frozen/:id',
      ])
    })

    it('shows its route through Object.create and through a proxy, and keeps theirs to themselves', async () => {
      const seen: unknown[] = []
      await resourcesOf(
        express(),
        app =>
          app.get('/users/:id', (req: Any, res: Any) => {
            const derived = Object.create(req)
            seen.push(derived.route.path, new Proxy(req, {}).route.path)
            derived.route = 'mine'
            seen.push(derived.route, req.route.path)
            delete req.route
            seen.push(req.route.path)
            res.end()
          }),
        ['GET /users/1'],
      )
      assert.deepEqual(seen, ['/users/:id', '/users/:id', 'mine', '/users/:id', '/users/:id'])
    })

    it('that did not pass our middleware keeps a route of its own', async () => {
      const seen: unknown[] = []
      const strange: string[] = []
      const app = express()
      app.get('/before/:id', (req: Any, res: Any) => {
        seen.push(req.route.path, Object.hasOwn(req, 'route'))
        res.end()
      })
      app.use(watching(resource => strange.push(resource)))
      app.get('/after/:id', ok)
      const server = await listening(createServer(app))
      await ask(server, 'GET /before/1') // not yet watched
      await ask(server, 'GET /after/1')
      await ask(server, 'GET /before/2')
      await closed(server)
      assert.deepEqual(seen, ['/before/:id', true, '/before/:id', true])
      assert.deepEqual(strange, ['GET /after/:id'])
    })

    it('is known from the first on where the middleware stands in a route, a router or a sub-application', async () => {
      const heard: string[] = []
      const watch = watching(resource => heard.push(resource))
      const app = express()
      const router = express.Router()
      router.use(watch)
      router.get('/:id', ok)
      const sub = express()
      sub.use(watch)
      sub.get('/:id', ok)
      app.get('/single/:id', watch, ok)
      app.get('/both/:id', watch, (_req: Any, _res: Any, next: Any) => next('route'))
      app.get('/both/:other', ok)
      app.use('/router/:r', router)
      app.use('/sub/:s', sub)
      const server = await listening(createServer(app))
      const lines = ['GET /single/1', 'GET /single/2', 'GET /both/1', 'GET /router/1/2', 'GET /sub/1/2', 'GET /both/3']
      for (const line of lines) await ask(server, line)
      await closed(server)
      assert.deepEqual(heard, [
        'GET /single/:id',
        'GET /single/:id',
        'GET /both/:other',
        'GET /router/:r/:id',
        'GET /sub/:s/:id',
        'GET /both/:other',
      ])
    })

    it('of which the client goes away keeps its route', { timeout: 5000 }, async () => {
      const heard = new Promise<string>(resolve => {
        const app = express()
        app.use(watching(resolve))
        const router = express.Router().get('/:id', (_req: Any, res: Any) => res.write('some'))
        app.use('/slow/:s', router)
        const server = createServer(app).listen(0, '127.0.0.1', () => {
          const { port } = server.address() as AddressInfo
          const sent = request({ port, path: '/slow/1/2' }, response => {
            sent.destroy()
            response.on('error', () => server.close()).resume()
          })
          sent.end()
        })
      })
      assert.equal(await heard, 'GET /slow/:s/:id')
    })

    it('with an overridden method is routed by it, and an unknown one makes no resource', async () => {
      const methods: string[] = []
      const resources = await resourcesOf(
        express(),
        app => {
          app.use(methodOverride((req: Any) => new URL(req.url, 'http://localhost').searchParams.get('as')))
          app.use((req: Any, _res: Any, next: Any) => next(void methods.push(req.method)))
          app.delete('/users/:id', ok)
          app.post('/users/:id', ok)
        },
        ['POST /users/1?as=DELETE', 'POST /users/1'],
      )
      assert.deepEqual(methods, ['DELETE', 'POST'])
      assert.deepEqual(resources, ['POST /users/:id', 'POST /users/:id'])
      assert.equal(resourceOf('x-1234', '/users/:id'), 'HTTP /users/:id')
      assert.equal(resourceOf('get', undefined), 'HTTP')
    })

    it('finds routers and mounts that were added later', async () => {
      const app = express()
      const router = express.Router().get('/:id', ok)
      const lines = ['GET /first/1', 'GET /second/9/1', 'GET /first/2', 'GET /third/5']
      const resources = await resourcesOf(
        app,
        () => {
          let asked = 0
          app.use((_req: Any, _res: Any, next: Any) => {
            if (++asked === 2) app.use('/second/:s', router)
            if (asked === 4) router.get('/', ok) && app.use('/third', express.Router().get('/:third', ok))
            next()
          })
          app.use('/first', router)
        },
        lines,
      )
      assert.deepEqual(resources, ['GET /first/:id', 'GET /second/:s/:id', 'GET /first/:id', 'GET /third/:third'])
    })

    it('is one of 2,000 with different ids through a parametrised mount, all under one resource', async () => {
      const heard = new Map<string, number>()
      const app = express()
      app.use(watching(resource => heard.set(resource, (heard.get(resource) ?? 0) + 1)))
      const router = express.Router({ mergeParams: true })
      router.get('/users/:user', (req: Any, res: Any) =>
        req.params.user % 3 ? res.end('ok') : setTimeout(() => res.end('ok'), 1),
      )
      app.use('/orgs/:org', router)
      const server = await listening(createServer(app))
      const agent = new Agent({ keepAlive: true, maxSockets: 50 })
      await Promise.all(Array.from({ length: 2000 }, (_, i) => ask(server, `GET /orgs/o${i}/users/${i}`, {}, agent)))
      agent.destroy()
      await closed(server)
      assert.deepEqual([...heard], [['GET /orgs/:org/users/:user', 2000]])
    })

    it('is shared by two copies of spanlog in one process', async () => {
      const heard: string[] = []
      const other = new WeakMap<object, RouteState>()
      const app = express()
      const mark = 'spanlog.watchers'
      await resourcesOf(app, () => {
        app.use((req: Any, res: Any, next: Any) => {
          const { set } = Object.getOwnPropertyDescriptor(app.request, 'route') as Any
          set[Symbol.for(mark)].add((req: object) => other.get(req)) // as the other copy's watchProperty does
          const state = new RouteState()
          other.set(req, state)
          res.on('close', () => heard.push(`the other: ${expressRoute(req, state)}`))
          next()
        })
        app.get('/users/:id', ok)
      }, ['GET /users/1', 'GET /users/2'])
      assert.deepEqual(heard, ['the other: /users/:id', 'the other: /users/:id'])
    })

    it('of an application with its own `route` or a frozen extension object is served all the same', async () => {
      const own = express()
      Object.defineProperty(own.request, 'route', { value: undefined, writable: true, configurable: true })
      const frozen = express()
      const build = (app: Any) => app.use('/orgs/:org', express.Router().get('/:id', ok))
      assert.deepEqual(await resourcesOf(own, build, ['GET /orgs/1/2']), ['GET /orgs/:org/:id'])
      Object.freeze(frozen.request)
      assert.doesNotThrow(() => watchRoutes(frozen, stateOf))
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
  const state = new RouteState()
  state.route = {}
  state.app = hostile
  assert.equal(expressRoute({}, state), undefined)
  assert.equal(expressRoute(hostile, new RouteState()), undefined)
})
