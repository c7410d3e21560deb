const tracer = require('dd-trace').init({ url: 'http://127.0.0.1:9', startupLogs: false, flushInterval: 1e6 })

let spans = 0
const hooks = { request: () => spans++ }
tracer.use('http', { server: { hooks } })
tracer.use('express', { hooks })
tracer.use('koa', { hooks })
globalThis.spansOfInstrumentation = () => spans
