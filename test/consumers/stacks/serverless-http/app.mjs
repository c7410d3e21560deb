import tracer from 'dd-trace'
import express from 'express'
import serverless from 'serverless-http'
import { startAgent } from 'spanlog/agent'
import { spanlog } from 'spanlog/express'
import { told } from './serve.cjs'

tracer.init({ plugins: false })

const app = express()
app.use(spanlog())
app.get('/posts/:id', (req, res) => {
  req.log.info('loading')
  res.send('ok')
})

const agent = await startAgent()
tracer.setUrl(agent.url)
const handler = serverless(app)
const event = {
  version: '2.0',
  rawPath: '/posts/7',
  headers: { host: 'shop.example' },
  requestContext: { http: { method: 'GET' } },
}
const { statusCode, body } = await handler(event, {})
console.log(JSON.stringify({ spans: [{ status: statusCode, body, ...(await told(agent, 'http')) }] }))
await agent.close()
