import tracer from 'dd-trace'
import express from 'express'
import { pino } from 'pino'
import { addFields, correlate, getLog, pinoMixin } from 'spanlog'
import { startAgent, type Trace } from 'spanlog/agent'
import { type ExpressRequest, recordErrors, spanlog } from 'spanlog/express'

declare module 'spanlog' {
  interface Register {
    log: pino.Logger<'audit'>
  }
}

const log = pino({ mixin: pinoMixin(), customLevels: { audit: 35 } })
const app = express()

app.use(spanlog({ logger: log, tracer }))
app.use(spanlog<express.Request>({ logger: log, fields: req => ({ ip: req.ip }) }))
app.use(spanlog({ tags: (req: ExpressRequest) => ({ 'http.host': req.headers.host }) }))
app.get('/posts/:id', (req, res) => {
  req.log.audit({ ...correlate() }, 'x')
  // @ts-expect-error
  req.log.nope()
  getLog(log).audit('x')
  addFields({ id: req.params.id })
  res.end()
})
app.use(recordErrors())

export const trace: Promise<Trace> = startAgent().then(agent => agent.waitForTrace(trace => trace.root !== undefined))
