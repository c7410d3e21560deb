import { Router } from '@koa/router'
import express from 'express'
import Koa from 'koa'
import pino from 'pino'
import { spanlog as spanlogExpress } from 'spanlog/express'
import { spanlog as spanlogKoa } from 'spanlog/koa'

const logger = pino()

const site = express()
site.use(spanlogExpress({ logger }))
site.get('/posts/:id', (req, res) => {
  req.log.info('loading')
  res.end('ok')
})

const api = new Koa()
const router = new Router()
api.use(spanlogKoa({ logger }))
router.get('/posts/:id', ctx => {
  ctx.log.info('loading')
  ctx.body = 'ok'
})
api.use(router.routes())

const koa = api.listen(0, '127.0.0.1', () => {
  const server = site.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ express: server.address().port, koa: koa.address().port }))
  })
})
