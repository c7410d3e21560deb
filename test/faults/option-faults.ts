import type { Fault } from './fault'

const answers: Pick<Fault, 'express' | 'koa'> = {
  express: (_req, res) => res.end('x'),
  koa: ctx => (ctx.body = 'x'),
}
const boom = (): never => {
  throw new Error('boom')
}
const later = async (): Promise<never> => {
  throw Object.assign(new Error('later'), { from: 'a callback' })
}

/** dd-trace, with one method that throws. */
const brokenTracer = (method: string) => (tracer: any) => ({
  startSpan: (...args: unknown[]) => tracer.startSpan(...args),
  extract: (...args: unknown[]) => tracer.extract(...args),
  inject: (...args: unknown[]) => tracer.inject(...args),
  scope: () => tracer.scope(),
  [method]: boom,
})
const brokenScope = (method: string) => (tracer: any) => ({
  ...brokenTracer('never')(tracer),
  scope: () => ({
    active: () => tracer.scope().active(),
    activate: (span: unknown, fn: () => unknown) => tracer.scope().activate(span, fn),
    [method]: boom,
  }),
})
/** A tracer whose spans have one method that throws. */
const brokenSpan = (method: string) => (tracer: any) => ({
  ...brokenTracer('never')(tracer),
  startSpan: (...args: unknown[]) => Object.assign(tracer.startSpan(...args), { [method]: boom }),
})
const tracers: [string, (tracer: any) => object, Fault['span']][] = [
  ['tracer.startSpan', brokenTracer('startSpan'), false],
  ['tracer.scope', brokenTracer('scope'), false],
  ['tracer.inject', brokenTracer('inject'), {}],
  ['tracer.extract', brokenTracer('extract'), {}],
  ['scope.active', brokenScope('active'), false],
  ['scope.activate', brokenScope('activate'), {}],
  ['span.addTags', brokenSpan('addTags'), undefined],
  ['span.setTag', brokenSpan('setTag'), undefined],
  ['span.finish', brokenSpan('finish'), false],
  ['span.context', brokenSpan('context'), false],
]

function* brokenTracers(): Generator<[string, Fault]> {
  for (const [method, broken, span] of tracers) {
    const exported = span !== undefined
    yield [
      `a tracer whose ${method} throws costs no request`,
      {
        ...answers,
        options: ({ tracer }) => ({ tracer: broken(tracer) }),
        span: exported ? span : { status: undefined, route: 'any' },
        lines: 2,
        warns: ['SPANLOG_TRACER'],
      },
    ]
  }
}

const fails: { [how: string]: () => unknown } = { throws: boom, 'returns a promise that rejects': later }
const callbacks: { [option: string]: (fn: () => unknown) => object } = {
  skip: fn => ({ skip: fn }),
  tags: fn => ({ tags: fn }),
  fields: fn => ({ fields: fn }),
  validateStatus: fn => ({ validateStatus: fn }),
  trustIncoming: fn => ({ trustIncoming: fn }),
  hooks: fn => ({ hooks: { request: fn } }),
}
const codes: { [option: string]: string } = {
  skip: 'SPANLOG_SKIP',
  tags: 'SPANLOG_TAGS',
  fields: 'SPANLOG_FIELDS',
  validateStatus: 'SPANLOG_VALIDATE_STATUS',
  trustIncoming: 'SPANLOG_TRUST_INCOMING',
  hooks: 'SPANLOG_HOOKS',
}

function* brokenCallbacks(): Generator<[string, Fault]> {
  for (const [option, optionsOf] of Object.entries(callbacks)) {
    for (const [how, fn] of Object.entries(fails)) {
      yield [
        `\`${option}\` that ${how} costs only itself`,
        { ...answers, options: () => optionsOf(fn), send: withTrace, span: { status: 200 }, warns: [codes[option]] },
      ]
    }
  }
}

const withTrace: Fault['send'] = to =>
  require('./client').get({ headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })(to)

const rubbish: { [what: string]: unknown } = { 'a string': 'text', 'an array': [1, 2], null: null, 'a number': 7 }

function* rubbishFields(): Generator<[string, Fault]> {
  for (const option of ['tags', 'fields'] as const) {
    for (const [what, value] of Object.entries(rubbish)) {
      yield [
        `\`${option}\` that returns ${what} adds nothing`,
        { ...answers, options: () => ({ [option]: () => value }), warns: value === null ? [] : [codes[option]] },
      ]
    }
  }
}

/** Options, tracers and loggers that misbehave. */
export const optionFaults: { [title: string]: Fault } = {
  ...Object.fromEntries(brokenTracers()),
  ...Object.fromEntries(brokenCallbacks()),
  ...Object.fromEntries(rubbishFields()),
  '`skip` that returns an object skips': { ...answers, options: () => ({ skip: () => ({}) }), span: false, lines: 2 },
  '`tags` with getters that throw cost only themselves': {
    ...answers,
    options: () => ({
      tags: () => ({
        get plan() {
          return boom()
        },
      }),
    }),
    warns: ['SPANLOG_TAGS'],
  },
  'a hook that ends the response twice does no harm': {
    ...answers,
    options: () => ({ hooks: { request: (_span: any, _req: any, res: any) => res.end() } }),
  },
  'a hook that finishes the span itself does no harm': {
    ...answers,
    options: () => ({ hooks: { request: (span: any) => span.finish() } }),
  },
  'a logger function that throws costs its lines': {
    ...answers,
    options: () => ({ logger: boom }),
    lines: 0,
    warns: ['SPANLOG_LOGGER'],
  },
  'a logger function that returns nothing costs its lines': {
    ...answers,
    options: () => ({ logger: () => undefined }),
    lines: 0,
    warns: ['SPANLOG_LOGGER'],
  },
}
