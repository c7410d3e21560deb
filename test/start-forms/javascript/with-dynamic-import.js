import tracer from 'dd-trace'

tracer.init()

await import('./app.js')
