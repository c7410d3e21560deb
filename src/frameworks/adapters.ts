import { processState } from '../process-state'
import type { ServedRequest } from '../request'
import type { Entered, Framework, InnerApplication } from './inner-application'

// An Express application may run inside a Koa application, or the reverse, each with its own spanlog, at any depth. The outermost one
// serves the request. The inner ones add only their route.

/** A request that the outer application serves. */
export interface Outer {
  readonly request: ServedRequest
  /** The template of the mounts that the request has entered; `''` if it entered none. */
  readonly mount: string
}
type FindOuter = (req: object) => Outer | undefined

const outerFinders = processState('finders', (): { [framework in Framework]?: FindOuter } => ({}))

/** Call this when a middleware is made. A process that uses one framework then never searches for the other. */
export function addOuterFinder(framework: Framework, find: FindOuter): void {
  outerFinders[framework] = find
}

/** The request of this `req`, if the other framework's middleware serves it already. */
export function servedBy(framework: Framework, req: object): Outer | undefined {
  return outerFinders[framework]?.(req)
}

/** Gives the span the route of the inner application, prefixed with the mounts of the outer ones. */
export function enterInner({ request, mount }: Outer, entered: Entered): void {
  const outer = innermost(request, entered.framework === 'koa' ? 'express' : 'koa')
  const prefix = outer ? outer.mount() : mount
  const joined = () => {
    const own = entered.template()
    return own === '/' ? prefix || '/' : own && prefix + own
  }
  request.inner = {
    ...entered,
    outer,
    template: () => joined() ?? outer?.template(),
    mount: () => prefix + entered.mount(),
  }
}

/** The innermost application of this framework that has received the request from the other framework. */
export function innermost(request: ServedRequest, framework: Framework): InnerApplication | undefined {
  for (let at = request.inner; at; at = at.outer) if (at.framework === framework) return at
  return undefined
}

/** Where the innermost adapter of this framework remembers which route was taken. */
export function routeStateIn(request: ServedRequest, framework: Framework): unknown {
  const inner = request.inner && innermost(request, framework)
  if (inner) return inner.route
  return request.settings.component === framework ? request.route : undefined
}
