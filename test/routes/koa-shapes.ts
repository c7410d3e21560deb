import type { Any } from './frameworks.ts'

/** The packages that a shape uses. */
export interface Kit {
  Koa: Any
  Router: Any
  /** The major of koa-router or @koa/router. */
  major: number
  mount: Any
  compose: Any
  route: Any
  TreeRouter: Any
  findMyWay: Any
  /** Whether something has replaced the handlers of routers. */
  replacesHandlers?: boolean
}

/** A way to write an application, and the resources of its requests. */
export interface Shape {
  title: string
  /** The first and the last major of the router that can do this. */
  since?: number
  until?: number
  /** OpenTelemetry's integration replaces a router among the handlers of a route by a function. Such a shape is left out then. */
  needsOwnHandlers?: true
  build(app: Any, kit: Kit): void
  /** `METHOD /path` to resource. */
  asked: Record<string, string>
}

const ok = (ctx: Any) => {
  ctx.body = 'ok'
}
const later = async (ctx: Any) => {
  await new Promise(resolve => setTimeout(resolve, 2))
  ctx.body = 'ok'
}
const pass = (_ctx: Any, next: Any) => next()
const fail = () => {
  throw new Error('failed')
}
const refuse = (ctx: Any) => {
  ctx.status = 401
}
const stop = (ctx: Any, next: Any) => (ctx.query.stop ? refuse(ctx) : next())

function users(Router: Any, options?: object): Any {
  return new Router(options).get('/', ok).get('/:id', ok)
}

