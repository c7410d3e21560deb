import { get, head, talk } from './client'
import type { Fault } from './fault'

const answers: Pick<Fault, 'express' | 'koa'> = {
  express: (_req, res) => res.end('x'),
  koa: ctx => (ctx.body = 'x'),
}

/** Trace headers that name no trace: the request starts a trace. */
const badTraces: { [what: string]: { [header: string]: string | string[] } } = {
  'letters for a number': { 'x-datadog-trace-id': 'abc', 'x-datadog-parent-id': 'def' },
  'a negative id': { 'x-datadog-trace-id': '-1', 'x-datadog-parent-id': '-1' },
  'a fraction': { 'x-datadog-trace-id': '1.5', 'x-datadog-parent-id': '2.5' },
  zero: { 'x-datadog-trace-id': '0', 'x-datadog-parent-id': '0' },
  'two to the 64th': { 'x-datadog-trace-id': '18446744073709551616', 'x-datadog-parent-id': '1' },
  'two headers of one name': { 'x-datadog-trace-id': ['1', '2'], 'x-datadog-parent-id': '3' },
  'a traceparent of zeros': { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
  'a traceparent of version ff': { traceparent: `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  'half a traceparent': { traceparent: '00-aaaa' },
  'a traceparent of 8 KB': { traceparent: 'a'.repeat(8000) },
  'a queue message over HTTP': { 'x-aws-sqsd-attr-_datadog': '{"x-datadog-trace-id":"7","x-datadog-parent-id":"8"}' },
  'an endless number': { 'x-datadog-trace-id': '9'.repeat(7000), 'x-datadog-parent-id': '1' },
}

function* traces(): Generator<[string, Fault]> {
  for (const [what, headers] of Object.entries(badTraces)) {
    yield [
      `${what} in a trace header starts a new trace`,
      { ...answers, send: get({ headers }), span: { meta: { parent: '0' } } },
    ]
  }
}

const to =
  (target: (path: string) => string, method = 'GET'): Fault['send'] =>
  at =>
    talk(at, head(target(at.path), { method }))

/** What the agent and the lines must never contain. */
export const canary = 'c4n4ry'

/** Requests from hostile clients. */
export const hostileInput: { [title: string]: Fault } = {
  ...Object.fromEntries(traces()),
  'very long baggage does no harm': {
    ...answers,
    send: get({ headers: { baggage: Array.from({ length: 500 }, (_, i) => `k${i}=v`).join(',') } }),
  },
  'a percent-encoded NUL does no harm': { ...answers, send: to(path => `${path}%00?a=%00`) },
  'invalid percent-encoding in a query is answered as without spanlog': {
    ...answers,
    send: to(path => `${path}?q=%zz%`),
  },
  'invalid percent-encoding in the path is answered as without spanlog': {
    ...answers,
    send: to(path => `${path}%E0%A4%A`),
    span: { status: undefined, route: 'any' },
  },
  'a path of 15 KB is cut': {
    ...answers,
    send: to(path => `${path}/${'x'.repeat(15_000)}`),
    span: { status: 404, route: 'none' },
  },
  'a query of 15 KB is cut': { ...answers, send: to(path => `${path}?${'k=v&'.repeat(3700)}`) },
  'prototype keys in a query do no harm': {
    express: (_req, res) => res.end(String(({} as any).polluted)),
    koa: ctx => (ctx.body = String(({} as any).polluted)),
    send: to(path => `${path}?__proto__[polluted]=1&constructor[prototype][polluted]=1&hasOwnProperty=1`),
  },
  'a rare method is on the span as it is': {
    ...answers,
    send: to(path => path, 'PROPFIND'),
    span: { method: 'PROPFIND' },
  },
  'a method that does not exist is answered by Node, without a span': {
    ...answers,
    send: to(path => path, 'STEAL'),
    span: false,
  },
  'the password in a target in absolute form is not on the span': {
    ...answers,
    send: to(path => `http://user:${canary}@app.test${path}`),
  },
  'secrets in query, cookie and authorization are on no span and no line': {
    ...answers,
    send: at =>
      talk(
        at,
        head(`${at.path}?password=${canary}&api_key=${canary}&access_token=${canary}&sid=${canary}`, {
          headers: {
            Cookie: `session=${canary}`,
            Authorization: `Bearer ${canary}`,
            'X-Api-Key': canary,
            'Proxy-Authorization': canary,
          },
        }),
      ),
  },
  'a forged client address is not on the span': {
    ...answers,
    send: get({ headers: { 'X-Forwarded-For': `<script>${canary}</script>, 1.2.3.4.5, 999.1.1.1` } }),
  },
  'control characters in a header do no harm': {
    ...answers,
    send: get({ headers: { 'User-Agent': `a\tb\x9bc` } }),
    span: {},
  },
  'a user agent of 10 KB is cut': { ...answers, send: get({ headers: { 'User-Agent': 'x'.repeat(10_000) } }) },
  'a hostile Host does no harm': {
    ...answers,
    send: at => talk(at, head(at.path).replace('app.test', '"><x y@z%00')),
  },
  'an asterisk as target does no harm': { ...answers, send: to(() => '*', 'OPTIONS'), span: false, lines: 'some' },
  '2 dots in a path do no harm': {
    ...answers,
    send: to(path => `/a/../..${path}`),
    span: { status: 404, route: 'none' },
  },
}
