import type { Any } from './frameworks.ts'

/** What keeps the declared paths: Express 4, `router` up to 2.2, or `router` since 2.3. */
export type Room = '4' | '2.0' | '2.3'

/** A way to write an application, and what its requests are called. */
export interface Shape {
  title: string
  /** Only for this major: the syntax of paths differs. */
  only?: 4 | 5
  /** Settings that have to be on before anything is used. */
  settings?: string[]
  build(app: Any, express: Any): void
  /** `METHOD /path` to resource; where versions differ, by room. */
  asked: Record<string, string | Record<Room, string> | Record<'2.0' | '2.3', string>>
}

export const ok = (_req: Any, res: Any) => res.end('ok')
const later = (_req: Any, res: Any) => setTimeout(() => res.end('ok'), 2)
const pass = (_req: Any, _res: Any, next: Any) => next()
const fail = (_req: Any, _res: Any, next: Any) => next(new Error('failed'))
const throws = () => {
  throw new Error('thrown')
}
const refuse = (_req: Any, res: Any) => res.status(401).end()
const caught = (_error: Any, _req: Any, res: Any, _next: Any) => res.status(500).end()
const skip = (to: 'route' | 'router') => (_req: Any, _res: Any, next: Any) => next(to)
const rewrite = (url: string) => (req: Any, _res: Any, next: Any) => {
  req.url = url
  next()
}

/** A router with `/` and `/:id`, the way most are. */
function users(express: Any, options?: object): Any {
  const router = express.Router(options)
  router.get('/', ok)
  router.get('/:id', ok)
  return router
}

const basics: Shape[] = [
  {
    title: 'a route is called by what was declared',
    build: app => {
      app.get('/', ok)
      app.get('/health', ok)
      app.get('/users/:id', ok)
      app.get('/users/:id/posts/:post', later)
    },
    asked: {
      'GET /': 'GET /',
      'GET /?a=1': 'GET /',
      'GET /health': 'GET /health',
      'GET /users/1': 'GET /users/:id',
      'GET /users/1?next=/users/2': 'GET /users/:id',
      'GET /users/users': 'GET /users/:id',
      'GET /users/a%20b': 'GET /users/:id',
      'GET /users/%E2%82%AC': 'GET /users/:id',
      'GET /users/a%2Fb': 'GET /users/:id',
      'GET /users/1/posts/2': 'GET /users/:id/posts/:post',
      'GET http://example.org/users/1': 'GET /users/:id',
    },
  },
  {
    title: 'a request that nothing matches is called by its method',
    build: app => app.get('/users/:id', ok),
    asked: {
      'GET /missing': 'GET',
      'GET /': 'GET',
      'GET /users': 'GET',
      'GET /users/1/2': 'GET',
      'GET /users/%ZZ': 'GET',
      'POST /users/1': 'POST',
      'DELETE /missing/1': 'DELETE',
    },
  },
  {
    title: 'every method has its own resource',
    build: app => {
      for (const method of ['get', 'post', 'put', 'patch', 'delete', 'options']) app[method]('/things/:id', ok)
      app.all('/any/:id', ok)
    },
    asked: {
      'GET /things/1': 'GET /things/:id',
      'POST /things/1': 'POST /things/:id',
      'PUT /things/1': 'PUT /things/:id',
      'PATCH /things/1': 'PATCH /things/:id',
      'DELETE /things/1': 'DELETE /things/:id',
      'OPTIONS /things/1': 'OPTIONS /things/:id',
      'GET /any/1': 'GET /any/:id',
      'PROPFIND /any/1': 'PROPFIND /any/:id',
    },
  },
  {
    title: 'HEAD takes the route of GET; the automatic answer to OPTIONS has only the path of its router',
    build: (app, express) => {
      app.post('/users/:name', ok)
      app.post('/orders/:id', ok)
      app.get('/users/:id', ok)
      app.use('/api/:version', users(express))
    },
    asked: {
      'HEAD /users/1': 'HEAD /users/:id',
      'HEAD /api/1/2': 'HEAD /api/:version/:id',
      'HEAD /orders/1': 'HEAD',
      'OPTIONS /users/1': 'OPTIONS',
      'OPTIONS /api/1/2': 'OPTIONS /api/:version',
      'OPTIONS /missing': 'OPTIONS',
    },
  },
  {
    title: 'case and a trailing slash of the request do not change the resource',
    build: (app, express) => {
      app.get('/users/:id', ok)
      app.use('/api/:version', users(express))
    },
    asked: {
      'GET /USERS/1': 'GET /users/:id',
      'GET /users/1/': 'GET /users/:id',
      'GET /API/1/2': 'GET /api/:version/:id',
      'GET /api/1/2/': 'GET /api/:version/:id',
      'GET /api/1/': 'GET /api/:version',
    },
  },
  {
    title: 'strict and case-sensitive routing is respected',
    settings: ['strict routing', 'case sensitive routing'],
    build: (app, express) => {
      const router = users(express, { strict: true, caseSensitive: true })
      router.get('/:id/Edit', ok)
      app.use('/Api/:version', router)
      app.get('/Users/:id', ok)
      app.get('/Users/:id/', ok)
    },
    asked: {
      'GET /Users/1': 'GET /Users/:id',
      'GET /Users/1/': 'GET /Users/:id/',
      'GET /users/1': 'GET',
      'GET /Api/1/2': 'GET /Api/:version/:id',
      'GET /api/1/2': 'GET',
      'GET /Api/1/2/': 'GET',
      'GET /Api/1/2/Edit': 'GET /Api/:version/:id/Edit',
    },
  },
  {
    title: 'several parameters share a segment',
    build: app => {
      app.get('/flights/:from-:to', ok)
      app.get('/files/:name.:ext', ok)
      app.get('/@:user', ok)
    },
    asked: {
      'GET /flights/LAX-SFO': 'GET /flights/:from-:to',
      'GET /files/a.txt': 'GET /files/:name.:ext',
      'GET /@me': 'GET /@:user',
    },
  },
  {
    title: 'route() chains its methods',
    build: app => app.route('/books/:id').get(ok).post(pass, ok).all(refuse),
    asked: {
      'GET /books/1': 'GET /books/:id',
      'POST /books/1': 'POST /books/:id',
      'PUT /books/1': 'PUT /books/:id',
    },
  },
]

