// Callbacks know Express's own types, and what others have added to them.
import express, { type RequestHandler } from 'express'
import { recordErrors, spanlog } from 'spanlog/express'

declare global {
  namespace Express {
    interface Request {
      user?: { id: string }
    }
    interface Locals {
      plan?: 'free' | 'pro'
    }
  }
}

const app = express()
app.use(
  spanlog({
    fields: req => ({ user: req.user?.id, ip: req.ip, q: req.query.q, team: req.get('x-team'), id: req.params.id }),
    tags: req => ({ user: req.user?.id }),
    skip: req => req.path === '/health',
    trustIncoming: req => req.ip === '127.0.0.1',
    hooks: {
      request: (span, req, res) => {
        span.setTag('user', req.user?.id)
        span.setTag('plan', res.locals.plan === 'pro')
      },
    },
  }),
)
app.use(recordErrors())

const made: RequestHandler = spanlog({
  fields: req => ({ user: req.user?.id, url: req.originalUrl }),
  hooks: { request: (span, req, res) => void span.setTag('user', [req.user?.id, res.locals.plan].join()) },
})
app.use(made)

const before = spanlog({ fields: req => ({ user: req.user?.id, ip: req.ip, body: req.body.name }) })
app.use(before)

// @ts-expect-error `user` has no such property
spanlog({ fields: req => ({ user: req.user?.name }) })
