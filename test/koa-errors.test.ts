import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { agent, ask, integrations, listen, serverSpans, start, useIntegrations } from './hosts/traced'

const Koa = require('koa')
const pino = require('pino')
const { addFields, correlate, getLog, getSpan, pinoMixin } = require('spanlog')
const { spanlog } = require('spanlog/koa')

const lines: any[] = []
const to = { write: (line: string) => lines.push(JSON.parse(line)) }
const logger = pino({ base: null }, to)
const mixed = pino({ base: null, mixin: pinoMixin() }, to)
const outside = pino({ base: null, name: 'outside' }, to)

before(start)
after(() => agent.close())

for (const mode of integrations) {
  describe(`A listener of Koa's errors, with dd-trace's integrations ${mode},`, () => {
    for (const how of ['thrown', 'thrown later', 'reported by the application', 'of a body that fails']) {
      it(`knows the request of an error that was ${how}`, async () => {
        useIntegrations(mode)
        agent.clear()
        lines.length = 0
        const app = new Koa()
        app.use(spanlog({ logger }))
        app.on('error', (error: Error) => {
          addFields({ seen: error.message })
          getSpan()?.setTag('seen', error.message)
          getLog(outside).info('getLog')
          mixed.info('pinoMixin')
          outside.info({ ...correlate() }, 'correlate')
        })
        app.use(handlers[how])
        const server = await listen(app.callback())
        await ask(server, '/x').catch(() => undefined)
        server.close()
        const [{ meta, spanId }] = await serverSpans()
        assert.equal(meta.seen, 'broken')
        assert.deepEqual([...new Set(lines.map(({ msg }) => msg))], ['getLog', 'pinoMixin', 'correlate'])
        assert.deepEqual([lines[0].seen, lines[0].name], ['broken', undefined])
        for (const { dd } of lines) assert.ok(dd.span_id === spanId || mode === 'on', 'the span of the request')
        for (const { dd } of lines) assert.ok(agent.spans.some(span => span.spanId === dd.span_id))
      })
    }
  })
}

const handlers: { [how: string]: (ctx: any) => unknown } = {
  thrown: () => {
    throw new Error('broken')
  },
  'thrown later': async () => {
    await new Promise(setImmediate)
    throw new Error('broken')
  },
  'reported by the application': ctx => {
    ctx.app.emit('error', new Error('broken'), ctx)
    ctx.body = 'ok'
  },
  'of a body that fails': ctx => {
    const { Readable } = require('node:stream')
    ctx.body = new Readable({
      read() {
        this.destroy(new Error('broken'))
      },
    })
  },
}
