// What the options cost that are off by default: the access line against a bare line of the same bytes, a debug line that is held and
// dropped against one that is written, and the memory of open requests that hold 100 lines each.
//
//   npm run bench features -- [--quick]
import { optionsOf, require, requireSpanlog } from './install.mjs'
import { passThrough } from './offline.mjs'
import { messagesFor } from './requests.mjs'
import { shown, table } from './stats.mjs'

const pino = require('pino')
const options = optionsOf({}, [])
const [rounds, perRound] = options.quick ? [40, 200] : [150, 500]
const makeLogger = () => pino(pino.destination({ dest: '/dev/null', sync: false, minLength: 4096 }))

/** CPU microseconds of `perRound` calls, for each of the functions in turn; the first third of the rounds warms up. */
async function compare(functions) {
  const cpu = functions.map(() => [])
  for (let round = -rounds / 2; round < rounds; round++) {
    for (const [i, fn] of functions.entries()) {
      const start = process.cpuUsage()
      for (let n = 0; n < perRound; n++) await fn()
      const { user, system } = process.cpuUsage(start)
      if (round >= 0) cpu[i].push(user + system)
    }
  }
  return cpu
}

const sorted = numbers => [...numbers].sort((a, b) => a - b)
const quantile = (numbers, share) => sorted(numbers)[Math.floor((numbers.length - 1) * share)]
const spread = numbers => [quantile(numbers, 0.5), quantile(numbers, 0.25), quantile(numbers, 0.75)]

async function accessLine() {
  const logger = makeLogger()
  const off = passThrough({ logger }, options.checkout)
  const on = passThrough({ logger, accessLog: true }, options.checkout)
  const bare = logger.child({ dd: { trace_id: '6b057dae00000000367fa1aed838beb6', span_id: '3927210598391035574' } })
  const http = { method: 'GET', url: 'http://shop.example/items/12345', route: '/items/:id', status_code: 200 }
  const fields = {
    http,
    network: { bytes_written: 245 },
    duration: 21600417,
    outcome: 'answered',
    lines: 0,
    error_lines: 0,
  }
  const [without, withLine, line] = await compare([off, on, () => bare.info(fields, 'GET /items/:id 200 21.6 ms')])
  // A difference of two requests is small beside them, so whole series are compared and not single rounds.
  return (quantile(withLine, 0.25) - quantile(without, 0.25)) / quantile(line, 0.25)
}

async function heldLine(level) {
  const logger = makeLogger()
  const cpu = []
  await passThrough(
    { logger, debugOnError: true },
    options.checkout,
  )(async ctx => {
    const held = () => ctx.log.debug({ id: '12345', step: 7 }, 'looking up')
    const written = () => ctx.log[level]({ id: '12345', step: 7 }, 'looking up')
    cpu.push(...(await compare([held, written])))
  })
  const [held, written] = cpu
  return spread(written.map((cost, i) => held[i] / cost))
}

/** Bytes of heap per open request. */
async function memory() {
  const { spanlog } = requireSpanlog('spanlog/koa', options.checkout)
  const middleware = spanlog({ logger: makeLogger(), debugOnError: true })
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
  global.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 9; i++) await fill()
  global.gc?.()
  return (process.memoryUsage().heapUsed - before) / 9000
}

const ratio = ([median, low, high]) => shown({ median, low, high })
console.log(
  table([
    [`Node ${process.versions.node}, pino`, 'ratio'],
    ['access line, × a bare line of the same bytes', (await accessLine()).toFixed(2)],
    ['debug line held and dropped, × one that is written', ratio(await heldLine('info'))],
    ['kB of heap per open request with 100 held lines', ((await memory()) / 1024).toFixed(1)],
  ]),
)
process.exit()
