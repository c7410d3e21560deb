import { spanIdOf, traceIdOf, upperHalfOf } from './ids'
import { isDropped } from './internals'
import type { Span, Tracer } from './types'

const madeByUs = Symbol.for('spanlog.dd')
const madeByHook = Symbol.for('spanlog.dd.hook')

/**
 * The fields that link a log line to a span, as `tracer.inject(span, 'log', …)` writes them, which follows Datadog's variables
 * (DD_TRACE_128_BIT_TRACEID_LOGGING_ENABLED). Every value is a string: a 64-bit number in JSON loses its last digits, and then the
 * line has no link.
 */
export class DdFields {
  declare readonly trace_id?: string
  declare readonly span_id?: string
  declare readonly service?: string
  declare readonly env?: string
  declare readonly version?: string
  #member: string | undefined
  readonly #isPlain: boolean

  /** @param isPlain whether the ids contain no character that must be escaped in JSON */
  constructor(from: Written, service?: string, isPlain = false) {
    this.#isPlain = isPlain
    if (from.trace_id) this.trace_id = from.trace_id
    if (from.span_id) this.span_id = from.span_id
    if (service ?? from.service) this.service = service ?? from.service
    if (from.env) this.env = from.env
    if (from.version) this.version = from.version
  }

  /** The text `,"dd":{…}` for a line in JSON. It is made once, because a request writes many lines under one span. */
  get member(): string {
    this.#member ??= this.#isPlain ? memberOf(this) : `,"dd":${JSON.stringify(this)}`
    return this.#member
  }
}

type Written = Omit<DdFields, 'member'>

/** Service, env and version of the last text, and how they were written. They are usually the same for all lines. */
let common: Pick<DdFields, 'service' | 'env' | 'version'> = {}
let commonText = '}'

/** Writes the text by hand. `JSON.stringify` would take as long as everything else in making these fields. */
function memberOf(dd: DdFields): string {
  const { trace_id, span_id, service, env, version } = dd
  if (service !== common.service || env !== common.env || version !== common.version) {
    common = { service, env, version }
    commonText = JSON.stringify(common).replace('{', common.service || env || version ? ',' : '')
  }
  return flat(`,"dd":{"trace_id":"${trace_id}","span_id":"${span_id}"${commonText}`)
}

/** V8 joins the pieces of a text when one character is read. Without that, it would join them again for each line. */
const flat = (text: string): string => (text.charCodeAt(0) === comma ? text : '')
const comma = 44
Object.defineProperty(DdFields.prototype, madeByUs, { value: true })

/** The `dd` from a hook for shared loggers. It comes from the async context, so the `dd` of a request's own logger replaces it. */
export class HookFields extends DdFields {}
Object.defineProperty(HookFields.prototype, madeByHook, { value: true })

/** Whether a `dd` among the caller's fields was made by `correlate()`. Only that one may choose the span of a line. */
export function isCorrelation(dd: unknown): dd is DdFields {
  return isDdFields(dd) && !(dd as { [madeByHook]?: true })[madeByHook]
}

/** Whether a `dd` was made by spanlog. It has a symbol: JSON from outside cannot have one, and all copies of spanlog share it. */
export function isDdFields(dd: unknown): dd is DdFields {
  return typeof dd === 'object' && dd !== null && (dd as { [madeByUs]?: true })[madeByUs] === true
}

/**
 * The fields of a span. Without a span, or for a span that is never sent to Datadog, only service, env and version. `undefined` where
 * the tracer is not initialised or is switched off.
 */
export function ddFieldsOf(tracer: Tracer, span: Span | undefined, service?: string): DdFields | undefined {
  if (span === undefined || isDropped(span)) return newDdFields(injected(tracer, null), service)
  return fieldsByForm(tracer, span, service) ?? newDdFields(injectedFields(tracer, span), service)
}

const newDdFields = (written: Written | undefined, service?: string) => written && new DdFields(written, service)

function injected(tracer: Tracer, span: Span | null): Written | undefined {
  const carrier: { dd?: Written } = {}
  tracer.inject(span as never, 'log', carrier as never)
  return carrier.dd
}

/** The form in which a tracer writes its fields, read from the first ones. Its settings do not change, so the form stays the same. */
interface Form {
  tracer: Tracer
  rest: Written
  /** Whether the id of a trace that has an upper half is written in full. */
  full: boolean | undefined
}
let form: Form | undefined

/** Makes the fields as the tracer would, without calling it. `undefined` before the form is known. */
function fieldsByForm(tracer: Tracer, span: Span, service: string | undefined): DdFields | undefined {
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

/** The fields that the tracer itself writes. Remembers their form. */
function injectedFields(tracer: Tracer, span: Span): Written | undefined {
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
