// What the options cost that are off by default: the access line against a bare line of the same bytes, a debug line that is held and
// dropped against one that is written, and the memory of open requests that hold 100 lines each.
//
//   npm run bench features -- [--quick]
import { once } from 'node:events'
import { optionsOf, require, requireSpanlog } from './install.mjs'
import { passThrough, tracer } from './offline.mjs'
import { startAgent } from './processes.mjs'
import { messagesFor } from './requests.mjs'
import { paired, shown, summary, table, whole } from './stats.mjs'
import { flush } from './tracing.mjs'

const pino = require('pino')
const options = optionsOf({}, [])
const rounds = options.quick ? 200 : 1000
const { setRoute } = requireSpanlog('spanlog', options.checkout)
const agent = await startAgent()
tracer.setUrl(`http://127.0.0.1:${agent.port}`)

/** Until its file is open, pino would keep all lines. */
async function makeLogger() {
  const destination = pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 })
  await once(destination, 'ready')
  return pino(destination)
}

/**
 * CPU microseconds of `perRound` calls of each function. The order of each round is another: a function pays for what the one before it
 * has left. The spans are sent and the garbage is collected between the turns, uncounted.
 */
async function compare(functions, perRound) {
  const cpu = functions.map(() => [])
  for (let round = -rounds / 2; round < rounds; round++) {
    for (const i of shuffled(functions.keys())) {
      const start = process.cpuUsage()
      for (let n = 0; n < perRound; n++) await functions[i]()
      const { user, system } = process.cpuUsage(start)
      if (round >= 0) cpu[i].push((user + system) / perRound)
      await flush(tracer)
      global.gc({ type: 'minor' })
    }
  }
  return cpu
}

const shuffled = numbers =>
  [...numbers]
    .map(value => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)

/** A request that logs one line and answers. `atEnd` is called when it has answered. */
function requestWith(spanlogOptions) {
  const pass = passThrough(spanlogOptions, options.checkout)
  return atEnd =>
    pass(ctx => {
      ctx.req.socket.bytesWritten = 245
      setRoute('/items/:id')
      ctx.log.info({ id: '12345', step: 7 }, 'looking up')
      ctx.res.end('{}')
      atEnd?.()
    })
}

/** Some access lines of warm code, parsed. */
async function accessLines() {
  const lines = []
  const request = requestWith({ logger: pino({}, { write: line => lines.push(line) }), accessLog: true })
  for (let n = 0; n < 3000; n++) await request()
  return lines
    .map(line => JSON.parse(line))
    .filter(line => line.outcome)
    .slice(-512)
}

/** Writes the same lines by a bare child. Record and text are made for each line, as they are in any application. */
function bareLine(logger, lines) {
  const durations = lines.map(line => line.duration)
  const { dd, http, network, outcome, lines: written, error_lines } = lines[0]
  const { method, url, route, status_code, useragent } = http
  const { bytes_written } = network
  const bare = logger.child({ dd })
  let n = 0
  return () => {
    const duration = durations[n++ % durations.length]
    const record = {
      http: { method, url, route, status_code, useragent },
      network: { bytes_written },
      duration,
      outcome,
      lines: written,
      error_lines,
    }
    bare.info(record, `${method} ${route} ${status_code} ${(duration / 1e6).toFixed(1)} ms`)
  }
}

/** Writes one line again and again: V8 keeps the text of its numbers, and nothing is made. */
function constantLine(logger, lines) {
  const { level, time, pid, hostname, dd, msg, ...record } = lines[0]
  const bare = logger.child({ dd })
  return () => bare.info(record, msg)
}

/** What the access line adds to a request, × what each bare line adds at the end of the same request. */
async function accessLine() {
  const logger = await makeLogger()
  const lines = await accessLines()
  const without = requestWith({ logger })
  const withLine = requestWith({ logger, accessLog: true })
  const [bare, constant] = [bareLine(logger, lines), constantLine(logger, lines)]
  const cpu = await compare([() => without(), () => withLine(), () => without(bare), () => without(constant)], 64)
  const [own, made, fixed] = cpu.slice(1).map(added => blocks(added.map((cost, round) => cost - cpu[0][round])))
  return [paired(whole, own, made), paired(whole, own, fixed)]
}

/** The middle value of each tenth of the rounds. The difference of two single requests says little. */
const blocks = values =>
  Array.from({ length: 10 }, (_, i) => middle(values.slice((i * rounds) / 10, ((i + 1) * rounds) / 10)))
const middle = values => summary(values).median

async function heldLine(level) {
  const logger = await makeLogger()
  const request = passThrough({ logger, debugOnError: true }, options.checkout)
  let cpu
  await request(async ctx => {
    const held = () => ctx.log.debug({ id: '12345', step: 7 }, 'looking up')
    const written = () => ctx.log[level]({ id: '12345', step: 7 }, 'looking up')
    cpu = await compare([held, written], 500)
  })
  return paired(whole, ...cpu)
}

/** Bytes of heap per open request. */
async function memory() {
  const { spanlog } = requireSpanlog('spanlog/koa', options.checkout)
  const middleware = spanlog({ logger: await makeLogger(), debugOnError: true })
  const app = new (require('koa'))()
  const open = []
  const fill = async () => {
    for (let n = 0; n < 1000; n++) {
      const { req, res } = messagesFor({ url: '/items/1', headers: { host: 'shop.example' } })
      const ctx = app.createContext(req, res)
      open.push(ctx)
      await middleware(ctx, async () => {
        for (let i = 0; i < 150; i++) ctx.log.debug({ id: `${n}`, step: i }, `looking up ${i}`)
      })
    }
  }
  await fill()
  global.gc()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 9; i++) await fill()
  global.gc()
  return (process.memoryUsage().heapUsed - before) / 9000
}

const [made, constant] = await accessLine()
console.log(
  table([
    [`Node ${process.versions.node}, pino`, 'ratio'],
    ['access line, × a bare line of the same bytes', shown(made)],
    ['access line, × the same bare line, a constant', shown(constant)],
    ['debug line held and dropped, × one that is written', shown(await heldLine('info'))],
    ['kB of heap per open request with 100 held lines', ((await memory()) / 1024).toFixed(1)],
  ]),
)
process.exit()
