// Loaded before an application of the docs: it listens on 3000 there, and on a free port here.
const { Server } = require('node:net')

const { listen } = Server.prototype
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => process.send({ port: this.address().port }))
  return listen.call(this, port === 3000 ? 0 : port, ...rest)
}