const mounted: Shape[] = [
  {
    title: 'a router adds the path where it is mounted',
    build: (app, express) => {
      app.use('/users', users(express))
      app.use('/api/v1/', users(express))
      app.use(users(express))
    },
    asked: {
      'GET /users': 'GET /users',
      'GET /users/': 'GET /users',
      'GET /users/1': 'GET /users/:id',
      'GET /users/users': 'GET /users/:id',
      'GET /api/v1/1': 'GET /api/v1/:id',
      'GET /api/v1': 'GET /api/v1',
      'GET /42': 'GET /:id',
      'GET /': 'GET /',
      'GET //users//1': 'GET',
    },
  },
  {
    title: 'parameters in mount paths keep their names, to any depth',
    build: (app, express) => {
      const [orgs, teams] = [express.Router(), express.Router({ mergeParams: true })]
      teams.use('/members', users(express))
      teams.get('/about', ok)
      orgs.use('/teams/:team', teams)
      orgs.get('/', ok)
      app.use('/orgs/:org', orgs)
    },
    asked: {
      'GET /orgs/1': 'GET /orgs/:org',
      'GET /orgs/1/teams/2/about': 'GET /orgs/:org/teams/:team/about',
      'GET /orgs/1/teams/2/members': 'GET /orgs/:org/teams/:team/members',
      'GET /orgs/1/teams/2/members/3': 'GET /orgs/:org/teams/:team/members/:id',
      'GET /orgs/teams/teams/members/members/3': 'GET /orgs/:org/teams/:team/members/:id',
      'GET /orgs/teams/teams/teams/members/1': 'GET /orgs/:org/teams/:team/members/:id',
      'GET /orgs/1/teams/1/members/1': 'GET /orgs/:org/teams/:team/members/:id',
      'GET /orgs/a%20b/teams/%E2%82%AC/about': 'GET /orgs/:org/teams/:team/about',
      'GET /orgs/1/nothing': 'GET',
    },
  },
  {
    title: 'several parameters stand in one mount path',
    build: (app, express) => {
      app.use('/:tenant/:region', users(express))
      app.use('/range/:from-:to/x', users(express))
    },
    asked: {
      'GET /a/b': 'GET /:tenant/:region',
      'GET /1/1/1': 'GET /:tenant/:region/:id',
      'GET /a.b/c-d/5': 'GET /:tenant/:region/:id',
      'GET /range/1-2/x/9': 'GET /range/:from-:to/x/:id',
    },
  },
  {
    title: 'one router mounted twice tells where it was entered',
    build: (app, express) => {
      const shared = users(express)
      app.use('/authors', shared)
      app.use('/v2/:tenant/readers', shared)
    },
    asked: {
      'GET /authors/1': 'GET /authors/:id',
      'GET /v2/x/readers/1': 'GET /v2/:tenant/readers/:id',
      'GET /v2/x/readers': 'GET /v2/:tenant/readers',
    },
  },
  {
    title: 'of an array of paths, the one that matched counts',
    build: (app, express) => {
      app.get(['/colour/:name', '/color/:name'], ok)
      app.get([['/deep/:a'], ['/deeper/:b']], ok)
      app.get(['/only/:one'], ok)
      app.get(['/text', /^\/number\/\d+$/], ok)
      app.use(['/v1/:tenant', '/v2'], users(express))
      app.use([['/v3/:tenant']], users(express))
    },
    asked: {
      'GET /colour/red': 'GET /colour/:name',
      'GET /color/red': 'GET /color/:name',
      'GET /deep/1': 'GET /deep/:a',
      'GET /deeper/1': 'GET /deeper/:b',
      'GET /only/1': 'GET /only/:one',
      'GET /text': 'GET /text',
      'GET /number/17': 'GET (/^\\/number\\/\\d+$/)',
      'GET /v1/acme/5': 'GET /v1/:tenant/:id',
      'GET /v2/5': 'GET /v2/:id',
      'GET /v2': 'GET /v2',
      'GET /v3/acme/5': 'GET /v3/:tenant/:id',
    },
  },
  {
    title: 'a regular expression is called by its source',
    build: (app, express) => {
      app.get(/^\/years\/(\d{4})$/, ok)
      app.use(/^\/(?:shop|store)/, users(express))
      app.use('/files', (() => express.Router().get(/.*\.png$/, ok))())
    },
    asked: {
      'GET /years/2026': 'GET (/^\\/years\\/(\\d{4})$/)',
      'GET /files/cat.png': 'GET /files(/.*\\.png$/)',
      'GET /shop/1': {
        '4': 'GET (/^\\/(?:shop|store)/)/:id',
        '2.0': 'GET (RegExp)/:id',
        '2.3': 'GET (/^\\/(?:shop|store)/)/:id',
      },
      'GET /store': { '4': 'GET (/^\\/(?:shop|store)/)', '2.0': 'GET (RegExp)', '2.3': 'GET (/^\\/(?:shop|store)/)' },
    },
  },
  {
    title: 'a router used by a route keeps both paths',
    build: (app, express) => {
      const inner = express.Router({ mergeParams: true })
      inner.get('/inner/:id', ok)
      const outer = express.Router()
      outer.use('/a/:a', inner)
      app.use('/x', outer)
      app.use('/y/:y', outer)
    },
    asked: {
      'GET /x/a/1/inner/2': 'GET /x/a/:a/inner/:id',
      'GET /y/9/a/1/inner/2': 'GET /y/:y/a/:a/inner/:id',
    },
  },
  {
    title: 'router.param and app.param may answer, wait or fail',
    build: (app, express) => {
      const router = users(express)
      router.param('id', (_req: Any, res: Any, next: Any, id: string) =>
        id === 'no' ? res.status(404).end() : setTimeout(next, 1, id === 'bad' ? new Error('bad') : undefined),
      )
      app.use('/users/:org', router)
      app.use(caught)
    },
    asked: {
      'GET /users/1/2': 'GET /users/:org/:id',
      'GET /users/1/no': 'GET /users/:org/:id',
      'GET /users/1/bad': 'GET /users/:org/:id',
    },
  },
]

