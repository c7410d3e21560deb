import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Span as DdSpan, SpanContext, Tracer } from '../tracer/types'
import type { Span } from './agent/decode'
import { type Recorded, withRecorded } from './agent/recorded'
import { Traces } from './agent/traces'

type Tags = { [key: string]: unknown }

/** Options of `testTracer()`. */
export interface TestTracerOptions {
  /**
   * The service of spans and lines.
   *
   * @default DD_SERVICE, else 'test'
   */
  service?: string
}

/** Options of `startSpan()`, with the names of dd-trace. */
export interface TestSpanOptions {
  childOf?: DdSpan | SpanContext | null
  tags?: Tags
  /** Milliseconds since 1970. */
  startTime?: number
}

/** Options of `trace()`. The parent is the active span by default. */
export interface TestTraceOptions extends TestSpanOptions {
  service?: string
  resource?: string
  type?: string
}

/** The public methods of dd-trace's tracer that spanlog and most applications call, and the recorded traces. */
export interface TestTracer extends Tracer, Recorded {
  /** Does nothing: the tracer is running already. */
  init(options?: object): this
  /** Does nothing: there are no integrations. */
  use(name: string, options?: object | boolean): this
  startSpan(name: string, options?: TestSpanOptions): DdSpan
  /** Runs `fn` in a new span, which ends when `fn` returns, its promise settles, or it calls `done`. */
  trace<T>(name: string, fn: (span: DdSpan, done: (error?: unknown) => void) => T): T
  trace<T>(name: string, options: TestTraceOptions, fn: (span: DdSpan, done: (error?: unknown) => void) => T): T
  /** A function that runs `fn` in a new span each time. */
  wrap<A extends unknown[], T>(name: string, fn: (...args: A) => T): (...args: A) => T
  wrap<A extends unknown[], T>(name: string, options: TestTraceOptions, fn: (...args: A) => T): (...args: A) => T
  scope(): TestScope
  extract(format: string, carrier: object): SpanContext | null
  inject(span: DdSpan | SpanContext | null, format: string, carrier: object): void
}

/** The active span of the current async context. */
export interface TestScope {
  active(): DdSpan | null
  activate<T>(span: DdSpan | null, fn: () => T): T
  bind<F extends (...args: never[]) => unknown>(fn: F, span?: DdSpan | null): F
}

/**
 * A tracer that only records, for tests in which dd-trace makes no spans: under Jest, or for a single function. It has no integrations,
 * no sampling and no agent. A trace arrives when each of its spans has ended.
 *
 * @example
 * const tracer = testTracer()
 * app.use(spanlog({ tracer, logger }))
 * const { span } = await tracer.waitForRequest('GET /posts/:id')
 */
export function testTracer({ service = process.env.DD_SERVICE || 'test' }: TestTracerOptions = {}): TestTracer {
  const traces = new Traces(1000)
  const scope = testScope()
  const tracer: TestTracer = withRecorded(traces, {
    init: () => tracer,
    use: () => tracer,
    startSpan: (name: string, { childOf, tags, startTime }: TestSpanOptions = {}) =>
      new TestSpan(traces, name, contextOf(childOf), { 'service.name': service, ...tags }, startTime),
    trace: (name: string, ...rest: Rest<Traced>) => trace(tracer, name, ...withOptions(rest)) as never,
    wrap: (name: string, ...rest: Rest<(...args: never[]) => unknown>) => wrap(tracer, name, ...withOptions(rest)),
    scope: () => scope,
    extract,
    inject: (span: DdSpan | SpanContext | null, format: string, carrier: object) => {
      const context = contextOf(span)
      Object.assign(carrier, format === 'log' ? { dd: ddOf(context, service) } : headersOf(context))
    },
  })
  return tracer
}

/** `(name, fn)` is short for `(name, {}, fn)`. */
type Rest<F> = [fn: F] | [options: TestTraceOptions, fn: F]

function withOptions<F>(rest: Rest<F>): [TestTraceOptions, F] {
  return rest.length === 1 ? [{}, rest[0]] : rest
}

function testScope(): TestScope {
  const storage = new AsyncLocalStorage<DdSpan | null>()
  const active = () => storage.getStore() ?? null
  return {
    active,
    activate: (span, fn) => storage.run(span, runMarked, span, fn) as never,
    bind: (fn, span = active()) =>
      function (this: unknown, ...args: never[]) {
        return storage.run(span, runMarked, span, () => fn.apply(this, args))
      } as never,
  }
}

