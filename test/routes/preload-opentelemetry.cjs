const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')

let spans = 0
const counting = { onStart() {}, onEnd: () => spans++, forceFlush: async () => {}, shutdown: async () => {} }
new NodeTracerProvider({ spanProcessors: [counting] }).register()
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new KoaInstrumentation()],
})
globalThis.spansOfInstrumentation = () => spans
globalThis.replacesHandlers = true