const passing: Shape[] = [
  {
    title: 'the route that answered counts, not those that passed',
    build: app => {
      app.get('/users/:id', pass)
      app.all('/users/:any', (req: Any, res: Any, next: Any) => (req.params.any === '1' ? res.end() : next()))
      app.get('/users/:last', (_req: Any, _res: Any, next: Any) => next('route'), refuse)
      app.get('/users/2', ok)
    },
    asked: { 'GET /users/1': 'GET /users/:any', 'GET /users/2': 'GET /users/2' },
  },
  {
    title: "next('route') and next('router') leave for what follows",
    build: (app, express) => {
      const first = express.Router()
      first.get('/:id', skip('router'), refuse)
      app.use('/items/:kind', first)
      app.get('/items/:kind/:id', skip('route'), refuse)
      app.get('/items/:a/:b', ok)
    },
    asked: { 'GET /items/1/2': 'GET /items/:a/:b' },
  },
  {
    title: 'a route may pass from one router into another',
    build: (app, express) => {
      const [one, two] = [express.Router(), express.Router()]
      one.get('/:id', pass)
      two.get('/:name', ok)
      app.use('/a/:x', one)
      app.use('/a/:y', two)
    },
    asked: { 'GET /a/1/2': 'GET /a/:y/:name' },
  },
  {
    title: 'a middleware mounted on a path answers under its path',
    build: (app, express) => {
      app.use('/private', refuse)
      app.use('/teams/:team', (req: Any, res: Any, next: Any) => (req.query.stop ? res.end() : next()))
      const router = express.Router()
      router.use('/gate/:key', refuse)
      app.use('/teams/:team', router)
      app.use('/either/:one', pass, later)
    },
    asked: {
      'GET /private': 'GET /private',
      'GET /private/1/2': 'GET /private',
      'GET /teams/7/x?stop=1': 'GET /teams/:team',
      'GET /teams/7/gate/8': 'GET /teams/:team/gate/:key',
      'GET /teams/teams/gate/gate': 'GET /teams/:team/gate/:key',
      'GET /teams/7': 'GET',
      'GET /either/1/2': 'GET /either/:one',
    },
  },
  {
    title: 'a middleware without a path answers under the method alone',
    build: (app, express) => {
      app.use((req: Any, res: Any, next: Any) => (req.query.stop ? refuse(req, res) : next()))
      app.get('/users/:id', ok)
      app.use('/api/:version', users(express))
    },
    asked: { 'GET /users/1?stop=1': 'GET', 'GET /api/1/2?stop=1': 'GET', 'GET /users/1': 'GET /users/:id' },
  },
  {
    title: 'of overlapping mounts the parameters tell which one answered',
    build: app => {
      app.use('/:section', (req: Any, res: Any, next: Any) => (req.params.section === 'news' ? res.end() : next()))
      app.use('/sport', ok)
      app.use('/:other', ok)
    },
    asked: { 'GET /news': 'GET /:section', 'GET /sport': 'GET /sport', 'GET /weather/1': 'GET /:other' },
  },
  {
    title: 'a route that passed does not hide the mount that answered',
    build: app => {
      app.all('/shop/:path', pass)
      app.use('/shop/:id', ok)
    },
    asked: { 'GET /shop/1': 'GET /shop/:id', 'GET /shop/1/2': 'GET /shop/:id' },
  },
  {
    title: 'a handler may answer after it has passed on',
    build: (app, express) => {
      app.get('/users/:id', (_req: Any, res: Any, next: Any) => {
        res.end('first')
        next()
      })
      app.get('/users/:other', pass)
      const router = express.Router()
      router.get('/:id', (_req: Any, res: Any, next: Any) => {
        res.end('first')
        next()
      })
      app.use('/teams/:team', router)
    },
    asked: { 'GET /users/1': 'GET /users/:id', 'GET /teams/1/2': 'GET /teams/:team/:id' },
  },
  {
    title: 'a middleware may rewrite the url before and inside a router',
    build: (app, express) => {
      app.use('/old', rewrite('/new/1'))
      app.use((req: Any, _res: Any, next: Any) => {
        if (req.url.startsWith('/legacy/')) req.url = `/users/${req.url.slice(8)}`
        next()
      })
      app.get('/users/:id', ok)
      const router = express.Router()
      router.use(rewrite('/target/5'))
      router.get('/target/:id', ok)
      app.use('/inside/:x', router)
      app.get('/old/new/:id', ok)
    },
    asked: {
      'GET /legacy/7': 'GET /users/:id',
      'GET /inside/1/anything': 'GET /inside/:x/target/:id',
      'GET /old/anything': 'GET /old/new/:id',
    },
  },
  {
    title: 'static files, redirects and CORS preflights keep the path of their mount',
    build: (app, express) => {
      app.use('/static', express.static('test/routes'))
      app.get('/go/:to', (_req: Any, res: Any) => res.redirect('/elsewhere'))
      app.use('/cors/:api', (req: Any, res: Any, next: Any) =>
        req.method === 'OPTIONS' ? res.sendStatus(204) : next(),
      )
      app.get('/cors/:api/:id', ok)
    },
    asked: {
      'GET /static/express-shapes.ts': 'GET /static',
      'GET /static/missing.txt': 'GET',
      'GET /static': 'GET /static',
      'GET /go/1': 'GET /go/:to',
      'OPTIONS /cors/1/2': 'OPTIONS /cors/:api',
      'GET /cors/1/2': 'GET /cors/:api/:id',
    },
  },
  {
    title: 'routers and applications in closures show their own paths and those of their mounts',
    build: (app, express) => {
      const router = users(express)
      const nested = express.Router()
      nested.use('/deep/:d', users(express))
      app.use('/wrapped/:w', (req: Any, res: Any, next: Any) => router(req, res, next))
      app.use('/far/:f', (req: Any, res: Any, next: Any) => nested(req, res, next))
      const sub = express()
      sub.get('/:id', ok)
      sub.use('/gate', ok)
      sub.use('/deep/:d', users(express))
      app.use('/hidden/:h', (req: Any, res: Any, next: Any) => sub(req, res, next))
      app.get('/lazy/:l', (req: Any, res: Any, next: Any) => users(express)(req, res, next))
    },
    asked: {
      'GET /wrapped/1/2': 'GET /wrapped/:w/:id',
      'GET /wrapped/1': 'GET /wrapped/:w',
      'GET /far/1/deep/2/3': 'GET /far/:f/*/:id',
      'GET /lazy/1': 'GET /lazy/:l',
      'GET /hidden/1/2': 'GET /hidden/:h/:id',
      'GET /hidden/1/gate/2': 'GET /hidden/:h/gate',
      'GET /hidden/1/deep/2/3': 'GET /hidden/:h/deep/:d/:id',
      'GET /hidden/1/2/3': 'GET',
    },
  },
]

