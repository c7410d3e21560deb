import tracer from 'dd-trace'
import Koa from 'koa'
import { getLog } from 'spanlog'
import { spanlog } from 'spanlog/koa'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = new Koa()
app.use(spanlog())
app.use(ctx => {
  getLog().info('loading')
  ctx.body = 'ok'
})

console.log(JSON.stringify({ spans: await serve(app) }))
