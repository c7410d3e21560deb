// A tracer whose agent is nowhere, and a request's state without a request: for what is measured within one process.
import { configureTracer } from './environment.mjs'
import { require } from './require.mjs'

configureTracer(9)

/** To be asked once, after `install()`. The process must end by itself: the spans were never meant to be sent. */
export function offline(dist) {
  const tracer = require('dd-trace').init({ plugins: false, startupLogs: false, flushInterval: 60_000 })
  const span = tracer.startSpan('web.request', { tags: { 'span.kind': 'server', 'span.type': 'web' } })
  const ours = name => require(`${dist}/${name}`)
  const { RequestState } = ours('store')
  const { loggerBinding } = ours('logger')
  const stateFor = logger => new RequestState(tracer, span, undefined, loggerBinding(logger), undefined)
  return { tracer, span, ours, stateFor }
}
