// Koa and bunyan: npx spanlog dev -- node examples/koa-bunyan.js
require('dd-trace').init({ service: 'blog', env: 'dev', version: '1.0.0' })

const bunyan = require('bunyan')
const Koa = require('koa')
const { Router } = require('@koa/router')
const { spanlog } = require('spanlog/koa')

const app = new Koa()
const router = new Router()

app.use(spanlog({ logger: bunyan.createLogger({ name: 'blog' }) }))

router.get('/posts/:id', ctx => {
  const log = ctx.log.child({ id: ctx.params.id }) // children are linked too
  log.info('loading')
  ctx.body = { id: ctx.params.id, title: 'Hello' }
})

router.get('/drafts/:id', ctx => {
  ctx.log.info('loading')
  throw new Error('the drafts are locked')
})

app.use(router.routes())
app.on('error', (error, ctx) => ctx.log.error(error))

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`curl http://localhost:${server.address().port}/posts/7`)
})
