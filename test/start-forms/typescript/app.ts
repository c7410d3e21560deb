import type { AddressInfo, Server } from 'node:net'
import { Router } from '@koa/router'
import express, { type Request, type Response } from 'express'
import Koa, { type Context } from 'koa'
import pino from 'pino'
import { spanlog as spanlogExpress } from 'spanlog/express'
import { spanlog as spanlogKoa } from 'spanlog/koa'

const logger = pino()

const site = express()
site.use(spanlogExpress({ logger }))
site.get('/posts/:id', (req: Request, res: Response) => {
  req.log.info('loading')
  res.end('ok')
})

const api = new Koa()
const router = new Router()
api.use(spanlogKoa({ logger }))
router.get('/posts/:id', (ctx: Context) => {
  ctx.log.info('loading')
  ctx.body = 'ok'
})
api.use(router.routes())

const portOf = (server: Server): number => (server.address() as AddressInfo).port
const koa = api.listen(0, '127.0.0.1', () => {
  const server = site.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ express: portOf(server), koa: portOf(koa) }))
  })
})