/** As in dd-trace, an error that `fn` throws at once is an error of the active span. */
function runMarked<T>(span: DdSpan | null, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    span?.setTag('error', error)
    throw error
  }
}

type Traced = (span: DdSpan, done: (error?: unknown) => void) => unknown

function trace(tracer: TestTracer, name: string, options: TestTraceOptions, fn: Traced): unknown {
  const { service, resource, type, tags, ...rest } = options
  const named = defined({ 'service.name': service, 'resource.name': resource, 'span.type': type })
  const span = tracer.startSpan(name, { childOf: tracer.scope().active(), ...rest, tags: { ...named, ...tags } })
  const end = (error?: unknown) => {
    if (error) span.setTag('error', error)
    span.finish()
  }
  return tracer.scope().activate(span, () => endAfter(fn, span, end))
}

function wrap(tracer: TestTracer, name: string, options: TestTraceOptions, fn: (...args: never[]) => unknown) {
  return function (this: unknown, ...args: never[]): never {
    return tracer.trace(name, options, () => fn.apply(this, args)) as never
  }
}

/** A function with the parameter `done` ends the span by calling it. */
function endAfter(fn: Traced, span: DdSpan, end: (error?: unknown) => void): unknown {
  try {
    const result = fn(span, end)
    if (fn.length > 1) return result
    if (!isPromiseLike(result)) {
      end()
      return result
    }
    return result.then(
      value => {
        end()
        return value
      },
      error => {
        end(error)
        throw error
      },
    )
  } catch (error) {
    end(error)
    throw error
  }
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'

const defined = (tags: Tags) => Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined))

// Spans. The members with an underscore are those of dd-trace that spanlog itself reads (src/tracer/internals.ts).

/** The values that all spans of one trace share. */
interface Shared {
  started: TestSpan[]
  readonly tags: { '_dd.p.tid': string }
}

class TestContext implements SpanContext {
  _isFinished = false

  constructor(
    readonly _trace: Shared,
    readonly _traceId: bigint,
    readonly _spanId: bigint,
    readonly _parentId: bigint | null = null,
    readonly _tags: Tags = {},
  ) {}

  getTag(key: string): unknown {
    return this._tags[key]
  }

  toTraceId(full = false): string {
    return full ? this._trace.tags['_dd.p.tid'] + hexadecimal(this._traceId) : `${this._traceId}`
  }

  toSpanId(full = false): string {
    return full ? hexadecimal(this._spanId) : `${this._spanId}`
  }
}

class TestSpan implements DdSpan {
  readonly _startTime: number
  _duration?: number
  readonly #name: string
  readonly #context: TestContext
  readonly #traces: Traces

  constructor(traces: Traces, name: string, parent: TestContext | undefined, tags: Tags, startTime = now()) {
    const shared = parent?._trace ?? { started: [], tags: { '_dd.p.tid': upperHalf() } }
    this.#name = name
    this.#context = new TestContext(shared, parent?._traceId ?? randomId(), randomId(), parent?._spanId ?? null, tags)
    this.#traces = traces
    this._startTime = startTime
    shared.started.push(this)
  }

  context(): TestContext {
    return this.#context
  }

  setTag(key: string, value: unknown): this {
    this.#context._tags[key] = value
    return this
  }

