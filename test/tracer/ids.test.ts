import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { quietTracer } from '../quiet-tracer'

const root = join(__dirname, '..', '..')

/** Writes the fields of many spans twice: by spanlog, and by the tracer's own `inject`. Prints how many differ. */
const program = `
  const tracer = require('dd-trace').init()
  const id = require('dd-trace/packages/dd-trace/src/id')
  const { randomBytes } = require('node:crypto')
  const { ddFieldsOf } = require('./src/tracer/dd-fields')

  const halves = ['0000000000000001', '00000000000f4240', '000000e8d4a51000', '00038d7ea4c68000', '0de0b6b3a763ffff',
    '0de0b6b3a7640000', '7fffffffffffffff', '8000000000000000', '8ac7230489e7ffff', '8ac7230489e80000', 'ffffffffffffffff']
  for (let i = 0; i < 3000; i++) halves.push(randomBytes(8).toString('hex'))

  const parentOf = (lower, upper) => tracer.extract('http_headers', {
    'x-datadog-trace-id': BigInt('0x' + lower).toString(),
    'x-datadog-parent-id': '1',
    'x-datadog-tags': upper && '_dd.p.tid=' + upper,
  })
  const injected = span => {
    const carrier = {}
    tracer.inject(span, 'log', carrier)
    return JSON.stringify(carrier.dd)
  }
  let different = 0
  for (const [at, lower] of halves.entries()) {
    const upper = at % 3 === 0 ? undefined : halves[(at * 7) % halves.length]
    const childOf = at % 3 === 2 ? undefined : parentOf(lower, upper)
    const span = tracer.startSpan('web.request', { childOf })
    span.context()._spanId = id(halves[(at * 11) % halves.length], 16)
    const member = ddFieldsOf(tracer, span).member
    if (member !== ',"dd":' + injected(span)) {
      if (different++ === 0) console.error(member, injected(span))
    }
  }
  console.log(halves.length, different)
  process.exit()
`

for (const full of ['true', 'false']) {
  test(`The ids of 3,011 spans are as dd-trace writes them, with 128-bit ids on lines ${full}`, async () => {
    const env = {
      ...process.env,
      ...quietTracer,
      DD_SERVICE: 'ids "quoted"',
      DD_TRACE_ENABLED: 'true',
      DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED: full,
      DD_TRACE_AGENT_URL: 'http://127.0.0.1:9',
    }
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--require', 'sucrase/register/ts', '-e', program],
      { cwd: root, env },
    )
    assert.equal(stdout.trim(), '3011 0', stderr)
  })
}
