import tracer from 'dd-trace'
import express from 'express'
import { getLog } from 'spanlog'
import { recordErrors, spanlog } from 'spanlog/express'
import { spanlog as spanlogKoa } from 'spanlog/koa'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = express()
app.use(spanlog())
app.get('/posts/:id', (_req, res) => {
  getLog().info('loading')
  res.end(typeof spanlogKoa())
})
app.use(recordErrors())

serve(app).then(spans => console.log(JSON.stringify({ spans })))
