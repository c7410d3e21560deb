import type { Span } from './decode'

/** The parts of one trace that have arrived so far. More may always come. */
export interface Trace {
  /** 32 hexadecimal digits, exact. The first 16 are zeros if no chunk contained them (`_dd.p.tid`). */
  readonly traceId: string
  /** The low 64 bits in decimal. Older tracers write this number as the trace id. */
  readonly traceIdLow: string
  /** In the order of arrival. */
  readonly spans: readonly Span[]
  /** The span without a parent; absent until it has arrived. */
  readonly root?: Span
  /**
   * The span of the request that a server answered; if there are several, the one that started first. It is not the root if the trace
   * began in another place, as in a test with a traced `fetch`.
   */
  readonly request?: Span
}

/** Whether the span is one of a request that a server answered. */
export function isRequest({ type, meta }: Span): boolean {
  return type === 'web' || meta['span.kind'] === 'server'
}

/** Options of the functions that wait. */
export interface WaitOptions {
  /**
   * Milliseconds.
   *
   * @default 5000
   */
  timeout?: number
}

/** The last traces, merged from the chunks in which they arrive. */
export class Traces {
  readonly #kept = new Map<string, KeptTrace>()
  readonly #listeners = new Set<(trace: Trace) => void>()
  readonly #waiting = new Set<(error: Error) => void>()
  #weight = 0

  constructor(private readonly keep: number) {}

  get all(): Trace[] {
    return [...this.#kept.values()]
  }

  add(spans: Span[]): void {
    const changed = new Set(spans.map(span => this.#addSpan(span)))
    this.#dropOldest()
    for (const trace of changed) for (const listener of [...this.#listeners]) notify(listener, trace)
  }

  onTrace(listener: (trace: Trace) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The first value that `find` returns for a trace, now or within the timeout. */
  waitFor<T>(find: (trace: Trace) => T | undefined, wanted: string, { timeout = 5000 }: WaitOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        stopListening()
        this.#waiting.delete(fail)
      }
      const fail = (error: unknown) => {
        end()
        reject(error)
      }
      const look = (trace: Trace) => {
        try {
          const found = find(trace)
          if (found === undefined) return false
          end()
          resolve(found)
        } catch (error) {
          fail(error)
        }
        return true
      }
      const timer = setTimeout(
        () => fail(new Error(`${wanted} did not come in ${timeout} ms. ${this.#arrived()}`)),
        timeout,
      )
      const stopListening = this.onTrace(look)
      this.#waiting.add(fail)
      this.all.some(look)
    })
  }

  clear(): void {
    this.#kept.clear()
    this.#weight = 0
  }

  /** Rejects the promises of all open waits. */
  close(): void {
    for (const fail of [...this.#waiting]) fail(new Error('The agent was closed while code waited for a trace.'))
    this.#listeners.clear()
  }

  #addSpan(span: Span): Trace {
    const low = span.traceId.slice(16)
    const trace = this.#kept.get(low) ?? new KeptTrace(low)
    this.#kept.set(low, trace)
    trace.add(span)
    this.#weight += weigh(span)
    return trace
  }

  #dropOldest(): void {
    for (const [low, trace] of this.#kept) {
      if (this.#kept.size <= this.keep && this.#weight <= heaviest) return
      this.#kept.delete(low)
      for (const span of trace.spans) this.#weight -= weigh(span)
    }
  }

  #arrived(): string {
    const shown = this.all
      .slice(-10)
      .map(({ request, root, spans }) => `"${(request ?? root ?? spans[0])?.resource}" (spans: ${spans.length})`)
    return shown.length ? `These traces came: ${shown.join(', ')}.` : 'No trace came at all.'
  }
}

/** A trace to which spans are added. */
export class KeptTrace implements Trace {
  traceId: string
  readonly spans: Span[] = []
  root?: Span
  request?: Span

  constructor(private readonly low: string) {
    this.traceId = low.padStart(32, '0')
  }

  get traceIdLow(): string {
    return BigInt(`0x${this.low}`).toString()
  }

  add(span: Span): void {
    this.spans.push(span)
    if (span.parentId === '0') this.root ??= span
    if (isRequest(span) && !(this.request && this.request.start <= span.start)) this.request = span
    this.#learnHigh(span.meta['_dd.p.tid'])
    span.traceId = this.traceId
  }

  /** Only one span of a chunk has the high half, and spans of other chunks may have come before it. */
  #learnHigh(high = ''): void {
    if (this.traceId.startsWith(high) || !/^[0-9a-f]{16}$/.test(high)) return
    this.traceId = high + this.low
    for (const span of this.spans) span.traceId = this.traceId
  }
}

/** An error of a listener becomes an uncaught error, in a microtask. If it were thrown here, the tracer's request would fail. */
function notify(listener: (trace: Trace) => void, trace: Trace): void {
  try {
    listener(trace)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Most bytes of memory that all kept spans may take, by estimate. */
const heaviest = 256 * 1024 * 1024

/** Bytes of memory that a span takes, by estimate. */
export function weigh(span: Span): number {
  let weight = 500 + span.resource.length + span.name.length
  for (const key in span.meta) weight += 50 + key.length + (span.meta[key]?.length ?? 0)
  for (const key in span.metrics) weight += 50 + key.length
  return weight
}
