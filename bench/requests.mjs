// The requests of all benchmarks. Without a socket they are Node's own request and response, handed to the server as its parser
// would: no system call is measured, so that is the steadiest figure on a machine that has other things to do.
import { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'

/** Requests whose ids are of one length, so that every answer is as long. */
export function requestsFor(word, traced, count = 512) {
  return Array.from({ length: count }, () => ({
    url: `/${word}/${10_000 + Math.floor(Math.random() * 90_000)}`,
    headers: { host: 'shop.example', 'user-agent': 'bench/1.0', accept: '*/*', ...(traced && traceHeaders()) },
  }))
}

/** What a service on dd-trace sends along. */
export function traceHeaders() {
  const high = '6b0212ab00000000'
  const low = hex(16)
  const parent = `1${hex(15)}`
  return {
    'x-datadog-trace-id': String(BigInt(`0x${low}`)),
    'x-datadog-parent-id': String(BigInt(`0x${parent}`)),
    'x-datadog-sampling-priority': '1',
    'x-datadog-tags': `_dd.p.tid=${high},_dd.p.dm=-1`,
    traceparent: `00-${high}${low}-${parent}-01`,
    tracestate: `dd=s:1;p:${parent};t.dm:-1;t.tid:${high}`,
  }
}

const hex = digits => Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('')

class Socket extends Writable {
  /** As Node's server marks its sockets. Without it the requests would be taken for those of an adapter, which cost more. */
  server = {}
  bytesWritten = 0
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

export function messagesFor({ url, headers }) {
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
  return { req, res, socket }
}

/** From the parser's last word to `close`, as in Node's _http_server.js. */
export function serve(server, request) {
  const { req, res, socket } = messagesFor(request)
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
