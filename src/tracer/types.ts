// dd-trace by its public methods. Public declarations import nothing of dd-trace, so versions 5 and 6 both fit.

/** A span of dd-trace, by its public methods. */
export interface Span {
  context(): SpanContext
  setTag(key: string, value: unknown): unknown
  addTags(tags: { [key: string]: unknown }): unknown
  finish(finishTime?: number): void
}

/** The context of a span, by its public methods. */
export interface SpanContext {
  toTraceId(full?: boolean): string
  toSpanId(full?: boolean): string
}

/** Any object with dd-trace's public tracer methods: dd-trace 5 and 6 both fit. */
export interface Tracer {
  startSpan(name: string, options?: { childOf?: never; links?: never; tags?: { [key: string]: unknown } }): Span
  scope(): { active(): Span | null; activate<T>(span: never, fn: () => T): T }
  extract(format: string, carrier: never): SpanContext | null
  inject(span: never, format: string, carrier: never): void
  removeAllBaggageItems?(): unknown
}
