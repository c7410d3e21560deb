require('dd-trace').init()
require('./app.js')