const routed: Shape[] = [
  {
    title: 'a route is named by its declared path',
    build: (app, { Router }) => {
      const router = new Router()
      router.get('/', ok)
      router.get('/users/:id', later)
      router.get('/users/:id/posts/:post', ok)
      router.post('/users/:id', ok)
      router.put('/files/:name.:ext', ok)
      app.use(router.routes())
    },
    asked: {
      'GET /': 'GET /',
      'GET /?a=1': 'GET /',
      'GET /users/1': 'GET /users/:id',
      'GET /users/1/': 'GET /users/:id',
      'GET /USERS/1': 'GET /users/:id',
      'GET /users/users': 'GET /users/:id',
      'GET /users/a%20b': 'GET /users/:id',
      'GET /users/%E2%82%AC?x': 'GET /users/:id',
      'GET /users/1/posts/2': 'GET /users/:id/posts/:post',
      'POST /users/1': 'POST /users/:id',
      'HEAD /users/1': 'HEAD /users/:id',
      'PUT /files/a.txt': 'PUT /files/:name.:ext',
    },
  },
  {
    title: 'a request that nothing matches is named by its method',
    build: (app, { Router }) => app.use(new Router().get('/users/:id', ok).routes()),
    asked: { 'GET /missing': 'GET', 'GET /': 'GET', 'POST /users/1': 'POST', 'DELETE /users/1/2': 'DELETE' },
  },
  {
    title: 'the answers of allowedMethods have no route',
    build: (app, { Router }) => {
      const router = new Router().get('/users/:id', ok)
      app.use(router.routes()).use(router.allowedMethods())
    },
    asked: {
      'OPTIONS /users/1': 'OPTIONS',
      'POST /users/1': 'POST',
      'PROPFIND /users/1': 'PROPFIND',
      'GET /users/1': 'GET /users/:id',
    },
  },
  {
    title: 'all, del, named routes and redirects',
    build: (app, { Router }) => {
      const router = new Router()
      router.all('/any/:id', ok)
      router.get('user', '/named/:id', ok)
      router.del('/gone/:id', ok)
      router.redirect('/from', '/to')
      app.use(router.routes())
    },
    asked: {
      'GET /any/1': 'GET /any/:id',
      'PATCH /any/1': 'PATCH /any/:id',
      'GET /named/1': 'GET /named/:id',
      'DELETE /gone/1': 'DELETE /gone/:id',
      'GET /from': 'GET /from',
    },
  },
  {
    title: 'several paths in one array are separate routes',
    build: (app, { Router }) => app.use(new Router().get(['/colour/:c', '/color/:c'], ok).routes()),
    asked: { 'GET /colour/1': 'GET /colour/:c', 'GET /color/1': 'GET /color/:c' },
  },
  {
    title: 'a regular expression is named by its source',
    build: (app, { Router }) => app.use(new Router().get(/^\/years\/(\d{4})$/, ok).routes()),
    asked: { 'GET /years/2026': 'GET (/^\\/years\\/(\\d{4})$/)' },
  },
  {
    title: 'patterned, optional and starred parameters',
    until: 13,
    build: (app, { Router }) => {
      const router = new Router()
      router.get('/number/:id(\\d+)', ok)
      router.get('/maybe/:id?', ok)
      router.get('/all/(.*)', ok)
      app.use(router.routes())
    },
    asked: {
      'GET /number/1': 'GET /number/:id(\\d+)',
      'GET /number/x': 'GET',
      'GET /maybe': 'GET /maybe/:id?',
      'GET /maybe/1': 'GET /maybe/:id?',
      'GET /all/a/b': 'GET /all/(.*)',
    },
  },
  {
    title: 'optional groups and wildcards',
    since: 14,
    build: (app, { Router }) => {
      const router = new Router()
      router.get('/maybe{/:id}', ok)
      router.get('/all/*path', ok)
      app.use(router.routes())
    },
    asked: {
      'GET /maybe': 'GET /maybe{/:id}',
      'GET /maybe/1': 'GET /maybe{/:id}',
      'GET /all/a/b': 'GET /all/*path',
    },
  },
  {
    title: 'prefixes and nested routers add their paths, parameters and all',
    build: (app, { Router }) => {
      const orgs = new Router({ prefix: '/orgs/:org' })
      const teams = new Router()
      teams.get('/', ok).get('/:team', ok)
      teams.use('/:team/members', users(Router).routes())
      orgs.use('/teams', teams.routes())
      orgs.get('/about', ok)
      app.use(orgs.routes())
      app.use(users(Router, { prefix: '/api' }).routes())
    },
    asked: {
      'GET /orgs/1/about': 'GET /orgs/:org/about',
      'GET /orgs/1/teams/2': 'GET /orgs/:org/teams/:team',
      'GET /orgs/1/teams/2/members/3': 'GET /orgs/:org/teams/:team/members/:id',
      'GET /orgs/teams/teams/teams/members/members': 'GET /orgs/:org/teams/:team/members/:id',
      'GET /orgs/1/nothing': 'GET',
      'GET /api/1': 'GET /api/:id',
    },
  },
  {
    title: 'two routers in one application',
    build: (app, { Router }) => {
      const first = new Router()
      first.use(pass)
      first.get('/a/:one', pass)
      first.get('/both/:one', ok)
      app.use(first.routes())
      app.use(new Router().get('/a/:two', ok).get('/both/:two', fail).get('/c/:three', ok).routes())
    },
    asked: { 'GET /a/1': 'GET /a/:two', 'GET /both/1': 'GET /both/:one', 'GET /c/1': 'GET /c/:three' },
  },
  {
    title: 'of several matching routes, the one that answered counts',
    build: (app, { Router }) => {
      const router = new Router()
      router.get('/users/:id', (ctx: Any, next: Any) => (ctx.params.id === '1' ? ok(ctx) : next()))
      router.get('/users/:name', (ctx: Any, next: Any) => (ctx.path === '/users/2' ? ok(ctx) : next()))
      router.get('/users/:last', ok)
      app.use(router.routes())
    },
    asked: { 'GET /users/1': 'GET /users/:id', 'GET /users/2': 'GET /users/:name', 'GET /users/3': 'GET /users/:last' },
  },
  {
    title: "a request that a router's own middleware answers is named by the route behind it",
    build: (app, { Router }) => {
      const router = new Router()
      router.use(stop)
      router.get('/users/:id', ok)
      router.use('/guarded', stop)
      router.get('/guarded/:id', ok)
      app.use(router.routes())
    },
    asked: {
      'GET /users/1': 'GET /users/:id',
      'GET /users/1?stop=1': 'GET /users/:id',
      'GET /guarded/1?stop=1': 'GET /guarded/:id',
      'GET /guarded/1': 'GET /guarded/:id',
      'GET /other?stop=1': 'GET',
    },
  },
  {
    title: 'middleware that a router declares after its routes does not take their place',
    build: (app, { Router }) => {
      const router = new Router()
      router.use(stop)
      router.get('/users/:id', pass)
      router.use(ok)
      app.use(router.routes())
    },
    asked: { 'GET /users/1': 'GET /users/:id', 'GET /users/1?stop=1': 'GET /users/:id' },
  },
  {
    title: 'a parameter may answer, wait or fail',
    build: (app, { Router }) => {
      const router = new Router()
      router.param('id', async (id: string, ctx: Any, next: Any) => {
        if (id === 'bad') throw new Error('bad')
        if (id === 'no') return refuse(ctx)
        return next()
      })
      router.get('/users/:id', ok)
      app.use(router.routes())
    },
    asked: { 'GET /users/1': 'GET /users/:id', 'GET /users/no': 'GET /users/:id', 'GET /users/bad': 'GET /users/:id' },
  },
  {
    title: 'errors, empty answers and late answers keep their route',
    build: (app, { Router }) => {
      const router = new Router()
      router.get('/fails/:id', fail)
      router.get('/empty/:id', () => {})
      router.get('/thrown/:id', (ctx: Any) => ctx.throw(404))
      router.get('/handled/:id', async () => {
        await null
        throw new Error('rejected')
      })
      app.use(async (ctx: Any, next: Any) => {
        try {
          await next()
        } catch (error) {
          if (!ctx.path.startsWith('/handled')) throw error
          ctx.status = 500
        }
      })
      app.use(router.routes())
    },
    asked: {
      'GET /fails/1': 'GET /fails/:id',
      'GET /empty/1': 'GET /empty/:id',
      'GET /thrown/1': 'GET /thrown/:id',
      'GET /handled/1': 'GET /handled/:id',
      'GET /missing/1': 'GET',
    },
  },
  {
    title: 'a request that a middleware of the application answers is named by its method',
    build: (app, { Router }) => {
      app.use(stop)
      app.use(users(Router).routes())
    },
    asked: { 'GET /1?stop=1': 'GET', 'GET /1': 'GET /:id' },
  },
  {
    title: 'a middleware may rewrite the path before the router',
    build: (app, { Router }) => {
      app.use((ctx: Any, next: Any) => {
        ctx.path = ctx.path.replace('/legacy/', '/users/')
        return next()
      })
      app.use(new Router().get('/users/:id', ok).routes())
    },
    asked: { 'GET /legacy/1': 'GET /users/:id' },
  },
  {
    title: 'a router for one host',
    since: 12,
    build: (app, { Router }) => {
      app.use(new Router({ host: 'example.org' }).get('/:other', ok).routes())
      app.use(new Router({ host: /^localhost/ }).get('/:id', ok).routes())
    },
    asked: { 'GET /1': 'GET /:id' },
  },
  {
    title: 'an exclusive router runs its last match alone',
    since: 12,
    build: (app, { Router }) => {
      const router = new Router({ exclusive: true })
      router.get('/users/:id', fail)
      router.get('/users/:name', ok)
      app.use(router.routes())
    },
    asked: { 'GET /users/1': 'GET /users/:name' },
  },
]