const errors: Shape[] = [
  {
    title: 'an error in a route keeps the route, whoever answers it',
    build: (app, express) => {
      const router = express.Router()
      router.get('/next/:id', fail)
      router.get('/throw/:id', throws)
      router.get('/inner/:id', fail)
      router.use('/inner', caught)
      app.use('/orgs/:org', router)
      app.get('/top/:id', fail)
      app.get('/late/:id', (_req: Any, _res: Any, next: Any) => setTimeout(next, 2, new Error('late')))
      app.use('/orgs/:org/next', caught)
      app.use(caught)
    },
    asked: {
      'GET /orgs/1/next/2': 'GET /orgs/:org/next/:id',
      'GET /orgs/1/throw/2': 'GET /orgs/:org/throw/:id',
      'GET /orgs/1/inner/2': 'GET /orgs/:org/inner/:id',
      'GET /top/1': 'GET /top/:id',
      'GET /late/1': 'GET /late/:id',
    },
  },
  {
    title: 'an error that no handler takes keeps its route',
    build: (app, express) => {
      const router = express.Router()
      router.get('/:id', throws)
      app.use('/orgs/:org', router)
    },
    asked: { 'GET /orgs/1/2': 'GET /orgs/:org/:id' },
  },
  {
    title: 'an error before any route has no route',
    build: (app, express) => {
      app.use((req: Any, _res: Any, next: Any) => next(req.query.early ? new Error('early') : undefined))
      const router = express.Router()
      router.use(fail)
      app.use('/broken/:b', router)
      app.use('/handled/:h', fail, caught)
      app.get('/users/:id', ok)
      app.use(caught)
    },
    asked: {
      'GET /users/1?early=1': 'GET',
      'GET /broken/1/2': 'GET',
      'GET /handled/1': 'GET /handled/:h',
      'GET /users/%ZZ': 'GET',
    },
  },
  {
    title: 'an error handler of a router answers under the route that failed',
    build: (app, express) => {
      const [outer, inner] = [express.Router(), express.Router()]
      inner.get('/:id', fail)
      outer.use('/in/:i', inner)
      outer.use(caught)
      app.use('/out/:o', outer)
    },
    asked: { 'GET /out/1/in/2/3': 'GET /out/:o/in/:i/:id' },
  },
  {
    title: 'an error after the answer changes nothing',
    build: (app, express) => {
      const router = express.Router()
      router.get('/:id', (_req: Any, res: Any, next: Any) => {
        res.end('ok')
        next(new Error('too late'))
      })
      app.use('/a/:a', router)
      app.use((_error: Any, _req: Any, _res: Any, _next: Any) => {})
    },
    asked: { 'GET /a/1/2': 'GET /a/:a/:id' },
  },
  {
    title: 'a rejected handler keeps its route',
    only: 5,
    build: (app, express) => {
      const router = express.Router()
      router.get('/:id', async () => {
        await null
        throw new Error('rejected')
      })
      app.use('/orgs/:org', router)
      app.use(caught)
    },
    asked: { 'GET /orgs/1/2': 'GET /orgs/:org/:id' },
  },
]

