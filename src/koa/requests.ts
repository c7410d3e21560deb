import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ParsedUrlQuery } from 'node:querystring'
import { byPrototype, emitFor } from '../frameworks/accessors'
import { routeStateIn } from '../frameworks/adapters'
import type { ServedRequest } from '../request'
import { addFinder, type Emit } from '../store'
import type { KoaApp, KoaRouteState, KoaContext as RoutedContext } from './route'

// Finds the request of spanlog for a `ctx`, `req` or `res` of Koa.

export type KoaServed = ServedRequest<KoaRouteState>

/** A property costs less than a WeakMap, because all contexts share a hidden class. */
const requestKey = Symbol.for('spanlog.koa.request')
const contextKey = Symbol.for('spanlog.koa.context')

/** The properties of Koa's `ctx` that spanlog reads. */
export interface KoaContext extends RoutedContext {
  app: KoaApp
  req: IncomingMessage
  res: ServerResponse
}

/** The type of `ctx` in callbacks, where the application does not declare its own. */
export interface DefaultContext extends KoaContext {
  // biome-ignore lint/suspicious/noExplicitAny: as Koa's own type
  state: any
  method: string
  url: string
  originalUrl: string
  path: string
  // biome-ignore lint/suspicious/noExplicitAny: as @koa/router's own type
  params?: any
  query: ParsedUrlQuery
  querystring: string
  host: string
  hostname: string
  protocol: string
  ip: string
  headers: IncomingHttpHeaders
  status: number
  get(header: string): string
}

type WithRequest = object & { [requestKey]?: KoaServed }
type Message = object & { [contextKey]?: KoaContext; emit?: Emit }

/** The request of a `ctx`. */
export function requestOfContext(ctx: object): KoaServed | undefined {
  return (ctx as WithRequest)[requestKey]
}

/** The state of the routes that Koa's routers take, also for an application inside an Express application. */
export function routeStateOf(ctx: object): KoaRouteState | undefined {
  const request = requestOfContext(ctx)
  return request && (routeStateIn(request, 'koa') as KoaRouteState | undefined)
}

/** Ties a request to its `ctx`. */
export function tieContext(ctx: object, request: KoaServed): void {
  ;(ctx as WithRequest)[requestKey] = request
}

/** The `ctx` of a `req` or `res`. */
export function contextOf(message: object): KoaContext | undefined {
  return (message as Message)[contextKey]
}

/** The request of a `req` or `res`. */
export function requestOf(message: object): KoaServed | undefined {
  const ctx = contextOf(message)
  return ctx && requestOfContext(ctx)
}

type BeforeEnd = (request: KoaServed, res: object) => void

/** Makes a `req` or `res` call its listeners in the context of the request. */
export type TieMessage = (message: object, ctx: KoaContext) => void

/** @param beforeEnd called before a response emits `finish` or `close` */
export function messageTie(beforeEnd?: BeforeEnd): TieMessage {
  const emitOf = byPrototype(prototype => new PrototypeEmit(prototype as { emit: Emit }, beforeEnd))
  return (message, ctx) => {
    if (typeof (message as Message).emit !== 'function') return
    try {
      ;(message as Message)[contextKey] = ctx
    } catch {
      return // A sealed `req` or `res` cannot hold our symbol. Its listeners run outside the request's context.
    }
    const { inherited, emit } = emitOf(message).current()
    if ((message as Message).emit === inherited) (message as Message).emit = emit
  }
}

/** Our `emit` for all messages with one prototype. It is made again when someone has replaced the `emit` of the prototype. */
class PrototypeEmit {
  inherited: Emit
  emit: Emit

  constructor(
    readonly prototype: { emit: Emit },
    readonly beforeEnd: BeforeEnd | undefined,
  ) {
    this.inherited = prototype.emit
    this.emit = this.#make()
  }

  current(): this {
    if (this.prototype.emit !== this.inherited) {
      this.inherited = this.prototype.emit
      this.emit = this.#make()
    }
    return this
  }

  #make(): Emit {
    const { inherited } = this
    return emitFor(requestOf, () => inherited, this.beforeEnd)
  }
}

addFinder(of => requestOfContext(of) ?? requestOf(of))