const mounted: Shape[] = [
  {
    title: 'koa-mount adds its prefix to what it mounts',
    build: (app, { Koa, Router, mount }) => {
      app.use(mount('/api', users(Router).routes()))
      const sub = new Koa()
      sub.use(stop)
      sub.use(users(Router).routes())
      sub.use(mount('/deep', users(Router, { prefix: '/:d' }).routes()))
      app.use(mount('/sub', sub))
      app.use(mount('/slash/', users(Router).routes()))
      app.use(mount(users(Router, { prefix: '/plain' }).routes()))
    },
    asked: {
      'GET /api': 'GET /api',
      'GET /api/1': 'GET /api/:id',
      'GET /api/api': 'GET /api/:id',
      'GET /api/1/2': 'GET',
      'GET /sub/1': 'GET /sub/:id',
      'GET /sub/1?stop=1': 'GET /sub',
      'GET /sub/deep/1/2': 'GET /sub/deep/:d/:id',
      'GET /plain/1': 'GET /plain/:id',
      'GET /slash//1': 'GET /slash/:id',
    },
  },
  {
    title: 'a request that a mounted middleware answers is named by its prefix',
    build: (app, { mount }) => {
      app.use(mount('/private', refuse))
      app.use(mount('/outer', mount('/inner', ok)))
    },
    asked: {
      'GET /private/1': 'GET /private',
      'GET /outer/inner/1': 'GET /outer/inner',
      'GET /outer/other': 'GET',
      'GET /privateer': 'GET',
    },
  },
  {
    title: 'a mount that passes on leaves no prefix behind',
    build: (app, { Router, mount }) => {
      app.use(mount('/users', pass))
      app.use(mount('/users', new Router().get('/fails/:id', fail).routes()))
      app.use(new Router().get('/users/:id', ok).routes())
    },
    asked: { 'GET /users/1': 'GET /users/:id', 'GET /users/fails/1': 'GET /users/fails/:id', 'GET /users/1/2': 'GET' },
  },
  {
    title: 'koa-route, alone and under a prefix',
    build: (app, { mount, route }) => {
      app.use(route.get('/users/:id', ok))
      app.use(route.get('/passed/:id', (_ctx: Any, _id: string, next: Any) => next()))
      app.use(route.all('/passed/:other', ok))
      app.use(mount('/api', route.post('/users/:id', ok)))
    },
    asked: {
      'GET /users/1': 'GET /users/:id',
      'HEAD /users/1': 'HEAD /users/:id',
      'GET /passed/1': 'GET /passed/:other',
      'POST /api/users/1': 'POST /api/users/:id',
      'GET /api/users/1': 'GET',
    },
  },
  {
    title: 'a router of several kinds in one application',
    build: (app, { Router, mount, route }) => {
      app.use(route.get('/a/:id', ok))
      app.use(new Router().get('/b/:id', ok).routes())
      app.use(mount('/c', new Router().get('/:id', ok).routes()))
    },
    asked: { 'GET /a/1': 'GET /a/:id', 'GET /b/1': 'GET /b/:id', 'GET /c/1': 'GET /c/:id' },
  },
  {
    title: 'a route that passes into a mount',
    since: 12, // version 10 lets the second router look for `/c/:x`
    build: (app, { Router, mount }) => {
      app.use(new Router().get('/c/:x', pass).routes())
      app.use(mount('/c', new Router().get('/:id', ok).routes()))
    },
    asked: { 'GET /c/1': 'GET /c/:id' },
  },
  {
    title: 'with find-my-way a handler can set the route: `ctx.routePath`',
    build: (app, { findMyWay, mount }) => {
      const tree = findMyWay()
      const tell = (_req: Any, _res: Any, _params: object, store: Any) => store
      for (const pattern of ['/users/:id', '/files/*', '/year/:y(^\\d{4}$)']) tree.on('GET', pattern, tell, { pattern })
      const routes = (ctx: Any, next: Any) => {
        const found = tree.find(ctx.method, ctx.path)
        if (!found) return next()
        ctx.routePath = found.store.pattern
        return ok(ctx)
      }
      app.use(routes)
      app.use(mount('/api', routes))
    },
    asked: {
      'GET /users/1': 'GET /users/:id',
      'GET /files/a/b': 'GET /files/*',
      'GET /year/2026': 'GET /year/:y(^\\d{4}$)',
      'GET /api/users/1': 'GET /api/users/:id',
      'GET /missing': 'GET',
    },
  },
  {
    title:
      'requests of koa-tree-router, which does not tell its route, are named by their method and the prefix of their mount',
    build: (app, { TreeRouter, mount }) => {
      const router = new TreeRouter()
      router.get('/users/:id', ok)
      app.use(router.routes())
      app.use(mount('/api', router.routes()))
    },
    asked: { 'GET /users/1': 'GET', 'GET /api/users/1': 'GET /api', 'GET /missing': 'GET' },
  },
]