const subApps: Shape[] = [
  {
    title: 'a sub-application adds its mount path, parameters and all',
    build: (app, express) => {
      const sub = express()
      sub.get('/', ok)
      sub.get('/:id', ok)
      sub.use('/deep/:d', users(express))
      sub.use('/gate', refuse)
      app.use('/admin', sub)
      const tenant = express()
      tenant.use('/users', users(express))
      tenant.get('/fails/:id', fail)
      app.use('/t/:tenant', tenant)
      app.use(caught)
    },
    asked: {
      'GET /admin': 'GET /admin',
      'GET /admin/1': 'GET /admin/:id',
      'GET /admin/deep/1/2': 'GET /admin/deep/:d/:id',
      'GET /admin/gate/1': 'GET /admin/gate',
      'GET /admin/missing/at/all': 'GET',
      'GET /t/1/users/2': 'GET /t/:tenant/users/:id',
      'GET /t/users/users/users': 'GET /t/:tenant/users/:id',
      'GET /t/1/fails/2': 'GET /t/:tenant/fails/:id',
    },
  },
  {
    title: 'sub-applications nest',
    build: (app, express) => {
      const [outer, inner] = [express(), express()]
      inner.get('/:id', ok)
      inner.use('/mid', ok)
      outer.use('/inner/:i', inner)
      outer.get('/own', ok)
      app.use('/outer/:o', outer)
    },
    asked: {
      'GET /outer/1/own': 'GET /outer/:o/own',
      'GET /outer/1/inner/2/3': 'GET /outer/:o/inner/:i/:id',
      'GET /outer/1/inner/2/mid/4': 'GET /outer/:o/inner/:i/mid',
    },
  },
  {
    title: 'one sub-application mounted twice tells where it was entered',
    build: (app, express) => {
      const sub = express()
      sub.get('/:id', ok)
      app.use('/a/:a', sub)
      app.use(['/b', '/c/:c/d'], sub)
    },
    asked: { 'GET /a/1/2': 'GET /a/:a/:id', 'GET /b/2': 'GET /b/:id', 'GET /c/1/d/2': 'GET /c/:c/d/:id' },
  },
  {
    title: 'a sub-application without a path adds nothing',
    build: (app, express) => {
      const sub = express()
      sub.get('/plain/:id', ok)
      app.use(pass)
      app.use(sub)
    },
    asked: { 'GET /plain/1': 'GET /plain/:id', 'GET /other': 'GET' },
  },
  {
    title: 'a sub-application that a router mounts is found',
    build: (app, express) => {
      const sub = express()
      sub.get('/:id', ok)
      sub.get('/fails/:id', fail)
      const router = express.Router()
      router.use('/sub/:s', sub)
      app.use('/r/:r', router)
      app.use(caught)
    },
    asked: { 'GET /r/1/sub/2/3': 'GET /r/:r/sub/:s/:id', 'GET /r/1/sub/2/fails/3': 'GET /r/:r/sub/:s/fails/:id' },
  },
  {
    title: 'of overlapping mounts the one that the sub-application knows counts',
    build: (app, express) => {
      const sub = express()
      sub.get('/:id', ok)
      app.use('/:gate', pass)
      app.use('/:tenant', sub)
    },
    asked: { 'GET /acme/1': 'GET /:tenant/:id' },
  },
  {
    title: 'an error from a sub-application is answered by the application',
    build: (app, express) => {
      const sub = express()
      const router = express.Router()
      router.get('/:id', throws)
      sub.use('/in/:i', router)
      app.use('/sub/:s', sub)
      app.use(caught)
    },
    asked: { 'GET /sub/1/in/2/3': 'GET /sub/:s/in/:i/:id' },
  },
  {
    title: 'what a sub-application leaves, the application may take',
    build: (app, express) => {
      const sub = express()
      sub.get('/:id', pass)
      app.use('/sub/:s', sub)
      app.get('/sub/:a/:b', ok)
    },
    asked: { 'GET /sub/1/2': 'GET /sub/:a/:b' },
  },
]

