import { processState } from '../process-state'
import type { ServedRequest } from '../request'

// An Express application may run inside a Koa application, or the reverse, each with its own spanlog. The outer one serves the request.
// The inner one adds only its route.

type Framework = 'express' | 'koa'

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

/** Gives the span the route of the inner application, prefixed with the mount of the outer one. */
export function enterInner({ request, mount }: Outer, route: unknown, template: () => string | undefined): void {
  const joined = () => {
    const own = template()
    return own === '/' ? mount || '/' : own && mount + own
  }
  request.inner = { route, template: joined }
}
