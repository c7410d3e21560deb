import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { agent, inRequest, startTracing, streamTo, type Write } from './loggers/serve'

const express = require('express')
const Koa = require('koa')
const winston = require('winston')
const pino = require('pino')

const winstonTo = (write: Write, options: object = {}) =>
  winston.createLogger({ transports: [new winston.transports.Stream({ stream: streamTo(write) })], ...options })

const loggers: { [name: string]: (write: Write) => unknown } = {
  pino: write => pino({}, { write }),
  'pino with its own levels alone': write =>
    pino({ customLevels: { low: 10, usual: 30, high: 50 }, useOnlyCustomLevels: true, level: 'usual' }, { write }),
  winston: write => winstonTo(write),
  'winston with levels of syslog': write => winstonTo(write, { levels: winston.config.syslog.levels }),
  'winston with its own levels': write => winstonTo(write, { levels: { bad: 0, usual: 1, chatty: 2 }, level: 'usual' }),
  bunyan: write => require('bunyan').createLogger({ name: 'shop', streams: [{ stream: { write } }] }),
  consoleLogger: write => require('spanlog').consoleLogger({ stream: { write } }),
}

before(startTracing)
after(() => agent.close())

async function accessLines(name: string, options: object, use?: (log: any) => unknown): Promise<any[]> {
  const lines: any[] = []
  const logger = loggers[name]((text: string) => lines.push(JSON.parse(text)))
  await inRequest({ logger, accessLog: true, ...options }, use)
  await sleep(20)
  return lines.filter(line => line.outcome)
}

for (const name of Object.keys(loggers)) {
  it(`${name} writes one access line for a success`, async () => {
    assert.equal((await accessLines(name, {})).length, 1)
  })

  it(`${name} writes one access line for a failure`, async () => {
    assert.equal((await accessLines(name, { validateStatus: () => false })).length, 1)
  })

  for (const level of ['critical', 'child', 'constructor', undefined]) {
    it(`${name} writes one access line where \`level\` returns ${level}, which is no level of it`, async () => {
      assert.equal((await accessLines(name, { accessLog: { level: () => level } })).length, 1)
    })
  }
}

it('a field `level` or `message` of the application does not lose the line of winston', async () => {
  const [line] = await accessLines('winston', { accessLog: { fields: () => ({ level: 'gold', message: 'mine' }) } })
  assert.equal(line.level, 'info')
  assert.match(line.message, /^GET \/ 200/)
})

async function givenToFunction(accessLog: object): Promise<any> {
  const given: any[] = []
  const logger = (fields: object) => {
    given.push(fields)
    return { info() {} }
  }
  await inRequest({ logger, accessLog })
  await sleep(20)
  const { dd, ...fields } = given.find(fields => fields.outcome)
  return fields
}

it('a function logger is given no field that is `undefined`', async () => {
  const fields = await givenToFunction({ fields: () => ({ plan: undefined, shop: 7 }) })
  assert.equal(fields.shop, 7)
  assert.deepEqual(fields, JSON.parse(JSON.stringify(fields)))
})

it('the application cannot set `error` on the line of a success', async () => {
  assert.ok(!('error' in (await givenToFunction({ fields: () => ({ error: { kind: 'Mine' } }) }))))
})

describe('`network.bytes_written`', () => {
  const sizes: { [path: string]: number } = { '/1': 5000, '/2': 300, '/3': 20 }
  const apps: { [framework: string]: (logger: unknown) => RequestListener } = {
    Express: logger => {
      const app = express()
      app.use(require('spanlog/express').spanlog({ logger, accessLog: true }))
      return app.use(async (req: any, res: any) => {
        await sleep(req.url === '/1' ? 20 : 1) // the first answer comes last
        res.end('x'.repeat(sizes[req.url]))
      })
    },
    Koa: logger => {
      const app = new Koa()
      app.use(require('spanlog/koa').spanlog({ logger, accessLog: true }))
      app.use(async (ctx: any) => {
        await sleep(ctx.path === '/1' ? 20 : 1)
        ctx.body = 'x'.repeat(sizes[ctx.path])
      })
      return app.callback()
    },
  }

  /** Sends requests over one connection, each group at once when the answers to those before have come. */
  async function bytesOf(framework: string, groups: string[][]): Promise<{ [path: string]: number | undefined }> {
    const lines: any[] = []
    const server = createServer(apps[framework](pino({}, { write: (text: string) => lines.push(JSON.parse(text)) })))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
    let asked = 0
    for (const paths of groups) {
      socket.write(paths.map(path => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`).join(''))
      asked += paths.length
      while (lines.length < asked) await sleep(5)
    }
    socket.destroy()
    server.close()
    return Object.fromEntries(lines.map(line => [new URL(line.http.url).pathname, line.network?.bytes_written]))
  }

  for (const framework of Object.keys(apps)) {
    it(`is what the response has sent, on ${framework}`, async () => {
      const bytes = await bytesOf(framework, [['/1'], ['/2'], ['/3']])
      for (const [path, size] of Object.entries(sizes)) {
        assert.ok(Number(bytes[path]) > size && Number(bytes[path]) < size + 300, JSON.stringify(bytes))
      }
    })

    it(`is absent where pipelined responses share the connection, on ${framework}`, async () => {
      const bytes = await bytesOf(framework, [['/1', '/2', '/3']])
      assert.deepEqual(bytes, { '/1': undefined, '/2': undefined, '/3': undefined })
    })
  }
})
