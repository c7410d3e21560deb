import { once } from 'node:events'
import { Router } from '@koa/router'
import tracer from 'dd-trace'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import compress from 'koa-compress'
import session from 'koa-session'
import serveStatic from 'koa-static'
import websockify from 'koa-websocket'
import { spanlog } from 'spanlog/koa'
import { WebSocket } from 'ws'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = websockify(new Koa())
app.keys = ['secret']
app.use(spanlog())
app.use(compress({ threshold: 1 }))
app.use(session(app))
app.use(bodyParser())
app.use(serveStatic(import.meta.dirname))

const router = new Router()
router.post('/posts/:id', ctx => {
  ctx.log.info('loading')
  ctx.session.count = (ctx.session.count ?? 0) + 1
  ctx.body = ctx.request.body.title
})
router.get('/socket', async ctx => {
  ctx.log.info('loading')
  const socket = new WebSocket(ctx.href.replace('http', 'ws'))
  const [word] = await once(socket, 'message')
  socket.close()
  ctx.body = String(word)
})
app.use(router.routes())
app.ws.use(ctx => ctx.websocket.send('ok'))

const headers = { 'content-type': 'application/json' }
const post = { path: '/posts/7', method: 'POST', headers, body: JSON.stringify({ title: 'ok' }) }
console.log(JSON.stringify({ spans: await serve(app, [post, { path: '/serve.cjs' }, { path: '/socket' }]) }))
