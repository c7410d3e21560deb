import type { RequestHandler } from 'express'
import express from 'express'
import Koa from 'koa'
import { spanlog as onExpress, recordErrors } from 'spanlog/express'
import { spanlog as onKoa } from 'spanlog/koa'

declare global {
  namespace Express {
    interface Request {
      user?: { id: string }
    }
    interface Locals {
      plan?: string
    }
  }
}

const app = express()
app.use(
  onExpress({
    fields: req => ({
      user: req.user?.id,
      ip: req.ip,
      q: req.query.q,
      url: req.originalUrl,
      team: req.get('x-team'),
      id: req.params.id,
    }),
    tags: req => ({ user: req.user?.id }),
    skip: req => req.path === '/health',
    trustIncoming: req => req.ip === '127.0.0.1',
    hooks: {
      request: (span, req, res) => span.setTag('x', `${req.user?.id} ${req.ip} ${res.locals.plan} ${res.statusCode}`),
    },
  }),
)
app.use(recordErrors())
const made = onExpress({
  fields: req => ({ user: req.user?.id, url: req.originalUrl, ip: req.ip }),
  hooks: { request: (_span, req, res) => void [req.user, res.locals.plan] },
})
app.use(made)
const handler: RequestHandler = made
app.get('/', handler)

const koa = new Koa<{ user?: { id: string } }>()
koa.use(
  onKoa({
    fields: ctx => ({ user: ctx.state.user?.id, ip: ctx.ip, q: ctx.query.q, team: ctx.get('x-team') }),
    skip: ctx => ctx.path === '/health',
    hooks: {
      request: (span, req, res, ctx) =>
        span.setTag('x', `${req.url} ${res.statusCode} ${ctx.state.user?.id} ${ctx.ip}`),
    },
  }),
)
const other = onKoa({ fields: ctx => ({ user: ctx.state.user, ip: ctx.ip }) })
koa.use(other)
