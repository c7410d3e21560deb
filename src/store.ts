import { AsyncLocalStorage, AsyncResource, executionAsyncId } from 'node:async_hooks'
import type { Fields, LineContext, Log } from './logger'
import { processState } from './process-state'
import type { OpenResponse } from './response/response-end'
import { loadedTracer, sameTrace, tiedTo } from './tracer/internals'
import type { Span, Tracer } from './tracer/types'
import { errorsAreRecorded } from './warnings/hints'
import { warnOnce } from './warnings/warn'

/** The state of one request or job. */
export interface CurrentRequest extends LineContext {
  readonly tracer: Tracer
  /** `undefined` where the request is skipped or no tracer runs. */
  readonly span: Span | undefined
  readonly namespace: Namespace | undefined
  fields: Fields | undefined
  /** The context that cls-hooked made for this request, if there is a namespace. */
  context: object | undefined
  /** The async context of this request, if `keepScope` has kept it. */
  scope: AsyncResource | undefined
  /** Waits for the end of the response. `undefined` before the request is tied to a response. */
  open: OpenResponse | undefined
  /** The id of this request, where the option `requestId` is on. */
  readonly id: string | undefined
  /** Remembers an error for the span. */
  noteError(error: unknown): void
  /** Sets the route's template. Returns false for a job, which has no route. */
  setRoute(template: string): boolean
  /** Called when the listeners of the response's end have run: dd-trace has finished its span by then. */
  afterEnd(): void
  /** The logger of this request, made when someone first logs. */
  readonly log: Log
  /** The innermost active span if it belongs to this request's trace, else the request's own. */
  lineSpan(): Span | undefined
}

/**
 * A cls-hooked namespace, by the methods that spanlog calls. cls-hooked itself is never loaded, because a second copy deletes all
 * namespaces.
 */
export interface Namespace {
  run(fn: (context: object) => void): unknown
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  enter?(context: object): void
  exit?(context: object): void
}

/** The key under which a namespace holds the request. */
const namespaceKey = 'spanlog'

/** Stored while listeners of a request run. They belong to that request, whatever span is active. */
interface Listening {
  readonly listening: CurrentRequest
}

interface Store {
  requests: AsyncLocalStorage<CurrentRequest | Listening>
  /** One per framework. Each finds the request of a `req` or `ctx` of its framework. */
  finders: Set<(of: object) => CurrentRequest | undefined>
  /** The namespaces of the option `namespace`. Usually there are none. */
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
function requestFor(of: object): CurrentRequest | undefined {
  for (const find of store.finders) {
    const request = find(of)
    if (request) return request
  }
  return undefined
}

/** Makes `getLog` and `getSpan` look into a namespace too. */
export function joinNamespace(namespace: Namespace): void {
  store.namespaces.add(namespace)
}

/**
 * Whether `AsyncLocalStorage.run` calls `enterWith`, as on Node 24 and newer. There each `run` copies the whole async context twice.
 * An AsyncResource with one `enterWith` costs half (3,300 cycles instead of 7,100).
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

/** Runs `fn` in the context of a request. On Node 20, `enterWith` alone would also apply to the next request on the same socket. */
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

/** Keeps the current async context, so that the listeners of the request can be called in it. */
export function keepScope(state: CurrentRequest): void {
  if (runEnters && state.namespace === undefined) state.scope = newResource()
}

/** The second argument is Node's default. Passing it saves Node a look-up. */
const newResource = () => new AsyncResource('spanlog', executionAsyncId())

/** Runs `fn` in a child context of the namespace: it inherits the application's values, and ours do not reach the parent. */
function runInNamespace<T>(state: CurrentRequest, namespace: Namespace, fn: () => T): T {
  let outcome: { value: T } | undefined
  let failure: { error: unknown } | undefined
  namespace.run(context => {
    state.context = context
    namespace.set(namespaceKey, state)
    try {
      outcome = { value: fn() }
    } catch (error) {
      failure = { error } // `run` would write the whole context on an error that passes through it
    }
  })
  if (failure) throw failure.error
  return (outcome as { value: T }).value
}

/**
 * Calls the listeners of a request or response in the context of that request. Node emits in another one: after an abort there is
 * none, and for a pipelined response it is that of another request.
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

/** The request of the current async context. */
export function contextRequest(): CurrentRequest | undefined {
  const named = store.namespaces.size > 0 ? inNamespaces() : undefined
  if (named) return named
  const stored = store.requests.getStore()
  return isListening(stored) ? stored.listening : stored
}

/** Tests by the property, not by a class: each copy of spanlog in this process would have another class. */
const isListening = (stored: CurrentRequest | Listening | undefined): stored is Listening =>
  stored !== undefined && 'listening' in stored

/**
 * The request that the running code belongs to. A connection pool may call back in the async context of another request. dd-trace's
 * integration of Express activates the right span again for the next middleware. So if the active span and the context belong to
 * different requests, the span is right.
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
    return tiedTo(active) as unknown as CurrentRequest | undefined
  } catch {
    return undefined // the next line that is written will warn of the same tracer
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
 * The logger of the current request. Outside a request it returns what you pass, so the same code can log in both places.
 *
 * @param outside the logger to use outside a request
 * @example getLog(log).debug({ id }, 'query')
 */
export function getLog<L = undefined>(outside?: L): Log | L {
  const request = currentRequest()
  return request ? request.log : (outside as L)
}

/** The span of the current request, never that of a middleware or a child. `undefined` outside a request and where no tracer runs. */
export function getSpan(): Span | undefined {
  return currentRequest()?.span
}

/**
 * Adds fields to every later line of the current request, also of loggers and children made before. Outside a request it does
 * nothing.
 */
export function addFields(fields: Fields): void {
  const request = currentRequest()
  if (request) request.fields = { ...request.fields, ...fields }
}

/** The id of the current request, where the option `requestId` is on; `undefined` outside a request. */
export function getRequestId(): string | undefined {
  return currentRequest()?.id
}

/**
 * Sets the route of the current request: the resource becomes `METHOD template`, and `http.route` becomes the template. Use it where
 * no router knows the route: the operation of a GraphQL request, the target of a proxy, a page of a catch-all route. Call it before
 * the response ends. The last call counts. Outside a request it does nothing.
 *
 * @param template at most 200 characters, longer ones are cut. Do not put ids into it: each id would make a new resource
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
    'Expected setRoute() to be called in a request, with a text such as `/graphql CreateOrder`. A job has no route',
}

/**
 * Records an error that no error handler sees: in an exception filter of Nest, `onError` of tRPC, a plugin of Apollo, a proxy. If
 * the answer is an error, the span gets the type, message and stack. A successful answer stays a success. The last error counts.
 * Outside a request it does nothing.
 *
 * @param of Express's `req` or Koa's `ctx`
 * @default the current request
 * @example recordError(error)
 */
export function recordError(error: unknown, of?: object): void {
  errorsAreRecorded()
  const request = of === undefined || of === null ? currentRequest() : requestFor(of)
  request?.noteError(error)
}
