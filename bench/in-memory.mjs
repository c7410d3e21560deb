// Requests that never were on a socket: Node's own request and response, handed to the server as its parser would. No system
// call is in what is measured, which makes it the steadiest clock on a machine that has other things to do.
import { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'

class Socket extends Writable {
  remoteAddress = '127.0.0.1'
  encrypted = false

  _write(_chunk, _encoding, done) {
    done()
  }
}

/** Serves requests one after the other. */
export async function serveInMemory(server, requests, count) {
  for (let i = 0; i < count; i++) {
    await serve(server, requests[i % requests.length])
    // The tracer's timers and its socket get their turn, as they would between two requests.
    if (i % 32 === 31) await new Promise(setImmediate)
  }
}

/** From the parser's last word to `close`, as in Node's _http_server.js. */
export function serve(server, { url, headers }) {
  const socket = new Socket()
  const req = new IncomingMessage(socket)
  req.method = 'GET'
  req.url = url
  req.httpVersionMajor = 1
  req.httpVersionMinor = 1
  req.headers = { ...headers }
  req.complete = true
  req.push(null)
  const res = new ServerResponse(req)
  res.shouldKeepAlive = true
  res.assignSocket(socket)
  return new Promise(resolve => {
    res.on('finish', () => {
      req.resume()
      res.detachSocket(socket)
      process.nextTick(() => {
        res.destroyed = true
        res.emit('close')
        resolve()
      })
    })
    server.emit('request', req, res)
  })
}
