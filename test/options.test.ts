import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import express from 'express'
import pino from 'pino'
import { consoleLogger } from 'spanlog'
import { spanlog } from 'spanlog/express'
import { spanlog as koaSpanlog } from 'spanlog/koa'

/** What a user types, and the sentence that tells what to type instead. */
const wrong: [what: string, type: (make: any) => unknown, sentence: RegExp][] = [
  [
    'a number for the logger',
    make => make({ logger: 42 }),
    /^Expected `logger` to be a logger of pino, winston, bunyan or consoleLogger\(\), or for any other a function such as `\(fields\) => log\.child\(fields\)`, got 42 \(number\)\.$/,
  ],
  ['an object that is no logger', make => make({ logger: { a: 1 } }), /got \{ a: 1 \} \(object\)\.$/],
  [
    '`console`',
    make => make({ logger: console }),
    /^`console` cannot carry fields\. Leave `logger` out, or pass `logger: consoleLogger\(\)`/,
  ],
  [
    'a misspelt option',
    make => make({ lgger: consoleLogger() }),
    /^spanlog does not know the option `lgger`\. Did you mean `logger`\?$/,
  ],
  [
    'an option that is none',
    make => make({ colour: 'red' }),
    /^spanlog does not know the option `colour`\. Known are logger, tracer, service, /,
  ],
  [
    'a misspelt option of `accessLog`',
    make => make({ accessLog: { feilds: () => ({}) } }),
    /^spanlog does not know the option `accessLog\.feilds`\. Did you mean `accessLog\.fields`\?$/,
  ],
  [
    'an option of `requestId` that is none',
    make => make({ requestId: { name: 'x-id' } }),
    /^spanlog does not know the option `requestId\.name`\. Known are requestId\.header, requestId\.generate\.$/,
  ],
  [
    'a list in place of the options',
    make => make([]),
    /^Expected the options of spanlog to be an object such as \{ logger: pino\(\) \}, got \[\] \(object\)\.$/,
  ],
  [
    'an unknown namespace',
    make => make({ namespace: 'nope' }),
    /^There is no cls-hooked namespace 'nope'\. .*Call createNamespace\('nope'\) before spanlog\(\), or pass the namespace itself\.$/,
  ],
  [
    'an object that is no namespace',
    make => make({ namespace: {} }),
    /^Expected `namespace` to be a cls-hooked namespace or its name, got \{\} \(object\)\.$/,
  ],
  [
    'a logger in place of the options',
    make => make(pino({}, { write: () => undefined })),
    /^spanlog takes an object of options: write `spanlog\(\{ logger \}\)`\.$/,
  ],
  [
    'a string in place of the options',
    make => make('shop'),
    /^Expected the options of spanlog to be an object such as \{ logger: pino\(\) \}, got 'shop' \(string\)\.$/,
  ],
  [
    'a tracer that is none',
    make => make({ tracer: {} }),
    /^Expected `tracer` to be a tracer: the default export of dd-trace, got/,
  ],
  [
    'an empty service',
    make => make({ service: '' }),
    /^Expected `service` to be a non-empty string such as 'shop', got ''/,
  ],
  [
    'tags that are none',
    make => make({ tags: 'team:a' }),
    /^Expected `tags` to be an object or a function \(req\) => object, got 'team:a'/,
  ],
  [
    'headers that are no list',
    make => make({ headers: 'x-team' }),
    /^Expected `headers` to be an array of header names/,
  ],
  [
    'a validator that is none',
    make => make({ validateStatus: 500 }),
    /^Expected `validateStatus` to be a function \(code\) => boolean, got 500/,
  ],
  [
    'a skip that is none',
    make => make({ skip: '/health' }),
    /^Expected `skip` to be a function \(req\) => boolean, got '\/health'/,
  ],
  [
    'a trust that is none',
    make => make({ trustIncoming: 'yes' }),
    /^Expected `trustIncoming` to be true, false or a function \(req\) => boolean, got 'yes'/,
  ],
  [
    'hooks that are none',
    make => make({ hooks: () => undefined }),
    /^Expected `hooks` to be an object such as \{ request: \(span, req, res\) => … \}/,
  ],
  [
    'a hook that is none',
    make => make({ hooks: { request: 1 } }),
    /^Expected `hooks` to be an object such as \{ request: /,
  ],
]

for (const [name, make] of [
  ['express', spanlog],
  ['koa', koaSpanlog],
] as const) {
  describe(`spanlog() for ${name}`, () => {
    for (const [what, type, sentence] of wrong) {
      it(`refuses ${what} with what to type instead`, () => {
        assert.throws(
          () => type(make),
          error => (error instanceof TypeError && sentence.test(error.message)) || assert.fail(String(error)),
        )
      })
    }

    for (const [title, options] of [
      ['()', []],
      ['({})', [{}]],
      ['({ logger: undefined })', [{ logger: undefined }]],
      ['(Object.create(null))', [Object.create(null)]],
    ] as const) {
      it(`makes a middleware by ${title}`, () => {
        assert.equal(typeof (make as any)(...options), 'function')
      })
    }
  })
}

it('refuses `app.use(spanlog)` on the first request', async () => {
  const app = express()
  app.use(spanlog as never)
  app.use(((error: Error, _req: unknown, res: any, _next: unknown) => res.status(500).send(error.message)) as never)
  const server = createServer(app).listen(0)
  const { port } = server.address() as { port: number }
  const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  server.closeAllConnections()
  server.close()
  assert.equal(answer, 'It appears you have written `app.use(spanlog)`. It should be `app.use(spanlog())`.')
})

it('refuses an option of consoleLogger that it does not know', () => {
  assert.throws(
    () => consoleLogger({ format: 'xml' as never }),
    /Expected `format` of consoleLogger to be 'json' or 'text', got 'xml'\./,
  )
  assert.throws(
    () => consoleLogger({ level: 'loud' as never }),
    /Expected `level` of consoleLogger to be one of trace, debug, info, warn, error, fatal, got 'loud'\./,
  )
})
