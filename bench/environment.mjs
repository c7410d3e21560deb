/** The tracer's settings, the same for whatever is measured; before dd-trace is loaded. */
export function configureTracer(agentPort, flushInterval = 100) {
  // A flush every 100 ms, unless said, and not every two seconds: the cost of exporting falls into the round that caused it.
  Object.assign(process.env, {
    DD_TRACE_AGENT_URL: `http://127.0.0.1:${agentPort}`,
    DD_TRACE_FLUSH_INTERVAL: String(flushInterval),
    DD_TRACE_STARTUP_LOGS: 'false',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_CRASHTRACKING_ENABLED: 'false',
    DD_SERVICE: 'bench',
    DD_ENV: 'bench',
    DD_VERSION: '1.0.0',
  })
}
