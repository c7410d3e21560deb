import { spanIdOf, traceIdOf, upperHalfOf } from './ids'
import { isDropped } from './internals'
import type { Span, Tracer } from './types'

const madeByUs = Symbol.for('spanlog.dd')
const madeByHook = Symbol.for('spanlog.dd.hook')

/**
 * The fields that link a log line to a span, as `tracer.inject(span, 'log', …)` writes them: the only source of ids, since it
 * follows Datadog's own variables (DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED). Every value is a string: a 64-bit number in
 * JSON loses its last digits, and with them the link.
 */
export class DdFields {
  declare readonly trace_id?: string
  declare readonly span_id?: string
  declare readonly service?: string
  declare readonly env?: string
  declare readonly version?: string
  #member: string | undefined
  readonly #isPlain: boolean

  /** @param isPlain whether nothing in the ids would have to be escaped in JSON */
  constructor(from: Written, service?: string, isPlain = false) {
    this.#isPlain = isPlain
    if (from.trace_id) this.trace_id = from.trace_id
    if (from.span_id) this.span_id = from.span_id
    if (service ?? from.service) this.service = service ?? from.service
    if (from.env) this.env = from.env
    if (from.version) this.version = from.version
  }

  /** As a member of a line in JSON, made once: a request writes many lines under one span. */
  get member(): string {
    this.#member ??= this.#isPlain ? memberOf(this) : `,"dd":${JSON.stringify(this)}`
    return this.#member
  }
}

type Written = Omit<DdFields, 'member'>

/** What all lines of a service say alike, as the last of them was written. */
let common: Pick<DdFields, 'service' | 'env' | 'version'> = {}
let commonText = '}'

/** By hand, since `JSON.stringify` takes as long as all else of a line's fields. */
function memberOf(dd: DdFields): string {
  const { trace_id, span_id, service, env, version } = dd
  if (service !== common.service || env !== common.env || version !== common.version) {
    common = { service, env, version }
    commonText = JSON.stringify(common).replace('{', common.service || env || version ? ',' : '')
  }
  return flat(`,"dd":{"trace_id":"${trace_id}","span_id":"${span_id}"${commonText}`)
}

/** In one piece, which V8 makes of a text when a character is asked for: otherwise each line would put the pieces together anew. */
const flat = (text: string): string => (text.charCodeAt(0) === comma ? text : '')
const comma = 44
Object.defineProperty(DdFields.prototype, madeByUs, { value: true })

/** The `dd` of a hook for shared loggers: it only repeats the context, so it gives way to the `dd` of a request's own logger. */
export class HookFields extends DdFields {}
Object.defineProperty(HookFields.prototype, madeByHook, { value: true })

/** Whether a `dd` among the caller's fields was made by `correlate()`: only that may decide what a line is linked to. */
export function isCorrelation(dd: unknown): dd is DdFields {
  return isDdFields(dd) && !(dd as { [madeByHook]?: true })[madeByHook]
}

/** Whether a `dd` was made by spanlog. A symbol cannot come in by JSON, and works across two copies of spanlog. */
export function isDdFields(dd: unknown): dd is DdFields {
  return typeof dd === 'object' && dd !== null && (dd as { [madeByUs]?: true })[madeByUs] === true
}

/**
 * The fields of a span; without one, or for a span that will never be in Datadog, those of the service alone.
 * `undefined` where the tracer is not initialised or switched off.
 */
export function ddFieldsOf(tracer: Tracer, span: Span | undefined, service?: string): DdFields | undefined {
  if (span === undefined || isDropped(span)) return from(injected(tracer, null), service)
  return madeAsSeen(tracer, span, service) ?? from(seen(tracer, span), service)
}

const from = (written: Written | undefined, service?: string) => written && new DdFields(written, service)

function injected(tracer: Tracer, span: Span | null): Written | undefined {
  const carrier: { dd?: Written } = {}
  tracer.inject(span as never, 'log', carrier as never)
  return carrier.dd
}

/** How a tracer writes its fields, by what it wrote for the first span of each kind. Its settings do not change. */
interface Form {
  tracer: Tracer
  rest: Written
  /** Whether the id of a trace that has an upper half is written in full. */
  full: boolean | undefined
}
let form: Form | undefined

function madeAsSeen(tracer: Tracer, span: Span, service: string | undefined): DdFields | undefined {
  if (form?.tracer !== tracer) return undefined
  const context = span.context()
  const upper = upperHalfOf(context)
  if (upper === undefined || (upper !== '' && form.full === undefined)) return undefined
  const trace_id = traceIdOf(context, upper !== '' && form.full ? upper : undefined)
  const span_id = spanIdOf(context)
  if (trace_id === undefined || span_id === undefined) return undefined
  const { rest } = form
  return new DdFields(
    { trace_id, span_id, service: rest.service, env: rest.env, version: rest.version } as Written,
    service,
    true,
  )
}

/** What the tracer itself writes, and a look at how. */
function seen(tracer: Tracer, span: Span): Written | undefined {
  const written = injected(tracer, span)
  if (written) form = formOf(tracer, span, written) ?? form
  return written
}

function formOf(tracer: Tracer, span: Span, written: Written): Form | undefined {
  const context = span.context()
  const upper = upperHalfOf(context)
  if (upper === undefined || written.span_id !== spanIdOf(context)) return undefined
  const full = upper !== '' && written.trace_id === traceIdOf(context, upper)
  if (!full && written.trace_id !== traceIdOf(context, undefined)) return undefined
  return { tracer, rest: written, full: upper === '' ? undefined : full }
}
