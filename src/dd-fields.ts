import { isDropped, type Span, type Tracer } from './dd-internals'

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

  constructor(from: DdFields | Omit<DdFields, 'member'>, service?: string) {
    if (from.trace_id) this.trace_id = from.trace_id
    if (from.span_id) this.span_id = from.span_id
    if (service ?? from.service) this.service = service ?? from.service
    if (from.env) this.env = from.env
    if (from.version) this.version = from.version
  }

  /** As a member of a line in JSON, made once: a request writes many lines under one span. */
  get member(): string {
    this.#member ??= `,"dd":${JSON.stringify(this)}`
    return this.#member
  }
}
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
  const carrier: { dd?: DdFields } = {}
  tracer.inject((span && !isDropped(span) ? span : null) as never, 'log', carrier as never)
  return carrier.dd && new DdFields(carrier.dd, service)
}