const routersInRoutes: Shape[] = [
  {
    title: 'a router in front of a handler does not name the request',
    needsOwnHandlers: true,
    build: (app, { Router, mount }) => {
      const checks = (...handlers: Any[]) => new Router().all(/.*/, ...handlers).routes()
      const auth = checks(pass)
      const router = new Router()
      router.get('/users/:id', auth, ok)
      router.get('/later/:id', auth, later)
      router.get('/two/:id', auth, checks(pass), ok)
      router.get('/deep/:id', checks(checks(pass)), ok)
      router.get('/deeper/:id', checks(auth, pass), ok)
      router.get('/unmatched/:id', new Router().get('/other', ok).routes(), ok)
      router.get('/used/:id', new Router().use(pass).all(/.*/, pass).routes(), ok)
      router.get('/failed/:id', auth, fail)
      router.get('/refused/:id', checks(fail), ok)
      router.get('/last/:id', pass, auth)
      app.use(mount('/api', router.routes()))
      app.use(new Router({ prefix: '/orgs/:org' }).get('/teams/:team', auth, ok).routes())
      app.use(router.routes())
      app.use((ctx: Any) => ctx.path.startsWith('/last') && ok(ctx))
    },
    asked: {
      'GET /users/1': 'GET /users/:id',
      'HEAD /users/1': 'HEAD /users/:id',
      'GET /later/1': 'GET /later/:id',
      'GET /two/1': 'GET /two/:id',
      'GET /deep/1': 'GET /deep/:id',
      'GET /deeper/1': 'GET /deeper/:id',
      'GET /unmatched/1': 'GET /unmatched/:id',
      'GET /used/1': 'GET /used/:id',
      'GET /failed/1': 'GET /failed/:id',
      'GET /refused/1': 'GET /refused/:id',
      'GET /api/users/1': 'GET /api/users/:id',
      'GET /api/failed/1': 'GET /api/failed/:id',
      'GET /orgs/1/teams/2': 'GET /orgs/:org/teams/:team',
    },
  },
  {
    title: 'a router that a route hands the request to names it',
    since: 12, // version 10 lets the inner router look for the path of the outer route
    build: (app, { Router, mount }) => {
      const pages = new Router().get('/pages/:slug', ok).routes()
      const auth = new Router().all(/.*/, pass).routes()
      const router = new Router().get(/.*/, auth, new Router().get(/.*/, auth, pages).routes())
      app.use(mount('/api', router.routes()))
      app.use(router.routes())
    },
    asked: { 'GET /pages/1': 'GET /pages/:slug', 'GET /api/pages/1': 'GET /api/pages/:slug' },
  },
  {
    title: 'a route after one with a router in front of its handler is found as always',
    since: 12, // up to version 8 the layers that ran are only counted, those of both routers together
    build: (app, { Router }) => {
      const auth = new Router().all(/.*/, pass).routes()
      const router = new Router()
      router.get('/passed/:id', auth, pass)
      router.get('/passed/:other', ok)
      router.get('/next/:id', auth, pass)
      app.use(router.routes())
      app.use(new Router().get('/next/:router', ok).routes())
    },
    asked: { 'GET /passed/1': 'GET /passed/:other', 'GET /next/1': 'GET /next/:router' },
  },
]

