import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type Agent, type Span, startAgent } from 'spanlog/agent'
import { quietTracer } from '../quiet-tracer'
import { ask, closed, listening } from './ask.ts'
import { type Any, FrameworkSet } from './frameworks.ts'

/** How the application names one request. */
interface Naming {
  readonly options?: object
  /** Called by the handler of the route. */
  readonly handle?: () => void
  /** The hook of dd-trace's own integration. */
  readonly tracerHook?: (span: Any) => void
  readonly path?: string
}

type Listener = (naming: Naming) => (req: Any, res: Any) => void

const logger = () => ({ info() {} })
const route = { 'http.route': '/pages/:slug' }
const resource = { 'resource.name': 'home page' }
const set = (tags: object) => (span: Any) => span.addTags(tags)
const hook = (tags: object) => ({ hooks: { request: set(tags) } })

function expressListener(folder: string): Listener {
  const express = new FrameworkSet(folder).load('express')
  const { spanlog } = require('spanlog/express')
  return ({ options, handle }) => {
    const app = express().set('env', 'test')
    app.use(spanlog({ logger, ...options }))
    const teams = express.Router().get(/^\/all.*/, (_req: Any, res: Any) => res.end(handle?.()))
    teams.get('/broken', () => {
      throw new Error('broken')
    })
    return app.use('/teams/:team', teams)
  }
}

function koaListener(folder: string): Listener {
  const frameworks = new FrameworkSet(folder)
  const [Koa, Router] = [frameworks.load('koa'), frameworks.load('@koa/router')]
  const { spanlog } = require('spanlog/koa')
  return ({ options, handle }) => {
    const app = new Koa()
    app.silent = true
    app.use(spanlog({ logger, ...options }))
    const teams = new Router({ prefix: '/teams/:team' }).get('/all/:page', (ctx: Any) => {
      handle?.()
      ctx.body = 'ok'
    })
    teams.get('/broken', () => {
      throw new Error('broken')
    })
    app.use(teams.routes())
    return app.callback()
  }
}

/** Loaded after the tracer, which instruments what is loaded then. */
const frameworks = (): { [title: string]: ['express' | 'koa', Listener] } => ({
  'Express 5': ['express', expressListener('express5-koa3')],
  'Express 4': ['express', expressListener('express4-koa2')],
  'Koa 3': ['koa', koaListener('express5-koa3')],
  'Koa 2': ['koa', koaListener('express4-koa2')],
})

/** How an application names its requests by itself, on spans that spanlog starts or on those of dd-trace's integrations. */
export function describeNames(adopted: boolean): void {
  Object.assign(process.env, quietTracer)
  const tracer = require('dd-trace')
  tracer.init({ flushInterval: 0, ...(adopted ? {} : { plugins: false }) })
  if (adopted) tracer.use('http', { client: false })
  const { getSpan } = require('spanlog')

  let agent: Agent
  before(async () => {
    agent = await startAgent()
    tracer.setUrl(agent.url)
  })
  after(() => agent.close())

  for (const [title, [name, listener]] of Object.entries(frameworks())) {
    describe(`${title}, dd-trace's integrations ${adopted ? 'on' : 'off'}`, () => {
      /** Resource and route of one request, as exported. */
      async function named(naming: Naming): Promise<[resource: string, route: string | undefined]> {
        if (adopted) tracer.use(name, { hooks: { request: naming.tracerHook ?? (() => {}) } })
        agent.clear()
        const server = await listening(createServer(listener(naming)))
        const arrived = agent.waitForSpan((span: Span) => span.meta['span.kind'] === 'server')
        await ask(server, `GET ${naming.path ?? '/teams/9/all/1'}`)
        const span = await arrived
        await closed(server)
        return [span.resource, span.meta['http.route']]
      }

      const byHandler = (tags: object) => ({ handle: () => set(tags)(getSpan()) })

      it('calls a request by the route that the application has set', async () => {
        const expected = ['GET /pages/:slug', '/pages/:slug']
        assert.deepEqual(await named(byHandler(route)), expected)
        assert.deepEqual(await named({ options: { tags: route } }), expected)
        assert.deepEqual(await named({ options: { tags: () => route } }), expected)
        assert.deepEqual(await named({ options: hook(route) }), expected)
        assert.deepEqual(await named({ options: hook(route), ...byHandler({ 'http.route': '/first' }) }), expected)
      })

      it('calls a request by that route after an error, and where nothing matches', async () => {
        const expected = ['GET /pages/:slug', '/pages/:slug']
        for (const path of ['/nowhere', '/teams/9/nowhere', '/teams/9/broken']) {
          assert.deepEqual(await named({ path, options: { tags: route } }), expected)
          assert.deepEqual(await named({ path, options: hook(route) }), expected)
        }
      })

      it('calls a request by that route where the hook throws afterwards', async () => {
        const request = (span: Any) => {
          span.setTag('http.route', '/pages/:slug')
          throw new Error('afterwards')
        }
        assert.deepEqual(await named({ options: { hooks: { request } } }), ['GET /pages/:slug', '/pages/:slug'])
      })

      it('leaves the resource that the application has set, whoever has set a route', async () => {
        const both = { ...route, ...resource }
        const expected = ['home page', '/pages/:slug']
        assert.deepEqual(await named(byHandler(both)), expected)
        assert.deepEqual(await named({ options: { tags: both } }), expected)
        assert.deepEqual(await named({ options: hook(both) }), expected)
        assert.deepEqual(await named({ options: hook(resource), ...byHandler(route) }), expected)
        assert.deepEqual(await named({ options: hook(route), ...byHandler(resource) }), expected)
        assert.deepEqual(await named({ options: { tags: resource, ...hook(route) } }), expected)
      })

      it('has a resource and a route that agree where nothing matches below a mount', async () => {
        const [resource, route] = await named({ path: '/teams/9/nowhere' })
        assert.equal(resource, ['GET', route].filter(Boolean).join(' '))
      })

      if (!adopted) return
      it("calls a request by the route that the hook of dd-trace's integration has set", async () => {
        const tracerHook = set(route)
        for (const path of ['/teams/9/all/1', '/nowhere', '/teams/9/broken']) {
          const [resource] = await named({ path, tracerHook })
          assert.equal(resource, 'GET /pages/:slug')
        }
        const own = { ...byHandler(resource), tracerHook }
        assert.deepEqual(await named(own), ['home page', '/pages/:slug'])
      })
    })
  }
}
