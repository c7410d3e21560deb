import express = require('express')
import pino = require('pino')

import { consoleLogger, getLog, getSpan } from 'spanlog'
import { type Agent, startAgent } from 'spanlog/agent'
import { recordErrors, spanlog } from 'spanlog/express'

import tracer = require('dd-trace')

declare module 'spanlog' {
  interface Register {
    log: pino.Logger<'audit'>
  }
}

const log = pino({ customLevels: { audit: 35 } })
const app = express()

app.use(spanlog({ logger: log, tracer: tracer.default, skip: req => req.url === '/health' }))
app.use(spanlog())
app.use(spanlog({ logger: consoleLogger() }))
app.use(spanlog({ logger: fields => log.child(fields) }))
// @ts-expect-error
app.use(spanlog({ lgger: log }))

app.get('/posts/:id', (req, res) => {
  req.log.audit('x')
  req.log.info({ id: req.params.id }, 'x')
  // @ts-expect-error
  req.log.nope()
  getLog(log).audit('x')
  getSpan()?.setTag('id', req.params.id)
  res.end()
})
app.use(recordErrors())

export const agent: Promise<Agent> = startAgent()
