// The tracers. Each is started before a framework or a logger loads, as its documentation asks.
import { require } from './require.mjs'

/** dd-trace without its integrations: what a middleware that starts its own spans needs. */
export function plain(ddTrace) {
  return ddTrace.init({ plugins: false })
}

/** dd-trace as most people run it: every integration on, and the ids injected into each line. */
export function automatic(ddTrace) {
  return ddTrace.init({ logInjection: true })
}

/** OpenTelemetry for the same three: http, the framework, pino. */
export function openTelemetry(_ddTrace, agentPort) {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation')
  const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node')
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${agentPort}/v1/traces` })
  // A queue that holds a round: spans that are dropped cost nothing, and would flatter it.
  const queue = { maxQueueSize: 1 << 16, scheduledDelayMillis: 60_000 }
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, queue)] })
  provider.register()
  registerInstrumentations({
    instrumentations: [
      new (require('@opentelemetry/instrumentation-http').HttpInstrumentation)(),
      new (require('@opentelemetry/instrumentation-express').ExpressInstrumentation)(),
      new (require('@opentelemetry/instrumentation-koa').KoaInstrumentation)(),
      new (require('@opentelemetry/instrumentation-pino').PinoInstrumentation)(),
    ],
  })
  return provider
}

/** Sends what the tracer of a configuration still holds. */
export async function flush(tracer) {
  if (tracer?.forceFlush) await tracer.forceFlush()
  else if (tracer) await new Promise(resolve => tracer._tracer._exporter.flush(resolve))
}
