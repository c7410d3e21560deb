// dd-trace by its public methods. Our declarations import nothing from dd-trace, so that they fit versions 5 and 6.

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

/** A tracer of dd-trace 5 or 6, by its public methods. */
export interface Tracer {
  startSpan(name: string, options?: { childOf?: never; links?: never; tags?: { [key: string]: unknown } }): Span
  scope(): { active(): Span | null; activate<T>(span: never, fn: () => T): T }
  extract(format: string, carrier: never): SpanContext | null
  inject(span: never, format: string, carrier: never): void
  removeAllBaggageItems?(): unknown
}
