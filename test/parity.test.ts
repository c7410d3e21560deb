import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Span } from 'spanlog/agent'
import { type Case, type Group, groups } from './parity/cases'
import { always, type DifferenceName, rows, some } from './parity/differences'
import { type Framework, TracedApp } from './parity/traced-app'

const sets = { 'express5-koa3': Object.keys(groups), 'express4-koa2': ['without any variables'] }
const found = new Set<string>()

for (const [set, titles] of Object.entries(sets)) {
  for (const title of titles) {
    describe(`The entry span, ${set}, ${title}`, () => compareAll(set, groups[title]))
  }
}

function compareAll(set: string, { env, options, cases }: Group): void {
  const ours = new TracedApp({ set, options, by: 'spanlog' }, env)
  const theirs = new TracedApp({ set, options, by: 'dd-trace' }, env)
  before(() => Promise.all([ours.start(), theirs.start()]))
  after(() => Promise.all([ours.stop(), theirs.stop()]))

  for (const framework of ['express', 'koa'] as const) {
    for (const [what, sent] of Object.entries(cases)) {
      if ((sent.only ?? framework) !== framework) continue
      const as = sent.differs ? `differs from dd-trace's as told (${sent.differs})` : "is dd-trace's, field by field,"
      it(`${as} on ${framework} for ${what}`, () => compare(framework, sent))
    }
  }

  const statusTag = env.DD_TRACE_OTEL_SEMANTICS_ENABLED ? 'http.response.status_code' : 'http.status_code'
  it('exists for an error whose getters throw, where dd-trace loses its span', async () => {
    const { error, meta, metrics } = await ours.entrySpan('koa', { path: '/throw/getter' })
    assert.deepEqual([error, String(meta[statusTag] ?? metrics[statusTag]), meta['error.type']], [1, '500', 'Error'])
  })

  async function compare(framework: Framework, sent: Case) {
    const [our, their] = await Promise.all([ours, theirs].map(app => fieldsOf(app, framework, sent)))
    const different = unexplained(our, their, sent.differs)
    const told = Object.entries(sent.ours ?? {}).map(([field, value]) => [field, asFound(value, our[field])])
    assert.deepEqual(
      pick(our, different),
      Object.fromEntries(told),
      `dd-trace: ${JSON.stringify(pick(their, different))}`,
    )
  }
}

/** The fields that differ; those of the named difference among them, so that what is on our span is told and not just any other. */
function unexplained(our: Fields, their: Fields, named?: DifferenceName): string[] {
  const fields = [...new Set([...Object.keys(our), ...Object.keys(their)])].filter(field => our[field] !== their[field])
  const known = Object.entries(always).filter(([, { fields: of }]) => fields.some(field => of.test(field)))
  for (const [name] of known) found.add(name)
  if (named && fields.some(field => some[named].fields.test(field))) found.add(named)
  return fields.filter(field => !known.some(([, { fields }]) => fields.test(field))).sort()
}

/** Replaces a value by its expected expression, if that matches. */
const asFound = (told: unknown, is: unknown) => (told instanceof RegExp && told.test(String(is)) ? is : told)

describe('The list of differences', () => {
  it('has no difference that no case shows', () => {
    assert.deepEqual([...found].sort(), Object.keys({ ...always, ...some }).sort())
  })

  it('is in docs/beside-dd-trace.md, row by row', () => {
    const text = oneSpace(readFileSync(join(__dirname, '..', 'docs', 'beside-dd-trace.md'), 'utf8'))
    for (const row of rows) assert.ok(text.includes(oneSpace(row)), `this row is missing:\n${row}`)
  })
})

/** The formatter pads the columns of a table. */
const oneSpace = (text: string) => text.replace(/ +/g, ' ')

type Fields = { [field: string]: string | number | undefined }

const pick = (fields: Fields, keys: string[]): Fields => Object.fromEntries(keys.map(key => [key, fields[key]]))

async function fieldsOf(app: TracedApp, framework: Framework, sent: Case): Promise<Fields> {
  const span = await app.entrySpan(framework, sent)
  const fields: Fields = {
    name: span.name,
    resource: span.resource,
    service: span.service,
    type: span.type,
    error: span.error,
    parent: span.parentId,
    trace: traceOf(span, sent),
  }
  for (const [tag, value] of Object.entries(span.meta)) fields[`meta.${tag}`] = readable(app, tag, value)
  for (const [tag, value] of Object.entries(span.metrics)) fields[`metrics.${tag}`] = value
  for (const own of ['meta.runtime-id', 'meta._dd.p.tid', 'metrics.process_id']) delete fields[own]
  return fields
}

/** The id of the caller's trace, or that it is a new one. */
function traceOf({ traceId, meta }: Span, { headers }: Case): string {
  const low = traceId.slice(16)
  const sent = JSON.stringify(headers ?? {})
  if (!/^0+$/.test(low) && (sent.includes(low) || sent.includes(`"${BigInt(`0x${low}`)}"`))) return traceId
  return /^0+$/.test(low) ? '0' : `new, of ${meta['_dd.p.tid'] ? 128 : 64} bits`
}

/** Removes what differs between processes: the port, and the framework's functions in a stack. */
function readable(app: TracedApp, tag: string, value: string): string {
  if (tag !== 'error.stack') return app.without(value)
  const lines = value.split('\n')
  return lines.filter(line => !/^ +at /.test(line) || line.includes('app.ts')).join('\n')
}
