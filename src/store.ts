import { AsyncLocalStorage, AsyncResource, executionAsyncId } from 'node:async_hooks'
import type { Fields, LineContext, Log } from './logger'
import { processState } from './process-state'
import type { OpenResponse } from './response-end'
import { loadedTracer, sameTrace, tiedTo } from './tracer/internals'
import type { Span, Tracer } from './tracer/types'
import { warnOnce } from './warn'

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
  /** The id of this request, where the option `requestId` is on. */
  readonly id: string | undefined
  /** Remembers an error, for the span. */
  noteError(error: unknown): void
  /** Names the route. False where it cannot, as for a job. */
  setRoute(template: string): boolean
  /** Called when the listeners of the response's end have run. */
  afterEnd(): void
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

/** A request whose listeners are being called: whatever span is active, it is this request that they belong to. */
interface Listening {
  readonly listening: CurrentRequest
}

interface Store {
  requests: AsyncLocalStorage<CurrentRequest | Listening>
  /** Each finds the request of what its framework hands to handlers. */
  finders: Set<(of: object) => CurrentRequest | undefined>
  /** The namespaces that some middleware joined, usually none. */
  namespaces: Set<Namespace>
}

const store: Store = processState('store', () => ({
  requests: new AsyncLocalStorage(),
  finders: new Set(),
  namespaces: new Set(),
}))

/** Lets `recordError` find the request of a `req` or `ctx`. */
export function addFinder(find: (of: object) => CurrentRequest | undefined): void {
  store.finders.add(find)
}

/** The request that a `req` or `ctx` belongs to. */
export function requestFor(of: object): CurrentRequest | undefined {
  for (const find of store.finders) {
    const request = find(of)
    if (request) return request
  }
  return undefined
}

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
  const listening: Listening = { listening: state }
  if (state.context === undefined) return store.requests.run(listening, emitNow, emit, emitter, args)
  return store.requests.run(listening, emitInNamespace, state, emit, emitter, args)
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

/** The request that the async context tells. */
export function contextRequest(): CurrentRequest | undefined {
  const named = store.namespaces.size > 0 ? inNamespaces() : undefined
  if (named) return named
  const stored = store.requests.getStore()
  return isListening(stored) ? stored.listening : stored
}

/** Not by a class: each copy of spanlog in this process would have its own. */
const isListening = (stored: CurrentRequest | Listening | undefined): stored is Listening =>
  stored !== undefined && 'listening' in stored

/**
 * The request that the running code belongs to. A pool that calls back in another request's context takes ours along, but not the
 * spans of dd-trace's integrations, which open one for each middleware: the active span knows better, where it is of another request.
 */
export function currentRequest(): CurrentRequest | undefined {
  const named = store.namespaces.size > 0 ? inNamespaces() : undefined
  if (named) return named
  const stored = store.requests.getStore()
  if (isListening(stored)) return stored.listening
  return requestOfActiveSpan(stored) ?? stored
}

function requestOfActiveSpan(stored: CurrentRequest | undefined): CurrentRequest | undefined {
  try {
    const active = (stored?.tracer ?? loadedTracer())?.scope().active()
    if (!active || (stored?.span && sameTrace(active, stored.span))) return undefined
    return tiedTo(active) as CurrentRequest | undefined
  } catch {
    return undefined // who logs will meet the same tracer, and tell of it
  }
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

/** The id of the current request, where the option `requestId` is on; `undefined` outside a request. */
export function getRequestId(): string | undefined {
  return currentRequest()?.id
}

/**
 * Names the route of the current request: the resource becomes `METHOD template`, `http.route` the template. For what no router
 * tells: the operation of a GraphQL request, the target of a proxy, a page of a catch-all route. Call it at any time before the
 * response ends; the last call counts. Outside a request it does nothing.
 *
 * @param template at most 200 characters; values such as ids do not belong into it, or each makes a resource of its own
 * @example setRoute('/graphql CreateOrder')
 */
export function setRoute(template: string): void {
  const request = currentRequest()
  if (request === undefined) return
  const isNamed = typeof template === 'string' && template !== '' && request.setRoute(template.slice(0, maxRoute))
  if (!isNamed) warnOnce(routeWarning)
}

const maxRoute = 200
const routeWarning = {
  code: 'SPANLOG_ROUTE',
  message:
    'setRoute() was called with something that is no text such as `/graphql CreateOrder`, or in a job, which has no route',
}
