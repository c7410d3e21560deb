import { inspect } from 'node:util'
import { currentRequest } from './store'
import { type DdFields, ddFieldsOf } from './tracer/dd-fields'
import { defaultTracer, parentIdOf } from './tracer/internals'
import type { Span } from './tracer/types'

/** What `correlate()` returns. */
export interface Correlation {
  /** `trace_id`, `span_id`, `service`, `env`, `version`, as far as they are known; absent where there is nothing to link to. */
  readonly dd?: DdFields
  /** `dd.service=… dd.env=… dd.version=… dd.trace_id="…" dd.span_id="…" dd.parent_id="…"`, missing parts left out. */
  toString(): string
}

/**
 * The fields that link any log statement to a span: spread it into a logger's fields (`{ ...correlate() }`), or print it into
 * a text (`${correlate()}`, as Go's `%v`). It prints the same by `%s`, `String()` and `util.inspect`.
 *
 * @param span the span to link to; by default the innermost active one, or that of the current request
 * @returns an object with the key `dd`, or none where no tracer runs
 */
export function correlate(span?: Span | null): Correlation {
  const request = currentRequest()
  if (!span && request) return withText(request.dd(), request.lineSpan())
  const tracer = request?.tracer ?? defaultTracer()
  const linked = span ?? tracer.scope().active() ?? undefined
  return withText(ddFieldsOf(tracer, linked), linked)
}

function withText(dd: DdFields | undefined, span: Span | undefined): Correlation {
  const print = () => textOf(dd, dd?.span_id && span ? parentIdOf(span) : undefined)
  return Object.defineProperties(dd ? { dd } : {}, {
    toString: { value: print },
    [inspect.custom]: { value: print },
  })
}

/** Ids stand in quotes: Datadog's key-value parser makes numbers of bare digits, and a numeric id links nothing. */
function textOf(dd: DdFields | undefined, parentId: string | undefined): string {
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
