import { AsyncLocalStorage, AsyncResource, executionAsyncId } from 'node:async_hooks'
import type { Fields, LineContext, Log } from './logger'
import { processState } from './process-state'
import type { OpenResponse } from './response-end'
import type { Span, Tracer } from './tracer/types'

/** What spanlog keeps of one request. */
export interface CurrentRequest extends LineContext {
  readonly tracer: Tracer
  /** `undefined` where the request is skipped or no tracer runs. */
  readonly span: Span | undefined
  readonly namespace: Namespace | undefined
  fields: Fields | undefined
  /** The cls-hooked context of this request, where a namespace carries it. */
  context: object | undefined
  /** The async context of this request, where it is cheap to go back to. */
  scope: AsyncResource | undefined
  /** What tells of the end of the response, until it has. */
  open: OpenResponse | undefined
  /** The logger of this request, made when someone first logs. */
  readonly log: Log
  /** The innermost active span if it belongs to this request's trace, else the request's own. */
  lineSpan(): Span | undefined
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
  requests: AsyncLocalStorage<CurrentRequest>
  /** The namespaces that some middleware joined, usually none. */
  namespaces: Set<Namespace>
}

const store: Store = processState('store', () => ({ requests: new AsyncLocalStorage(), namespaces: new Set() }))

/** Lets `getLog` and `getSpan` look into a namespace too. */
export function joinNamespace(namespace: Namespace): void {
  store.namespaces.add(namespace)
}

/**
 * Whether `run` calls `enterWith`, as on Node 24 and newer. There each `run` copies the whole async context twice, and one
 * AsyncResource with one `enterWith` costs half (3,300 cycles instead of 7,100).
 */
const runEnters = (() => {
  let enters = false
  const probe = new AsyncLocalStorage<number>()
  probe.enterWith = () => {
    enters = true
  }
  probe.run(1, () => {})
  probe.disable()
  return enters
})()

/** Runs `fn` as part of a request. `enterWith` alone would reach the next request on the same socket, on Node 20. */
export function runInRequest<T, Args extends unknown[]>(
  state: CurrentRequest,
  fn: (...args: Args) => T,
  ...args: Args
): T {
  const { namespace } = state
  if (namespace !== undefined) return store.requests.run(state, runInNamespace<T>, state, namespace, () => fn(...args))
  if (!runEnters) return store.requests.run(state, fn, ...args)
  return newResource().runInAsyncScope(enter<T, Args>, undefined, state, fn, args)
}

function enter<T, Args extends unknown[]>(state: CurrentRequest, fn: (...args: Args) => T, args: Args): T {
  store.requests.enterWith(state)
  return fn(...args)
}

/** Remembers the async context of a request, to call its listeners in. To be called inside of it. */
export function keepScope(state: CurrentRequest): void {
  if (runEnters && state.namespace === undefined) state.scope = newResource()
}

/** With the default for the second argument written out, Node looks up less. */
const newResource = () => new AsyncResource('spanlog', executionAsyncId())

/** In a child context, so that what the application keeps in the namespace is inherited and ours stays below. */
function runInNamespace<T>(state: CurrentRequest, namespace: Namespace, fn: () => T): T {
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
export function emitInRequest(state: CurrentRequest, emit: Emit, emitter: object, args: unknown[]): boolean {
  if (state.scope !== undefined) return state.scope.runInAsyncScope(emit as never, emitter, ...args) as boolean
  if (state.context === undefined) return store.requests.run(state, emitNow, emit, emitter, args)
  return store.requests.run(state, emitInNamespace, state, emit, emitter, args)
}

function emitNow(emit: Emit, emitter: object, args: unknown[]): boolean {
  return emit.apply(emitter, args)
}

function emitInNamespace(state: CurrentRequest, emit: Emit, emitter: object, args: unknown[]): boolean {
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
export function currentRequest(): CurrentRequest | undefined {
  return (store.namespaces.size && inNamespaces()) || store.requests.getStore()
}

function inNamespaces(): CurrentRequest | undefined {
  for (const namespace of store.namespaces) {
    const state = namespace.get(namespaceKey)
    if (state) return state as CurrentRequest
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
