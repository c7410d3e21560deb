import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { get, head, leaving, pipelined, talk } from './client'
import { type Fault, gone } from './fault'

const stream = () => new Readable({ read() {} })
const hang = () => {}
const endsLater = (_req: unknown, res: any) => setTimeout(() => res.end('late'), 40)

/** How an HTTP/1.1 exchange may go. */
export const connectionFaults: { [title: string]: Fault } = {
  'an answer has one span with its status': { raw: (_req, res) => res.end('hi') },
  'a HEAD has one span': { raw: (_req, res) => res.end(), send: get({ method: 'HEAD' }), span: { method: 'HEAD' } },
  'a 204 has one span': { raw: (_req, res) => res.writeHead(204).end(), span: { status: 204 } },
  'a 304 has one span': { raw: (_req, res) => res.writeHead(304).end(), span: { status: 304 } },
  'an answer of 3 MB has one span': { raw: (_req, res) => res.end(Buffer.alloc(3e6, 'x')) },
  'an upload is one request': {
    raw: (req, res) => req.resume().on('end', () => res.end('got it')),
    send: to =>
      talk(to, head(to.path, { method: 'PUT', headers: { 'Content-Length': '500000' } }) + 'x'.repeat(500_000)),
    span: { method: 'PUT' },
  },
  'an answer that is sent before the upload ends is an answer': {
    raw: (_req, res) => res.writeHead(413).end('too much'),
    send: to => talk(to, `${head(to.path, { method: 'PUT', headers: { 'Content-Length': '50' } })}abc`),
    span: { method: 'PUT', status: 413 },
  },
  'a client that waits for 100 Continue is one request': {
    raw: (req, res) => req.resume().on('end', () => res.end('ok')),
    send: to =>
      talk(to, `${head(to.path, { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '3' } })}abc`),
    span: { method: 'POST' },
  },
  'what a `checkContinue` listener answers has no span': {
    server: server => server.on('checkContinue', (_req, res) => res.writeHead(403).end()),
    send: get({ headers: { Expect: '100-continue' } }),
    span: false,
  },
  'what Node answers itself has no span: an unknown Expect': {
    send: get({ headers: { Expect: 'wonders' } }),
    span: false,
  },
  'what Node answers itself has no span: text that is not HTTP': {
    send: to => talk(to, 'hello there\r\n\r\n'),
    span: false,
  },
  'what Node answers itself has no span: a header of 20 KB': {
    send: get({ headers: { 'X-Long': 'x'.repeat(20_000) } }),
    span: false,
  },
  'early hints do not end the request': {
    raw: (_req, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
      setTimeout(() => res.writeHead(201).end(), 10)
    },
    span: { status: 201 },
  },
  'a 102 Processing does not end the request': {
    raw: (_req, res) => {
      res.writeProcessing()
      setTimeout(() => res.end('done'), 10)
    },
  },
  'a kept-alive connection has one span per request': {
    raw: (_req, res) => res.end('hi'),
    send: async to => {
      const requests = [head(to.path, { keep: true }), head(to.path, { keep: true }), head(to.path)]
      return talk(to, requests[0] + requests[1] + requests[2])
    },
    spans: 3,
  },
  'pipelined requests have one span each, in order': {
    raw: (req, res) => setTimeout(() => res.end(req.url?.slice(-3)), req.url?.endsWith('0') ? 40 : 1),
    send: pipelined(5),
    spans: 5,
  },
  'answers that wait behind another one end when the socket closes': {
    raw: (req, res) => (req.url?.endsWith('0') ? res.write('begun') : setTimeout(() => res.end('queued'), 5)),
    send: pipelined(4, { after: 60 }),
    span: { status: [200, 499], aborted: true },
    spans: 4,
    lines: 'some',
  },
  'requests without an answer that wait behind another one end when the socket closes': {
    raw: hang,
    send: pipelined(12, { after: 60, how: 'reset' }),
    span: { status: 499, aborted: true },
    spans: 12,
    lines: 'some',
  },
  'a pipelined answer in flight and those behind it end when the socket closes': {
    raw: (_req, res) => res.write('begun'),
    send: pipelined(3, { after: 60 }),
    span: { status: [200, 499], aborted: true },
    spans: 3,
    lines: 'some',
  },
  'a streamed answer ends when its last chunk was sent': {
    raw: async (_req, res) => {
      for (let i = 0; i < 4; i++) {
        res.write(`${i}`)
        await new Promise(done => setTimeout(done, 5))
      }
      res.end('end')
    },
    send: async to => (await get()(to)).replace(/\r\n[0-9a-f]+\r\n/g, ''), // how Node cuts it into chunks is chance
  },
  'an answer with trailers has one span': {
    raw: (_req, res) => {
      res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('a')
      res.addTrailers({ 'X-Sum': '1' })
      res.end()
    },
  },
  'server-sent events end when the client closes': {
    raw: (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      const timer = setInterval(() => res.write('data: 1\n\n'), 10)
      res.on('close', () => clearInterval(timer))
    },
    send: leaving({ after: /data/ }),
    span: { status: 200, aborted: true },
  },
  'a long poll ends with its late answer': { raw: endsLater },
  'a client that leaves before the headers makes a 499, and no error': {
    raw: hang,
    send: leaving({ after: 30 }),
    span: { status: 499, aborted: true },
  },
  'a client that resets before the headers makes a 499': {
    raw: hang,
    send: leaving({ after: 30, how: 'reset' }),
    span: { status: 499, aborted: true },
  },
  'an answer that comes after the client has left is still a 499': {
    raw: (req, res) => gone(req).then(() => res.end('too late')),
    send: leaving({ after: 20 }),
    span: { status: 499, aborted: true },
  },
  'a client that leaves in the body is aborted with the status that it was sent': {
    raw: (_req, res) => res.writeHead(206).write('begun'),
    send: leaving({ after: /begun/ }),
    span: { status: 206, aborted: true },
  },
  'a client that leaves during its upload makes a 499': {
    raw: (req, res) =>
      req
        .on('error', () => {})
        .resume()
        .on('end', () => res.end()),
    send: leaving({ after: 30 }, { method: 'POST', headers: { 'Content-Length': '1000' } }, 'only this'),
    span: { method: 'POST', status: 499, aborted: true },
  },
  'a client that resets before all bytes were sent is aborted': {
    raw: (_req, res) => res.end(Buffer.alloc(30e6)),
    send: to =>
      new Promise(resolve => {
        const socket = require('node:net').connect(to.port, '127.0.0.1').pause()
        socket.on('error', () => {}).on('close', () => resolve('reset'))
        socket.write(head(to.path))
        setTimeout(() => socket.resetAndDestroy(), 60)
      }),
    span: { status: 200, aborted: true },
  },
  'a client that half-closes and waits gets what it gets without spanlog': {
    raw: hang,
    send: leaving({ after: 30, how: 'end' }),
    span: { status: 499, aborted: true },
  },
  'res.destroy() before the headers is no answer': {
    raw: (_req, res) => res.destroy(),
    span: { status: 499, aborted: true },
  },
  'res.destroy() in the body has the status that was sent': {
    raw: (_req, res) => {
      res.writeHead(202).write('x')
      setTimeout(() => res.destroy(), 10)
    },
    span: { status: 202, aborted: true },
  },
  'res.destroy(error) makes the span an error': {
    raw: (_req, res) => {
      res.on('error', () => {})
      res.destroy(new Error('no more'))
    },
    span: { status: 500, error: 'no more' },
  },
  'req.destroy(error) ends the request': {
    raw: req => req.on('error', () => {}).destroy(new Error('away')),
    span: { status: 499, aborted: true },
  },
  'a handler that destroys the socket ends the request': {
    raw: req => req.socket.destroy(),
    span: { status: 499, aborted: true },
  },
  'end() followed by destroy() ends the request once': {
    raw: (_req, res) => {
      res.end('x')
      res.destroy()
    },
    span: { status: 200 },
  },
  "Node's timeout of the socket still works": {
    raw: hang,
    server: server => void server.setTimeout(400),
    span: { status: 499, aborted: true },
  },
  'a timeout listener of the application still decides': {
    raw: (_req, res) => res.setTimeout(30, () => res.writeHead(503).end('slow')),
    span: { status: 503, error: true },
  },
  "Node's time limit of a request still works": {
    raw: req => req.on('error', () => {}).resume(),
    serverOptions: { requestTimeout: 1500, headersTimeout: 1400, connectionsCheckingInterval: 50 },
    send: to => talk(to, `${head(to.path, { method: 'POST', headers: { 'Content-Length': '99' } })}some`),
    span: { method: 'POST', status: 499, aborted: true },
  },
  'a request on a connection that Node closes because it is idle has its span': {
    raw: (_req, res) => res.end('hi'),
    server: server => (server.keepAliveTimeout = 20),
    send: to => talk(to, head(to.path, { keep: true })),
  },
  'server.close() lets requests in flight end': {
    raw: (_req, res, { server }) => {
      server.close()
      endsLater(_req, res)
    },
  },
  'server.closeAllConnections() ends requests in flight': {
    raw: (_req, _res, { server }) => void setTimeout(() => server.closeAllConnections(), 10),
    span: { status: 499, aborted: true },
  },
  'a pipeline that fails before the headers makes the span an error': {
    raw: (_req, res) => {
      const from = stream()
      pipeline(from, res, () => {})
      setTimeout(() => from.destroy(new Error('disk full')), 5)
    },
    span: { status: 500, error: 'disk full' },
  },
  'a pipeline that fails in the body makes the span an error, whatever the status': {
    raw: (_req, res) => {
      const from = stream()
      from.push('begun')
      pipeline(from, res, () => {})
      setTimeout(() => from.destroy(new Error('disk gone')), 20)
    },
    span: { status: 200, error: 'disk gone' },
  },
  'a pipeline whose client leaves makes no error': {
    raw: (_req, res) => {
      const from = stream()
      const timer = setInterval(() => from.push('x'.repeat(1000)), 5)
      pipeline(from, res, () => clearInterval(timer))
    },
    send: leaving({ after: /xxx/ }),
    span: { status: 200, aborted: true },
  },
  'a piped source that fails leaves the client waiting until it leaves': {
    raw: (_req, res) => {
      const from = stream().on('error', () => {})
      from.push('begun')
      from.pipe(res)
      setTimeout(() => from.destroy(new Error('lost')), 10)
    },
    send: leaving({ after: 60 }),
    span: { status: 200, aborted: true },
  },
  'a body longer than its content-length is sent as without spanlog': {
    raw: (_req, res) => res.writeHead(200, { 'content-length': '3' }).end('abc'),
  },
  'an upgrade without a listener is a usual request': {
    raw: (_req, res) => res.end('plain'),
    send: get({ headers: { Upgrade: 'websocket' } }),
  },
  'a WebSocket has no span, and other requests have theirs': {
    raw: (_req, res) => res.end('beside'),
    server: server =>
      server.on('upgrade', (req, socket) => {
        const accept = createHash('sha1').update(String(req.headers['sec-websocket-key'])).digest('base64')
        socket.end(`HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nframe`)
      }),
    send: async to => {
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'abc' }
      return (await talk(to, head('/socket', { headers, keep: true }))) + (await talk(to, head(to.path)))
    },
  },
  'a CONNECT without a listener has no span': { send: get({ method: 'CONNECT' }), span: false },
}
