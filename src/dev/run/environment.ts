/** The environment for a command. */
export interface Environment {
  readonly env: NodeJS.ProcessEnv
  /** Settings that were removed, as `NAME=value`. */
  readonly cleared: readonly string[]
}

/** The environment for the command: this process's own, without the settings that would keep its traces from this agent. */
export function environmentFor(agentUrl: string, own: NodeJS.ProcessEnv, colours: number): Environment {
  const away = Object.keys(own).filter(name => keepsAway(name, own[name] ?? ''))
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => !away.includes(name)))
  const colour = colours > 1 && !asksAboutColour.some(name => own[name] !== undefined)
  return {
    env: { ...quietTracer, ...kept, DD_TRACE_AGENT_URL: agentUrl, ...(colour && { FORCE_COLOR: levelOf(colours) }) },
    cleared: away.map(name => `${name}=${own[name]}`),
  }
}

/** Defaults for the tracer: send spans after 100 ms, and send nothing but traces. The environment wins. */
export const quietTracer = {
  DD_TRACE_FLUSH_INTERVAL: '100',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_RUNTIME_METRICS_ENABLED: 'false',
  DD_TRACE_STARTUP_LOGS: 'false',
}

function keepsAway(name: string, value: string): boolean {
  switch (name) {
    case 'DD_TRACE_ENABLED':
    case 'DD_TRACING_ENABLED':
      return /^(?:false|0)$/i.test(value)
    case 'DD_TRACE_AGENT_PROTOCOL_VERSION':
      return !/^v?0\.[345]$/.test(value)
    case 'DD_TRACE_EXPERIMENTAL_EXPORTER':
      return value !== 'agent'
    case '_DD_APM_TRACING_AGENTLESS_ENABLED':
      return /^(?:true|1)$/i.test(value)
    case 'OTEL_TRACES_EXPORTER':
      return true
    default:
      return false
  }
}

const asksAboutColour = ['FORCE_COLOR', 'NO_COLOR', 'NODE_DISABLE_COLORS']

/** The value of `FORCE_COLOR` for 16, 256 or 16 million colours. */
function levelOf(depth: number): string {
  return depth >= 24 ? '3' : depth >= 8 ? '2' : '1'
}
