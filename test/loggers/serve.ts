import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import express from 'express'
import { type Agent, startAgent } from 'spanlog/agent'
import { spanlog } from 'spanlog/express'
import { quietTracer } from '../quiet-tracer'

Object.assign(process.env, {
  ...quietTracer,
  DD_SERVICE: 'shop',
  DD_ENV: 'prod',
  DD_VERSION: '1.2.0',
})
export const tracer = require('dd-trace') as typeof import('dd-trace').default

export let agent: Agent

/** The real tracer without its integrations, exporting to an agent in this process. */
export async function startTracing(): Promise<void> {
  agent = await startAgent()
  tracer.init({ plugins: false, logInjection: false, flushInterval: 0, url: agent.url })
}

/** Runs `use` in the handler of a real request. Without `use`, the handler never reads `req.log`. */
export async function inRequest<L>(options: object, use?: (log: L) => unknown, headers = {}): Promise<void> {
  const app = express()
  app.use(spanlog(options as never))
  let failure: unknown
  app.get('/', async (req, res) => {
    try {
      await use?.(req.log as L)
    } catch (error) {
      failure = error
    }
    res.end()
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers })).text()
  server.closeAllConnections()
  server.close()
  if (failure) throw failure
}

export type Write = (line: string) => void

/** A stream for loggers that want a real one. */
export function streamTo(write: Write): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      write(String(chunk))
      done()
    },
  })
}
