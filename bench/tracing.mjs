// dd-trace, with the same settings for whatever is measured. Start it before a framework or a logger loads.
import { require, tracerName } from './install.mjs'

function start(agentPort, options) {
  Object.assign(process.env, {
    DD_TRACE_AGENT_URL: `http://127.0.0.1:${agentPort}`,
    // Never by the clock: each turn flushes its own spans, so the next turn does not pay for them.
    DD_TRACE_FLUSH_INTERVAL: '3600000',
    DD_TRACE_STARTUP_LOGS: 'false',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_CRASHTRACKING_ENABLED: 'false',
    DD_SERVICE: 'bench',
    DD_ENV: 'bench',
    DD_VERSION: '1.0.0',
  })
  return require(tracerName(process.versions.node)).init(options)
}

/** Without its integrations: all that a middleware needs that starts its own spans. */
export function plain(agentPort) {
  return start(agentPort, { plugins: false })
}

/** As most people run it: every integration on, and the ids injected into each line. */
export function automatic(agentPort) {
  return start(agentPort, { logInjection: true })
}

/** The same without the span that dd-trace makes for each middleware. */
export function automaticEntryOnly(agentPort) {
  process.env.DD_TRACE_MIDDLEWARE_TRACING_ENABLED = 'false'
  return automatic(agentPort)
}

/** Sends what the tracer still holds. */
export async function flush(tracer) {
  if (tracer) await new Promise(resolve => tracer._tracer._exporter.flush(resolve))
}
