import { METHODS } from 'node:http'
import { tagOf } from '../tracer/internals'
import type { Span } from '../tracer/types'
import { attempt, tracerWarning } from '../warnings/warn'

const methods = new Set(METHODS)

/**
 * The resource of a request: `GET /users/:id`, or `GET` if nothing matched. A middleware may set any method from a header or a form. A
 * method that HTTP does not have becomes `HTTP`. Otherwise an outsider could make any number of resources.
 */
export function resourceOf(method: string, template: string | undefined): string {
  if (template === undefined) return nameOf(method)
  return known.get(method)?.get(template) ?? remember(method, template)
}

/** Whether HTTP has this method. */
export const isMethod = (method: string): boolean => methods.has(method)

const nameOf = (method: string): string => (isMethod(method) ? method : 'HTTP')

/** The resources that were made before. The tracer is also faster with a string that it has seen. */
const known = new Map<string, Map<string, string>>()
const maxTemplates = 1000

function remember(method: string, template: string): string {
  const resource = `${nameOf(method)} ${template}`
  const ofMethod = known.get(method) ?? new Map<string, string>()
  if (isMethod(method)) known.set(method, ofMethod)
  if (ofMethod.size < maxTemplates) ofMethod.set(template, resource)
  return resource
}

/** The resource for a route that the application set. It is not kept, because there may be any number of such routes. */
export function resourceOfRoute(method: string, route: unknown): string {
  return route ? `${nameOf(method)} ${route}` : nameOf(method)
}

type Hook<Req, Res, Incoming> = (span: Span, req: Req, res: Res, incoming: Incoming) => void

/** Wraps `hooks.request`: if the hook sets another route, the resource is made again from it. */
export function withRouteOfHook<Req extends { method?: string }, Res, Incoming>(
  hook: Hook<Req, Res, Incoming>,
): Hook<Req, Res, Incoming> {
  return (span, req, res, incoming) => {
    const before = attempt(tracerWarning, namesOf, span)
    hook(span, req, res, incoming)
    if (before) attempt(tracerWarning, followRoute, span, req.method ?? 'GET', before)
  }
}

interface Names {
  readonly route: unknown
  readonly resource: unknown
}

const namesOf = (span: Span): Names => ({ route: tagOf(span, 'http.route'), resource: tagOf(span, 'resource.name') })

/** If the hook has set another route, makes the resource from it. A resource that the application set itself stays. */
function followRoute(span: Span, method: string, before: Names): void {
  const { route, resource } = namesOf(span)
  if (route === before.route || resource !== before.resource) return
  if (resource === resourceOfRoute(method, before.route)) span.setTag('resource.name', resourceOfRoute(method, route))
}
