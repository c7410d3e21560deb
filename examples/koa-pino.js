// Koa and pino, with one logger for all modules: npx spanlog dev -- node examples/koa-pino.js
require('dd-trace').init({ service: 'blog', env: 'dev', version: '1.0.0' })

const Koa = require('koa')
const { Router } = require('@koa/router')
const pino = require('pino')
const { getLog, pinoMixin } = require('spanlog')
const { spanlog } = require('spanlog/koa')

const log = pino({ mixin: pinoMixin() })
const app = new Koa()
const router = new Router({ prefix: '/posts' })

app.use(spanlog({ logger: log, fields: ctx => ({ path: ctx.path }) }))

router.get('/:id', async ctx => {
  ctx.log.info('loading')
  ctx.body = await findPost(ctx.params.id)
})

// Code that never sees a request, in some other module:
async function findPost(id) {
  getLog(log).info({ id }, 'query by getLog()') // the logger of the request, with its fields; `log` itself in a cron job
  log.info({ id }, 'query by log') // the shared logger: linked by pinoMixin(), without those fields
  return { id, title: 'Hello' }
}

app.use(router.routes())

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`curl http://localhost:${server.address().port}/posts/7`)
})