/** Paths of path-to-regexp 0.1: nearly regular expressions. */
const express4: Shape[] = [
  {
    title: 'optional, starred and patterned parameters of Express 4',
    only: 4,
    build: app => {
      app.get('/maybe/:id?', ok)
      app.get('/number/:id(\\d+)', ok)
      app.get('/tree/:path*', ok)
      app.get('/file/:name.:format?', ok)
      app.get('/ab?cd', ok)
      app.get('/ef+gh', ok)
      app.get('/i(jk)?l', ok)
    },
    asked: {
      'GET /maybe': 'GET /maybe/:id?',
      'GET /maybe/1': 'GET /maybe/:id?',
      'GET /number/17': 'GET /number/:id(\\d+)',
      'GET /number/x': 'GET',
      'GET /tree/a/b/c': 'GET /tree/:path*',
      'GET /file/a.txt': 'GET /file/:name.:format?',
      'GET /acd': 'GET /ab?cd',
      'GET /effgh': 'GET /ef+gh',
      'GET /il': 'GET /i(jk)?l',
    },
  },
  {
    title: 'wildcards of Express 4',
    only: 4,
    build: app => {
      app.get('/assets/*', ok)
      app.get('/a*z', ok)
      app.post('*', ok)
      app.put('/*', ok)
    },
    asked: {
      'GET /assets/css/main.css': 'GET /assets/*',
      'GET /abcz': 'GET /a*z',
      'POST /any/thing': 'POST /*',
      'PUT /any/thing': 'PUT /*',
    },
  },
  {
    title: 'mounts of Express 4 get back what was declared',
    only: 4,
    build: (app, express) => {
      const mounts = [
        '/number/:id(\\d+)',
        '/maybe/:id?',
        '/dotted/v:major.:minor',
        '/word/:w([a-z]+)-:n(\\d+)',
        '/star/*/end',
        '/ab?cd',
        '/tree/:path*',
        '/o(pt)?/y',
        '/format/:name.:format?',
      ]
      for (const path of mounts) app.use(path, express.Router().get('/leaf/:leaf', ok))
      app.use('/everything/*', ok)
    },
    asked: {
      'GET /number/17/leaf/1': 'GET /number/:id(\\d+)/leaf/:leaf',
      'GET /maybe/leaf/leaf/1': 'GET /maybe/:id?/leaf/:leaf',
      'GET /maybe/17/leaf/1': 'GET /maybe/:id?/leaf/:leaf',
      'GET /dotted/v1.2/leaf/1': 'GET /dotted/v:major.:minor/leaf/:leaf',
      'GET /word/ab-12/leaf/1': 'GET /word/:w([a-z]+)-:n(\\d+)/leaf/:leaf',
      'GET /star/a/b/end/leaf/1': 'GET /star/*/end/leaf/:leaf',
      'GET /acd/leaf/1': 'GET /ab?cd/leaf/:leaf',
      'GET /tree/a/b/leaf/1': 'GET /tree/:path*/leaf/:leaf',
      'GET /format/a.json/leaf/1': 'GET /format/:name.:format?/leaf/:leaf',
      'GET /o/y/leaf/1': 'GET /o(pt)?/y/leaf/:leaf',
      'GET /everything/a/b': 'GET /everything/*',
    },
  },
  {
    title: 'arrays mounted in Express 4 are taken apart',
    only: 4,
    build: (app, express) => {
      app.use(['/:a-:b/x', '/n/:n(\\d+)', /^\/re\/(\w+)/, '/'], users(express))
    },
    asked: {
      'GET /1-2/x/3': 'GET /:a-:b/x/:id',
      'GET /n/5/3': 'GET /n/:n(\\d+)/:id',
      'GET /re/word/3': 'GET (/^\\/re\\/(\\w+)/)/:id',
      'GET /3': 'GET /:id',
    },
  },
  {
    title: 'a user expression that looks like an array stays one expression',
    only: 4,
    build: (app, express) => app.use(/^\/one|^\/two/, users(express)),
    asked: { 'GET /one/3': 'GET (/^\\/one|^\\/two/)/:id', 'GET /two/3': 'GET (/^\\/one|^\\/two/)/:id' },
  },
  {
    title: 'a user expression that looks like a compiled path is not taken for one',
    only: 4,
    build: (app, express) => {
      app.use(/^\/num(?:\/(\d+))\/?(?=\/|$)/i, users(express))
      app.use(/^\/a.c\/?(?=\/|$)/i, users(express))
    },
    asked: {
      'GET /num/7/3': 'GET (/^\\/num(?:\\/(\\d+))\\/?(?=\\/|$)/i)/:id',
      'GET /abc/3': 'GET (/^\\/a.c\\/?(?=\\/|$)/i)/:id',
    },
  },
  {
    title: 'a star as the whole mount',
    only: 4,
    build: app => app.use('*', ok),
    asked: { 'GET /a/b/c': 'GET /*', 'GET /': 'GET' },
  },
]

