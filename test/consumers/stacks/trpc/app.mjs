import { initTRPC } from '@trpc/server'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import tracer from 'dd-trace'
import express from 'express'
import { spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const { router, procedure } = initTRPC.context().create()
const posts = router({
  post: procedure.query(({ ctx }) => {
    ctx.log.info('loading')
    return 'ok'
  }),
  broken: procedure.query(({ ctx }) => {
    ctx.log.info('loading')
    throw new Error('no such post')
  }),
})

const app = express()
app.use(spanlog())
app.use('/trpc', createExpressMiddleware({ router: posts, createContext: ({ req }) => ({ log: req.log }) }))

console.log(JSON.stringify({ spans: await serve(app, [{ path: '/trpc/post' }, { path: '/trpc/broken' }]) }))