const composed: Shape[] = [
  {
    title: 'a router in compose() is named as one that is used directly',
    build: (app, { Router, compose }) => {
      const router = users(Router, { prefix: '/users' }).get('/:id/passed', pass)
      const inner = users(Router, { prefix: '/inner' })
      app.use(compose([router.routes(), router.allowedMethods()]))
      app.use(compose([pass, compose([compose([inner.routes(), inner.allowedMethods()]), pass]), stop]))
      app.use(compose([users(Router, { prefix: '/last' }).routes()]))
    },
    asked: {
      'GET /users/1': 'GET /users/:id',
      'GET /users/1/passed': 'GET /users/:id/passed',
      'POST /users/1': 'POST',
      'OPTIONS /users/1': 'OPTIONS',
      'GET /inner/1': 'GET /inner/:id',
      'OPTIONS /inner/1': 'OPTIONS',
      'GET /last/1': 'GET /last/:id',
      'GET /last/1?stop=1': 'GET',
      'GET /missing': 'GET',
    },
  },
  {
    title: 'of two routers in one compose(), the one that answered counts',
    build: (app, { Router, compose }) => {
      const first = new Router().get('/a/:one', pass).get('/both/:one', ok).get('/only/:one', ok)
      const second = new Router().get('/a/:two', ok).get('/both/:two', fail).get('/failed/:two', fail)
      app.use(compose([first.routes(), compose([pass, second.routes()])]))
    },
    asked: {
      'GET /a/1': 'GET /a/:two',
      'GET /both/1': 'GET /both/:one',
      'GET /only/1': 'GET /only/:one',
      'GET /failed/1': 'GET /failed/:two',
    },
  },
  {
    title: 'koa-mount around compose(), and compose() around koa-mount, add the prefix',
    build: (app, { Koa, Router, compose, mount, route }) => {
      const router = users(Router)
      const both = () => compose([stop, router.routes(), router.allowedMethods()])
      app.use(mount('/api', both()))
      app.use(compose([mount('/v1', mount('/deep', both())), pass]))
      app.use(mount('/sub', new Koa().use(compose([pass, both()]))))
      app.use(mount('/plain', compose([pass, route.get('/r/:id', ok)])))
    },
    asked: {
      'GET /api': 'GET /api',
      'GET /api/1': 'GET /api/:id',
      'GET /api/1?stop=1': 'GET /api',
      'GET /api/1/2': 'GET',
      'GET /v1/deep/1': 'GET /v1/deep/:id',
      'GET /sub/1': 'GET /sub/:id',
      'GET /sub/1/2': 'GET',
      'GET /plain/r/1': 'GET /plain/r/:id',
    },
  },
  {
    title: 'the handlers of a route may stand in compose(), a last router among them',
    since: 12, // version 10 lets the inner router look for the path of the outer route
    build: (app, { Router, compose }) => {
      const pages = new Router().get('/pages/:slug', ok).routes()
      const router = new Router().get('/users/:id', compose([pass, later])).get(/.*/, compose([pass, pages]))
      app.use(compose([router.routes(), refuse]))
    },
    asked: { 'GET /users/1': 'GET /users/:id', 'GET /pages/1': 'GET /pages/:slug' },
  },
  {
    title: 'a router in compose() in front of a handler names the request, as the context does not tell who answered',
    since: 12,
    build: (app, { Router, compose }) => {
      const auth = new Router().all('/users/:checked', pass).routes()
      app.use(new Router().get('/users/:id', compose([pass, auth]), ok).routes())
    },
    asked: { 'GET /users/1': 'GET /users/:checked' },
  },
  {
    title: 'a router in front of a handler that answers itself leaves the name to the outer route',
    needsOwnHandlers: true,
    since: 12,
    build: (app, { Router }) => {
      const pages = new Router().get('/pages/:slug', ok).routes()
      app.use(new Router().get('/pages/:rest', pages, fail).routes())
    },
    asked: { 'GET /pages/1': 'GET /pages/:rest' },
  },
]

export const shapes: Shape[] = [...routed, ...mounted, ...routersInRoutes, ...composed]