/** Paths of path-to-regexp 8. */
const express5: Shape[] = [
  {
    title: 'wildcards and optional groups of Express 5',
    only: 5,
    build: app => {
      app.get('/assets/*path', ok)
      app.get('/maybe{/:id}', ok)
      app.get('/file/:name{.:format}', ok)
      app.get('/:"quoted-name"/q', ok)
      app.get('/esc\\:aped', ok)
      app.post('/*all', ok)
      app.put('{/*all}', ok)
    },
    asked: {
      'GET /assets/css/main.css': 'GET /assets/*path',
      'GET /maybe': 'GET /maybe{/:id}',
      'GET /maybe/1': 'GET /maybe{/:id}',
      'GET /file/a.txt': 'GET /file/:name{.:format}',
      'GET /1/q': 'GET /:"quoted-name"/q',
      'GET /esc:aped': 'GET /esc\\:aped',
      'POST /any/thing': 'POST /*all',
      'PUT /': 'PUT {/*all}',
    },
  },
  {
    title: 'optional groups and wildcards in mounts of Express 5',
    only: 5,
    build: (app, express) => {
      app.use('/t{/:tenant}/x', users(express))
      app.use('/lang{-:code}', users(express))
      app.use('/w/*path/end', users(express))
    },
    asked: {
      'GET /t/x/1': { '2.0': 'GET /t/x/:id', '2.3': 'GET /t{/:tenant}/x/:id' },
      'GET /t/5/x/1': { '2.0': 'GET /t/:tenant/x/:id', '2.3': 'GET /t{/:tenant}/x/:id' },
      'GET /t/x/x/1': { '2.0': 'GET /t/:tenant/x/:id', '2.3': 'GET /t{/:tenant}/x/:id' },
      'GET /lang-de/1': { '2.0': 'GET /lang-:code/:id', '2.3': 'GET /lang{-:code}/:id' },
      'GET /lang/1': { '2.0': 'GET /lang/:id', '2.3': 'GET /lang{-:code}/:id' },
      'GET /w/a/b/end/7': 'GET /w/*path/end/:id',
      'GET /w/end/end/7': 'GET /w/*path/end/:id',
    },
  },
  {
    title: 'values that look like the text around them are told apart',
    only: 5,
    build: (app, express) => {
      app.use('/v/:v', users(express))
      app.use('/a/:x/a/:y', users(express))
      app.use('/Mixed/:case', users(express))
      app.use('/:p/tail', users(express))
    },
    asked: {
      'GET /v/v/1': 'GET /v/:v/:id',
      'GET /a/a/a/a/1': 'GET /a/:x/a/:y/:id',
      'GET /a/1/a/2/3': 'GET /a/:x/a/:y/:id',
      'GET /MIXED/7/1': { '2.0': 'GET /mixed/:case/:id', '2.3': 'GET /Mixed/:case/:id' },
      'GET /tail/tail/1': 'GET /:p/tail/:id',
      'GET /50%25/tail/1': 'GET /:p/tail/:id',
      'GET /v/%E4%BD%A0%E5%A5%BD/1': 'GET /v/:v/:id',
      'GET /v/a%2Fb/1': 'GET /v/:v/:id',
      'GET /v/.../1': 'GET /v/:v/:id',
    },
  },
  {
    title: 'a name declared twice hides a value, which does not become a literal',
    only: 5,
    build: (app, express) => app.use('/twice/:a/:a', users(express)),
    asked: { 'GET /twice/17/18/1': { '2.0': 'GET /*/:id', '2.3': 'GET /twice/:a/:a/:id' } },
  },
]

/** A router that checks and passes on, as one does in front of a handler. `all()` without a path matches everything on every version. */
const everything = /.*/
const checks = (express: Any, ...handlers: Any[]) => express.Router().all(everything, ...handlers)

