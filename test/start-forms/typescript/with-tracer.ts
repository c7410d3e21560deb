import './tracer.ts'
import './app.ts'
