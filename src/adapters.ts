import { processState } from './process-state'
import type { ServedRequest } from './request'

// An Express application may run inside of a Koa one, or the reverse, each with its own spanlog. The outer one serves the request.

type Framework = 'express' | 'koa'

/** A request that the outer application serves. */
export interface Outer {
  readonly request: ServedRequest
  /** The template of the mounts in which it stands; `''` outside of any. */
  readonly mount: string
}
type Find = (req: object) => Outer | undefined

const finders = processState('finders', (): { [framework in Framework]?: Find } => ({}))

/** To be called when a middleware is made: a process with one framework does not look for the other. */
export function joinFinders(framework: Framework, find: Find): void {
  finders[framework] = find
}

/** The request of this `req`, if the other framework's middleware serves it already. */
export function servedBy(framework: Framework, req: object): Outer | undefined {
  return finders[framework]?.(req)
}

/** Lets the span have the route of the inner application, below the mount of the outer one. */
export function enterInner({ request, mount }: Outer, route: unknown, template: () => string | undefined): void {
  const joined = () => {
    const own = template()
    return own === '/' ? mount || '/' : own && mount + own
  }
  request.inner = { route, template: joined }
}
