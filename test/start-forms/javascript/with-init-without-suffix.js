import 'dd-trace/init'
import './app.js'
