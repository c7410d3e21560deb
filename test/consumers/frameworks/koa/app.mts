import tracer from 'dd-trace'
import Koa from 'koa'
import { pino } from 'pino'
import { correlate, getLog, type Log } from 'spanlog'
import { startAgent, type Trace } from 'spanlog/agent'
import { type KoaContext, spanlog } from 'spanlog/koa'

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

app.use(spanlog({ logger: log, tracer }))
app.use(spanlog<Koa.Context>({ logger: log, fields: ctx => ({ path: ctx.path }) }))
app.use(spanlog({ tags: (ctx: KoaContext) => ({ 'http.host': ctx.req.headers.host }) }))
app.use(ctx => {
  ctx.log.audit({ ...correlate() }, 'x')
  // @ts-expect-error
  ctx.log.nope()
  getLog(log).audit('x')
})

export const trace: Promise<Trace> = startAgent().then(agent => agent.waitForTrace(trace => trace.root !== undefined))
