import tracer from 'dd-trace'
import express from 'express'
import { getLog } from 'spanlog'
import { recordErrors, spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = express()
app.use(spanlog())
app.get('/posts/:id', (_req, res) => {
  getLog().info('loading')
  res.end('ok')
})
app.use(recordErrors())

console.log(JSON.stringify({ spans: await serve(app) }))
