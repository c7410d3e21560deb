import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { getLog, getSpan, jobRunner, recordError } from 'spanlog'
import { agent, startTracing } from './loggers/serve'

const lines: any[] = []
const logger = pino({ level: 'info' }, { write: line => lines.push(JSON.parse(line)) })
const runJob = jobRunner({ logger, accessLog: true, keepOnError: true, debugOnError: true })

const linesOf = (name: string) => lines.filter(line => line.job?.name === name)
const traceId = () =>
  getSpan()
    ?.context()
    .toTraceId(true as never)

before(startTracing)
after(() => agent.close())

it('a rejection that nobody handles ends the process, as without spanlog', () => {
  const run = (code: string) =>
    spawnSync(process.execPath, ['-e', code], { env: { ...process.env, DD_TRACE_ENABLED: 'false' }, encoding: 'utf8' })
  const job = "async () => { throw new Error('nobody handles this') }"
  const bare = run(`(${job})()`)
  const ours = run(`require('spanlog').jobRunner()('unhandled', ${job})`)
  assert.equal(ours.status, bare.status)
  assert.match(ours.stderr, /nobody handles this/)
})

it('a query that is sent when it is awaited is sent once, and in the span of the job', async () => {
  const sent: unknown[] = []
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: as the query builders of knex and mongoose do
    then(resolve: (value: number) => void) {
      sent.push(traceId())
      getLog()?.info('sent')
      setTimeout(resolve, 1, 42)
    },
  }
  const answer = await runJob('lazy', () => query as unknown as Promise<number>)
  assert.equal(answer, 42)
  const [access] = linesOf('lazy')
  assert.deepEqual(sent, [access.dd.trace_id])
  assert.equal(lines.find(line => line.msg === 'sent').dd.span_id, access.dd.span_id)
})

it('a result whose `then` cannot be read is passed through', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  const result = runJob('revoked', () => {
    revoke()
    return proxy
  })
  assert.equal(result, proxy)
  assert.equal(linesOf('revoked')[0].outcome, 'answered')
})

it('a job that returns although it recorded an error is treated as failed: line, span, held lines, kept trace', async () => {
  runJob('recorded', () => {
    getLog()?.debug('held')
    recordError(new Error('found'))
  })
  const [access] = linesOf('recorded')
  assert.equal(access.level, 50)
  assert.equal(lines.filter(line => line.msg === 'held').length, 1)
  const span = await agent.waitForSpan(one => one.spanId === access.dd.span_id)
  assert.equal(span.error, 1)
  assert.equal(span.metrics._sampling_priority_v1, 2)
})

describe('The trace of a message continues', () => {
  const id = '6b094a12000000010000000000000aaa'
  const traceparent = `00-${id}-00000000000000bb-01`
  const carriers: { [form: string]: object } = {
    'an object': { traceparent },
    'names in upper case': { TraceParent: traceparent },
    'a Buffer': { traceparent: Buffer.from(traceparent) },
    'bytes that are no Buffer': { traceparent: new TextEncoder().encode(traceparent) },
    'a list of one, as from Kafka': { traceparent: [Buffer.from(traceparent)] },
    'a Map': new Map([['traceparent', traceparent]]),
    'Headers of fetch': new Headers({ traceparent }),
  }
  for (const [form, carrier] of Object.entries(carriers)) {
    it(`from ${form}`, () => assert.equal(runJob('carried', traceId, { carrier }), id))
  }
})

describe('An input that cannot be read does not stop the job', () => {
  const fails = () => {
    throw new Error('unreadable')
  }
  const inputs: { [what: string]: any } = {
    null: null,
    'a carrier that is null': { carrier: null },
    'a carrier with a getter that throws': {
      carrier: Object.defineProperty({}, 'x', { get: fails, enumerable: true }),
    },
    'a carrier that iterates over numbers': { carrier: [1, 2] },
    'a carrier with numbers': { carrier: { 'x-datadog-trace-id': 5, 'x-datadog-parent-id': null } },
    'tags with a getter that throws': { tags: Object.defineProperty({}, 'x', { get: fails, enumerable: true }) },
  }
  for (const [what, input] of Object.entries(inputs)) {
    it(what, async () => {
      assert.equal(
        runJob('unread', () => 'done', input),
        'done',
      )
      await turn()
      assert.equal(linesOf('unread').at(-1).outcome, 'answered')
    })
  }
})

it('a job without a name or a function is refused with what to type', () => {
  const expected = /^Expected a name and a function, as in `runJob\('send-email', async \(\) => …\)`, got /
  for (const args of [['mail'], [async () => 1], [undefined, () => 1], ['', () => 1]]) {
    assert.throws(() => (runJob as any)(...args), { name: 'TypeError', message: expected })
  }
})