const routersInRoutes: Shape[] = [
  {
    title: 'a router in front of a handler does not name the request',
    build: (app, express) => {
      const auth = checks(express, pass)
      app.get('/users/:id', auth, ok)
      app.get('/later/:id', auth, later)
      app.route('/books/:id').all(auth).get(ok).put(auth, ok)
      app.get('/arrays/:id', [auth, [pass, auth]], ok)
      app.use('/orgs/:org', express.Router().get('/teams/:team', auth, ok))
      app.use(['/v1/:tenant', '/v2'], express.Router().get('/items/:id', auth, ok))
      app.use('/sub/:s', express().get('/items/:id', auth, ok))
    },
    asked: {
      'GET /users/1': 'GET /users/:id',
      'HEAD /users/1': 'HEAD /users/:id',
      'GET /later/1': 'GET /later/:id',
      'GET /books/1': 'GET /books/:id',
      'PUT /books/1': 'PUT /books/:id',
      'GET /arrays/1': 'GET /arrays/:id',
      'GET /orgs/1/teams/2': 'GET /orgs/:org/teams/:team',
      'GET /v1/a/items/2': 'GET /v1/:tenant/items/:id',
      'GET /v2/items/2': 'GET /v2/items/:id',
      'GET /sub/1/items/2': 'GET /sub/:s/items/:id',
    },
  },
  {
    title: 'routers within routers in front of a handler do not name the request',
    build: (app, express) => {
      const [first, second] = [checks(express, pass), express.Router().get('/two/:x', pass)]
      app.get('/two/:id', first, second, ok)
      app.get('/deep/:id', checks(express, checks(express, first, pass), pass), ok)
      app.get('/mounted/:id', express.Router().use('/mounted', first), ok)
      app.get('/used/:id', express.Router().use(first).use(pass), ok)
      app.get('/closure/:id', (req: Any, res: Any, next: Any) => first(req, res, next), ok)
      app.get('/left/:id', checks(express, skip('router')), ok)
      app.get('/skipped/:id', checks(express, skip('route'), refuse), ok)
      app.get('/app/:id', express().get('/app/:y', pass), ok)
      app.get('/stopped/:id', checks(express, pass).use(refuse), ok)
      app.get('/params/:id', first, (req: Any, res: Any) => {
        req.params = { id: 1 }
        res.end()
      })
    },
    asked: {
      'GET /two/1': 'GET /two/:id',
      'GET /deep/1': 'GET /deep/:id',
      'GET /mounted/1': 'GET /mounted/:id',
      'GET /used/1': 'GET /used/:id',
      'GET /closure/1': 'GET /closure/:id',
      'GET /left/1': 'GET /left/:id',
      'GET /skipped/1': 'GET /skipped/:id',
      'GET /app/1': 'GET /app/:id',
      'GET /stopped/1': 'GET /stopped/:id',
      'GET /params/1': 'GET /params/:id',
    },
  },
  {
    title: 'an error behind a router in front of a handler keeps the route of the handler',
    build: (app, express) => {
      const auth = checks(express, pass)
      app.get('/thrown/:id', auth, throws)
      app.get('/refused/:id', checks(express, fail), ok)
      app.get('/deep/:id', checks(express, checks(express, fail)), ok)
      app.get('/own/:id', auth, fail, caught)
      app.use('/orgs/:org', express.Router().get('/teams/:team', auth, fail).use(caught))
      app.use('/sub/:s', express().get('/items/:id', auth, fail))
      app.use('/above/:a', express.Router().get('/items/:id', auth, fail))
      app.get('/again/:first', auth, skip('route'))
      app.get('/again/:second', auth, fail)
      app.use(caught)
    },
    asked: {
      'GET /thrown/1': 'GET /thrown/:id',
      'GET /refused/1': 'GET /refused/:id',
      'GET /deep/1': 'GET /deep/:id',
      'GET /own/1': 'GET /own/:id',
      'GET /orgs/1/teams/2': 'GET /orgs/:org/teams/:team',
      'GET /sub/1/items/2': 'GET /sub/:s/items/:id',
      'GET /above/1/items/2': 'GET /above/:a/items/:id',
      'GET /again/1': 'GET /again/:second',
    },
  },
  {
    title: 'a router within a route names the request where it answers',
    build: (app, express) => {
      const inner = () => express.Router().get('/pages/:slug', ok).get('/later/:slug', later)
      const outer = (...handlers: Any[]) => express.Router().get(everything, ...handlers)
      app.use('/orgs/:org', outer(inner(), refuse))
      app.use('/deep/:d', outer(checks(express, pass), outer(pass, inner()), refuse))
      app.use('/mounts/:m', outer(express.Router().use('/shop/:s', inner()), refuse))
      app.all('/guarded/:id', express.Router().all('/guarded/:key', refuse), ok)
    },
    asked: {
      'GET /orgs/1/pages/2': 'GET /orgs/:org/pages/:slug',
      'GET /orgs/1/later/2': 'GET /orgs/:org/later/:slug',
      'GET /orgs/1/nothing': 'GET /orgs/:org(/.*/)',
      'GET /deep/1/pages/2': 'GET /deep/:d/pages/:slug',
      'GET /mounts/1/shop/2/pages/3': 'GET /mounts/:m/shop/:s/pages/:slug',
      'GET /guarded/1': 'GET /guarded/:key',
    },
  },
  {
    title: 'a route after one with a router in front of its handler is found as always',
    build: (app, express) => {
      const auth = checks(express, pass)
      app.get('/passed/:id', auth, pass)
      app.get('/passed/:other', ok)
      app.get('/mounted/:id', auth, pass)
      app.use('/mounted/:m', express.Router().get('/', ok))
      app.get('/failed/:id', auth, pass)
      app.use('/failed/:f', express.Router().get('/', fail))
      app.get('/unanswered/:id', auth, pass)
      app.use('/auth', auth)
      app.get('/auth/:id', ok)
      app.use(caught)
    },
    asked: {
      'GET /passed/1': 'GET /passed/:other',
      'GET /mounted/1': 'GET /mounted/:m',
      'GET /failed/1': 'GET /failed/:f',
      'GET /unanswered/1': 'GET /unanswered/:id',
      'GET /auth/1': 'GET /auth/:id',
    },
  },
]

export const shapes: Shape[] = [
  ...basics,
  ...mounted,
  ...passing,
  ...errors,
  ...subApps,
  ...routersInRoutes,
  ...express4,
  ...express5,
]
