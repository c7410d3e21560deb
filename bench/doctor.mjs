// How fast `spanlog doctor` reads a log, beside grep: node bench/doctor.mjs [MB]
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = `
  const { Health } = require('./dist/dev/doctor/judge.js')
  const { readFileOfLines } = require('./dist/dev/doctor/log.js')
  const health = new Health()
  const from = performance.now()
  readFileOfLines(process.argv[1], health).then(() => {
    const seconds = (performance.now() - from) / 1000
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const findings = health.findings().map(({ code, lines }) => code + ' ' + lines).join()
    const { lines, linked, outside } = health
    console.log(JSON.stringify({ seconds, cpu: (userCPUTime + systemCPUTime) / 1e6, rss: maxRSS / 1024, lines, linked, outside, findings }))
  })
`

const megabytes = Number(process.argv[2] ?? 1000)
const directory = mkdtempSync(join(tmpdir(), 'doctor-'))
const file = join(directory, 'app.log')

try {
  write()
  const size = statSync(file).size / 1e6
  const doctor = spawnSync(process.execPath, ['-e', program, file], { encoding: 'utf8' })
  if (doctor.status) throw new Error(doctor.stderr)
  const { seconds, cpu, rss, lines, linked, outside, findings } = JSON.parse(doctor.stdout)
  console.log(`${size.toFixed(0)} MB, ${lines} lines: ${linked} linked, ${outside} outside of requests, ${findings}`)
  console.log(
    `doctor  ${seconds.toFixed(2)} s  ${(size / seconds).toFixed(0)} MB/s  ${(size / cpu).toFixed(0)} MB per second of CPU  ${rss.toFixed(0)} MB of memory`,
  )
  for (const pattern of ['dd.trace_id', '"trace_id":"[0-9a-f]']) {
    const from = performance.now()
    const { stdout } = spawnSync('grep', ['-c', pattern, file], {
      env: { ...process.env, LC_ALL: 'C' },
      encoding: 'utf8',
    })
    const seconds = (performance.now() - from) / 1000
    console.log(
      `grep -c ${pattern}  ${seconds.toFixed(2)} s  ${(size / seconds).toFixed(0)} MB/s  ${stdout.trim()} lines`,
    )
  }
} finally {
  rmSync(directory, { recursive: true })
}

/** Lines as pino, winston and bunyan write them; one in ten outside of a request, one in a hundred with numbers for ids. */
function write() {
  const out = openSync(file, 'w')
  for (let n = 0, bytes = 0; bytes < megabytes * 1e6; n += 5000) {
    const part = Buffer.from(`${Array.from({ length: 5000 }, (_, i) => line(n + i)).join('\n')}\n`)
    bytes += writeSync(out, part)
  }
  closeSync(out)
}

function line(n) {
  const time = 1795770826074 + n
  const trace_id = `6b02cac800000000${(0x72ed2db900000000n + BigInt(n)).toString(16)}`
  const dd = {
    trace_id,
    span_id: String(8281325566447954430n + BigInt(n)),
    service: 'shop',
    version: '1.0.0',
    env: 'prod',
  }
  const frame = { time, pid: 4711, hostname: 'shop-7f9c' }
  const req = {
    id: n,
    method: 'GET',
    url: `/posts/${n}`,
    headers: { host: 'shop.example.com', 'user-agent': 'curl/8.5.0' },
  }
  if (n % 10 === 0) return JSON.stringify({ level: 30, ...frame, msg: `tick ${n}` })
  if (n % 100 === 1)
    return JSON.stringify({ level: 30, ...frame, msg: 'loading', dd: { trace_id: 7482291040663559000, span_id: 1e18 } })
  if (n % 10 === 2)
    return JSON.stringify({ dd, level: 'info', message: `loading post ${n}`, timestamp: new Date(time).toISOString() })
  if (n % 10 === 3)
    return JSON.stringify({
      name: 'shop',
      hostname: 'shop-7f9c',
      pid: 4711,
      level: 30,
      msg: `loading post ${n}`,
      time: new Date(time).toISOString(),
      v: 0,
      dd,
    })
  return JSON.stringify({ level: 30, ...frame, req, msg: `loading post ${n}`, dd })
}
