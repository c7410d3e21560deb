import Koa = require('koa')
import pino = require('pino')

import { getLog, type Log } from 'spanlog'
import { type Agent, startAgent } from 'spanlog/agent'
import { spanlog } from 'spanlog/koa'

import tracer = require('dd-trace')

declare module 'spanlog' {
  interface Register {
    log: pino.Logger<'audit'>
  }
}
declare module 'koa' {
  interface DefaultContext {
    log: Log
  }
}

const log = pino({ customLevels: { audit: 35 } })
const app = new Koa()

app.use(spanlog({ logger: log, tracer: tracer.default, skip: ctx => ctx.req.url === '/health' }))
app.use(ctx => {
  ctx.log.audit('x')
  // @ts-expect-error
  ctx.log.nope()
  getLog(log).audit('x')
})

export const agent: Promise<Agent> = startAgent()
