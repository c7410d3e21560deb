import { inspect } from 'node:util'
import { currentRequest } from './store'
import { type DdFields, ddFieldsOf } from './tracer/dd-fields'
import { defaultTracer, parentIdOf } from './tracer/internals'
import type { Span } from './tracer/types'
import { attempt, lineTracerWarning } from './warnings/warn'

/** The result of `correlate()`. */
export interface Correlation {
  /** `trace_id`, `span_id`, `service`, `env` and `version`, those that are known. Absent where no tracer runs. */
  readonly dd?: DdFields
  /** `dd.service=… dd.env=… dd.version=… dd.trace_id="…" dd.span_id="…" dd.parent_id="…"`, without the parts that are missing. */
  toString(): string
}

/**
 * Links any log statement to a span. Spread it into the fields of a logger (`{ ...correlate() }`), or print it into a text
 * (`${correlate()}`, like Go's `%v`). `%s`, `String()` and `util.inspect` print the same text.
 *
 * @param span the span to link to
 * @default the innermost active span, or the span of the current request
 * @returns an object with the key `dd`, or an empty one where no tracer runs
 */
export function correlate(span?: Span | null): Correlation {
  const request = currentRequest()
  if (!span && request) return withText(request.dd(), request.lineSpan())
  const tracer = request?.tracer ?? attempt(lineTracerWarning, defaultTracer)
  const linked = span ?? tracer?.scope().active() ?? undefined
  return withText(tracer && ddFieldsOf(tracer, linked), linked)
}

function withText(dd: DdFields | undefined, span: Span | undefined): Correlation {
  const print = () => printedFields(dd, dd?.span_id && span ? parentIdOf(span) : undefined)
  // Writable, since tslog copies what it is given property by property, and an assignment to a read-only one throws.
  return Object.defineProperties(dd ? { dd } : {}, {
    toString: { value: print, writable: true },
    [inspect.custom]: { value: print, writable: true },
  })
}

/** Prints ids in quotes. Datadog's key-value parser reads digits without quotes as a number, and such an id does not link the line. */
function printedFields(dd: DdFields | undefined, parentId: string | undefined): string {
  const parts: string[] = []
  const add = (key: string, value: string | undefined) => value !== undefined && parts.push(`dd.${key}=${value}`)
  const quoted = (value: string | undefined) => value && `"${value}"`
  add('service', dd?.service)
  add('env', dd?.env)
  add('version', dd?.version)
  add('trace_id', quoted(dd?.trace_id))
  add('span_id', quoted(dd?.span_id))
  add('parent_id', quoted(parentId))
  return parts.join(' ')
}
