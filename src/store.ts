import { AsyncLocalStorage } from 'node:async_hooks'
import { type DdFields, ddFieldsOf } from './dd-fields'
import { type Span, sameTrace, type Tracer } from './dd-internals'
import type { BindLogger, Fields, LineContext, Log } from './logger'
import { warnOnce } from './warn'

/**
 * What spanlog keeps of one request. It lives as long as anything that the request started, so it is small and holds no
 * request, response or body.
 */
export class RequestState implements LineContext {
  fields: Fields | undefined = undefined
  /** The cls-hooked context of this request, where a namespace carries it. */
  context: object | undefined = undefined
  #log: unknown = undefined
  #own: DdFields | undefined = undefined
  #inner: DdFields | undefined = undefined
  #innerSpan: Span | undefined = undefined

  constructor(
    readonly tracer: Tracer,
    /** `undefined` where the request is skipped or no tracer runs. */
    readonly span: Span | undefined,
    readonly service: string | undefined,
    readonly bindLogger: BindLogger,
    readonly namespace: Namespace | undefined,
  ) {}

  /** The logger of this request, made when someone first logs. */
  get log(): Log {
    this.#log ??= this.bindLogger(this)
    return this.#log as Log
  }

  /** What the line that is written now is linked to. */
  dd(): DdFields | undefined {
    try {
      const span = this.lineSpan()
      return span === this.span ? this.#ownFields() : this.#innerFields(span as Span)
    } catch (error) {
      warnOnce('SPANLOG_TRACER', 'The tracer threw while a log line was written: the line has no trace ids', error)
      return undefined
    }
  }

  /** The innermost active span if it belongs to this request's trace, else the request's own: the context may be lost or another's. */
  lineSpan(): Span | undefined {
    if (this.span === undefined) return undefined
    const active = this.tracer.scope().active()
    return active && sameTrace(active, this.span) ? active : this.span
  }

  #ownFields(): DdFields | undefined {
    this.#own ??= ddFieldsOf(this.tracer, this.span, this.service)
    return this.#own
  }

  #innerFields(span: Span): DdFields | undefined {
    if (span !== this.#innerSpan) {
      this.#inner = ddFieldsOf(this.tracer, span, this.service)
      this.#innerSpan = span
    }
    return this.#inner
  }
}

/** A cls-hooked namespace, by the methods that spanlog calls. cls-hooked itself is never loaded: a second copy wipes all namespaces. */
export interface Namespace {
  run(fn: (context: object) => void): unknown
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  enter?(context: object): void
  exit?(context: object): void
}

/** Where a namespace keeps the state of a request. */
const namespaceKey = 'spanlog'

interface Store {
  requests: AsyncLocalStorage<RequestState>
  /** The namespaces that some middleware joined, usually none. */
  namespaces: Set<Namespace>
}

/** One per process, whatever the number of copies of spanlog in it. */
const store = (() => {
  const holder = globalThis as { [key: symbol]: Store | undefined }
  const key = Symbol.for('spanlog.store')
  holder[key] ??= { requests: new AsyncLocalStorage<RequestState>(), namespaces: new Set() }
  return holder[key]
})()

/** Lets `getLog` and `getSpan` look into a namespace too. */
export function joinNamespace(namespace: Namespace): void {
  store.namespaces.add(namespace)
}

/** Runs `fn` as part of a request. Never `enterWith`: on Node 20 that reaches the next request on the same socket. */
export function runInRequest<T, Args extends unknown[]>(
  state: RequestState,
  fn: (...args: Args) => T,
  ...args: Args
): T {
  const { namespace } = state
  if (namespace === undefined) return store.requests.run(state, fn, ...args)
  return store.requests.run(state, runInNamespace<T>, state, namespace, () => fn(...args))
}

/** In a child context, so that what the application keeps in the namespace is inherited and ours stays below. */
function runInNamespace<T>(state: RequestState, namespace: Namespace, fn: () => T): T {
  let outcome: { value: T } | undefined
  let failure: { error: unknown } | undefined
  namespace.run(context => {
    state.context = context
    namespace.set(namespaceKey, state)
    try {
      outcome = { value: fn() }
    } catch (error) {
      failure = { error } // thrown through `run`, the whole context would be written on the error
    }
  })
  if (failure) throw failure.error
  return (outcome as { value: T }).value
}

/**
 * Calls the listeners of a request or response as part of that request, in whatever context Node emits: after an abort it is
 * none, for a pipelined response another request's.
 */
export function emitInRequest(state: RequestState, emit: Emit, emitter: object, args: unknown[]): boolean {
  if (state.context === undefined) return store.requests.run(state, emitNow, emit, emitter, args)
  return store.requests.run(state, emitInNamespace, state, emit, emitter, args)
}

function emitNow(emit: Emit, emitter: object, args: unknown[]): boolean {
  return emit.apply(emitter, args)
}

function emitInNamespace(state: RequestState, emit: Emit, emitter: object, args: unknown[]): boolean {
  const context = state.context as object
  state.namespace?.enter?.(context)
  try {
    return emit.apply(emitter, args)
  } finally {
    state.namespace?.exit?.(context)
  }
}

export type Emit = (this: object, ...args: unknown[]) => boolean

/** The request that the running code belongs to. */
export function currentRequest(): RequestState | undefined {
  return (store.namespaces.size && inNamespaces()) || store.requests.getStore()
}

function inNamespaces(): RequestState | undefined {
  for (const namespace of store.namespaces) {
    const state = namespace.get(namespaceKey)
    if (state) return state as RequestState
  }
  return undefined
}

/**
 * The logger of the current request; outside a request, the logger that you pass, so that code which runs in both logs in both.
 *
 * @example getLog(log).debug({ id }, 'query')
 */
export function getLog<L = undefined>(outside?: L): Log | L {
  const request = currentRequest()
  return request ? request.log : (outside as L)
}

/** The span of the current request (never a middleware's or a child's), its own or the one dd-trace started; `undefined` outside a request. */
export function getSpan(): Span | undefined {
  return currentRequest()?.span
}

/** Adds fields to every later line of the current request, on loggers and children already made too. Outside a request it does nothing. */
export function addFields(fields: Fields): void {
  const request = currentRequest()
  if (request) request.fields = { ...request.fields, ...fields }
}
