import './tracer.js'
import './app.js'
