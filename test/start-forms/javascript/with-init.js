import 'dd-trace/init.js'
import './app.js'
