const before = Object.keys(require.cache)
const { spanlog } = require('spanlog/koa')
const loaded = Object.keys(require.cache).filter(file => !before.includes(file))

require('dd-trace').init({ plugins: false })
const Koa = require('koa')
const { getLog } = require('spanlog')
const serve = require('./serve.cjs')

const app = new Koa()
app.use(spanlog())
app.use(ctx => {
  getLog().info('loading')
  ctx.body = 'ok'
})

serve(app).then(spans => console.log(JSON.stringify({ spans, loaded })))
