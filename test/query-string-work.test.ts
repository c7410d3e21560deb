import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { quietTracer } from './quiet-tracer'
import { regExpCalls, stepsOf } from './regexp-steps'

Object.assign(process.env, {
  ...quietTracer,
  DD_TRACE_RESOURCE_RENAMING_ENABLED: 'true',
  NODE_ENV: 'test',
})
// No agent takes the spans: sending them is not part of the work of a request.
require('dd-trace').init({ plugins: false, flushInterval: 3_600_000 })
const express = require('express')
const Koa = require('koa')

/** What expressions of this kind are known to be slow on: long runs of what may begin, or nearly end, a match. */
const parts = {
  'one key without a value': 'a',
  'many keys': 'a&',
  'the beginning of a secret key': 'passwor',
  'many secrets': 'token=abc&',
  'nested keys': 'a[',
  'percent signs': '%',
  'letters that need no escape': 'p%61ssword%3D',
  'percent signs that were escaped': '%2525',
  'equal signs': '=+',
  'the beginnings of a token': 'eyJ',
  'tokens without an end': '.eyJ',
  'bearers without a token': 'bearer%20',
  'the beginnings of a private key': '-----BEGIN',
  'a private key without an end': '%20',
  'quotes and braces': '%7B%22',
  'quotes and colons': '":',
  'secrets with an open quote': 'token=%22&',
  'words in camel case': 'aA',
}
const filled = (part: string, length: number) => part.repeat(Math.ceil(length / part.length)).slice(0, length)

function expressApp(): RequestListener {
  const app = express()
  app.use(require('spanlog/express').spanlog())
  app.use((_req: unknown, res: any) => res.end('ok'))
  return app
}

function koaApp(): RequestListener {
  const app = new Koa()
  app.use(require('spanlog/koa').spanlog())
  app.use((ctx: any) => (ctx.body = 'ok'))
  return app.callback()
}

const servers: { [framework: string]: Server } = {}
before(async () => {
  for (const [framework, app] of Object.entries({ express: expressApp(), koa: koaApp() })) {
    const server = createServer({ maxHeaderSize: 100_000 }, app)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    servers[framework] = server
  }
})
after(() => {
  for (const server of Object.values(servers)) server.close().closeAllConnections()
})

/** How many steps all regular expressions take together for one request and its answer. */
async function stepsFor(server: Server, path: string): Promise<number> {
  const calls = await regExpCalls(async () => {
    const { port } = server.address() as AddressInfo
    const [response] = await once(get({ port, path, host: '127.0.0.1' }), 'response')
    assert.equal(response.statusCode, 200)
    await once(response.resume(), 'end')
  })
  return calls.reduce((sum, call) => sum + stepsOf(call), 0)
}

/** The longest tag is 8 kB: what is behind it must not be looked at by an expression that takes more than a step per character. */
const most = 200 * 8192

for (const framework of ['express', 'koa']) {
  describe(`a request with a long target, on ${framework}`, () => {
    for (const [name, part] of Object.entries(parts)) {
      it(`takes steps in proportion to its length, and few for 64 kB: ${name}`, async () => {
        for (const start of ['/search?', '/search?token=%22', '/search?a=1&', '/']) {
          const stepsOfLength = (length: number) => stepsFor(servers[framework], start + filled(part, length))
          const [half, full] = [await stepsOfLength(4000), await stepsOfLength(8000)]
          assert.ok(full < 2.2 * half, `${start}: ${half} steps for 4 kB, ${full} for 8 kB`)
          const long = await stepsOfLength(64_000)
          assert.ok(long < most, `${start}: ${long} steps for 64 kB`)
        }
      })
    }
  })
}
