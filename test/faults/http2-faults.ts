import { pipeline, Readable } from 'node:stream'
import { h2 } from './client'
import { type Fault, gone } from './fault'

const on = ['koa over h2c', 'koa over h2'] as const
const hang = () => {}
const begin = (_req: unknown, res: any) => {
  res.writeHead(206)
  res.write('begun')
}

/** HTTP/2, which Koa serves and Express cannot. */
export const http2Faults: { [title: string]: Fault } = {
  'HTTP/2: an answer has one span': { on, koa: ctx => (ctx.body = 'hi'), send: h2() },
  'HTTP/2: a HEAD has one span': {
    on,
    raw: (_req, res) => res.end(),
    send: h2({ method: 'HEAD' }),
    span: { method: 'HEAD' },
  },
  'HTTP/2: a HEAD without an answer makes a 499, although Node emits nothing on the response': {
    on,
    raw: hang,
    send: h2({ method: 'HEAD', leave: { after: 20, how: (_stream, session) => session.destroy() } }),
    span: { method: 'HEAD', status: 499, aborted: true },
    lines: 1,
  },
  'HTTP/2: a 204 has one span': { on, koa: ctx => (ctx.status = 204), send: h2(), span: { status: 204 } },
  'HTTP/2: an upload is one request': {
    on,
    raw: (req, res) => req.resume().on('end', () => res.end('got')),
    send: h2({ method: 'POST', body: Buffer.alloc(100_000), ends: 20 }),
    span: { method: 'POST' },
  },
  'HTTP/2: early hints do not end the request': {
    on,
    raw: (_req, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
      setTimeout(() => res.end('ok'), 10)
    },
    send: h2(),
  },
  'HTTP/2: a client that cancels before the headers makes a 499': {
    on,
    raw: hang,
    send: h2({ leave: { after: 30, how: stream => stream.close(8) } }),
    span: { status: 499, aborted: true },
  },
  'HTTP/2: a client that cancels in the body is aborted, although Node emits `finish`': {
    on,
    raw: begin,
    send: h2({ leave: { after: 40, how: stream => stream.close(8) } }),
    span: { status: 206, aborted: true },
  },
  'HTTP/2: a reset for an internal error of the client leaves the span without error': {
    on,
    raw: (req, res) => {
      req.on('error', hang)
      begin(req, res)
    },
    send: h2({ leave: { after: 40, how: stream => stream.close(2) } }),
    span: { status: 206, aborted: true },
  },
  'HTTP/2: a client whose session closes is aborted': {
    on,
    raw: begin,
    send: h2({ leave: { after: 40, how: (_stream, session) => session.destroy() } }),
    span: { status: 206, aborted: true },
  },
  'HTTP/2: a client that cancels its upload makes a 499': {
    on,
    raw: req => req.on('error', hang).resume(),
    send: h2({ method: 'POST', body: Buffer.from('half'), leave: { after: 40, how: stream => stream.close(8) } }),
    span: { method: 'POST', status: 499, aborted: true },
  },
  'HTTP/2: a stream that the server resets is not answered': {
    on,
    raw: (_req, res: any) => {
      res.stream.on('error', hang)
      begin(_req, res)
      setTimeout(() => res.stream.close(7), 20)
    },
    send: h2(),
    span: { status: 206, aborted: true },
  },
  'HTTP/2: a pipeline that fails makes the span an error': {
    on,
    raw: (_req, res: any) => {
      res.stream.on('error', hang)
      const from = new Readable({ read() {} })
      from.push('begun')
      pipeline(from, res, hang)
      setTimeout(() => from.destroy(new Error('disk gone')), 20)
    },
    send: h2(),
    span: { status: 200, error: 'disk gone' },
  },
  'HTTP/2: a handler that throws makes the span an error': {
    on,
    koa: () => {
      throw new Error('no such order')
    },
    send: h2(),
    span: { status: 500, error: 'no such order' },
  },
  'HTTP/2: a stream as body has one span': {
    on,
    koa: ctx => (ctx.body = Readable.from(['a', 'b', 'c'])),
    send: h2(),
  },
  'HTTP/2: writing after the end has the same effect as without spanlog': {
    on,
    raw: (_req, res: any) => {
      res.stream.on('error', hang)
      res.end('x')
      res.write('y', hang)
    },
    send: h2(),
    span: { status: 200, error: 'write after end' },
  },
  'HTTP/2: a client that left before spanlog began makes a 499': {
    on,
    before: { koa: () => (ctx: any, next: any) => gone(ctx.req).then(next) },
    koa: ctx => (ctx.body = 'late'),
    send: h2({ leave: { after: 20, how: stream => stream.close(8) } }),
    span: { status: 499, aborted: true },
    lines: 1,
  },
  'HTTP/2: each request has a span when Node ends all streams of a session': {
    on,
    raw: (req: any, res) => {
      begin(req, res)
      setTimeout(() => req.stream.session.destroy(), 20)
    },
    send: h2(),
    span: { status: 206, aborted: true },
  },
}