  addTags(tags: Tags): this {
    Object.assign(this.#context._tags, tags)
    return this
  }

  finish(finishTime = now()): void {
    if (this.#context._isFinished) return
    this._duration = finishTime - this._startTime
    this.#context._isFinished = true
    const shared = this.#context._trace
    if (!shared.started.every(span => span.context()._isFinished)) return
    const [first, ...others] = shared.started.map(span => span.#recorded())
    shared.started = []
    Object.assign((first as Span).meta, shared.tags) // dd-trace, too, sends these tags on one span per chunk
    this.#traces.add([first as Span, ...others])
  }

  _getTime(): number {
    return now()
  }

  #recorded(): Span {
    const context = this.#context
    const recorded: Span = {
      traceId: context.toTraceId(true),
      spanId: context.toSpanId(),
      parentId: `${context._parentId ?? 0}`,
      name: this.#name,
      resource: this.#name,
      service: '',
      error: 0,
      start: BigInt(Math.round(this._startTime * 1e6)),
      duration: Math.round((this._duration ?? 0) * 1e6),
      meta: {},
      metrics: {},
    }
    for (const [key, value] of Object.entries(context._tags)) recordTag(recorded, key, value)
    return recorded
  }
}

/** The time of the real clock, because a test may have replaced the global one. */
const now = () => performance.timeOrigin + sinceOrigin()
const sinceOrigin = performance.now.bind(performance)

/** Writes a tag as dd-trace does when it sends a span (its span_format.js). */
function recordTag(span: Span, key: string, value: unknown, isNested = false): void {
  const member = members[key]
  if (value === undefined || value === null) return
  if (member) span[member] = String(value)
  else if (key === 'error') recordError(span, value)
  else if (typeof value === 'string' || texts.includes(key)) span.meta[key] = String(value)
  else if (typeof value !== 'object') span.metrics[key] = Number(value)
  else if (!isNested && !Array.isArray(value)) {
    for (const [inner, innerValue] of Object.entries(value)) recordTag(span, `${key}.${inner}`, innerValue, true)
  }
  if (errorTags.includes(key)) span.error = 1
}

function recordError(span: Span, error: unknown): void {
  if (!error) return
  span.error = 1
  const { name, message, stack } = error as Partial<Error>
  for (const [key, value] of Object.entries({ type: name, message, stack })) recordTag(span, `error.${key}`, value)
}

const members: { [tag: string]: 'service' | 'resource' | 'type' } = {
  'service.name': 'service',
  'resource.name': 'resource',
  'span.type': 'type',
}
const errorTags = ['error.type', 'error.message', 'error.stack']
const texts = ['http.status_code', ...errorTags]

// Ids, and their form in headers and lines

function contextOf(of: DdSpan | SpanContext | null | undefined): TestContext | undefined {
  const context = of && 'context' in of ? of.context() : of
  return context instanceof TestContext ? context : undefined
}

/** The fields of a log line. */
function ddOf(context: TestContext | undefined, service: string): object {
  const { DD_ENV: env, DD_VERSION: version } = process.env
  return defined({ trace_id: context?.toTraceId(true), span_id: context?.toSpanId(), service, env, version })
}

function headersOf(context: TestContext | undefined): Headers {
  if (!context) return {}
  return {
    'x-datadog-trace-id': context.toTraceId(),
    'x-datadog-parent-id': context.toSpanId(),
    'x-datadog-sampling-priority': '1',
    'x-datadog-tags': `_dd.p.tid=${context._trace.tags['_dd.p.tid']}`,
    traceparent: `00-${context.toTraceId(true)}-${context.toSpanId(true)}-01`,
  }
}

type Headers = { [name: string]: string | undefined }

/** A caller's context, from Datadog's headers or W3C's. */
function extract(_format: string, carrier: object): SpanContext | null {
  const headers = carrier as Headers
  const traceId = headers['x-datadog-trace-id']
  if (traceId) {
    const [, upper = none] = /_dd\.p\.tid=([\da-f]{16})/.exec(headers['x-datadog-tags'] ?? '') ?? []
    return remote(upper, BigInt(traceId), BigInt(headers['x-datadog-parent-id'] ?? 0))
  }
  const [, upper, lower, parent] = /^\w\w-(\w{16})(\w{16})-(\w{16})-/.exec(headers.traceparent ?? '') ?? []
  return upper ? remote(upper, BigInt(`0x${lower}`), BigInt(`0x${parent}`)) : null
}

function remote(upper: string, traceId: bigint, spanId: bigint): TestContext {
  return new TestContext({ started: [], tags: { '_dd.p.tid': upper } }, traceId, spanId)
}

const none = '0'.repeat(16)
const hexadecimal = (id: bigint) => id.toString(16).padStart(16, '0')

/** A random id of 63 bits, as in dd-trace. */
const randomId = () => BigInt.asUintN(63, BigInt(`0x${randomBytes(8).toString('hex')}`))

/** The upper half of a trace id as in dd-trace: seconds since 1970, and zeros. */
const upperHalf = () =>
  `${Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0')}00000000`
