import { METHODS } from 'node:http'
import { tagOf } from '../tracer/internals'
import type { Span } from '../tracer/types'
import { attempt, tracerWarning } from '../warn'

const methods = new Set(METHODS)

/**
 * The resource of a request: `GET /users/:id`, or `GET` where nothing matched. A middleware can set any method from a
 * header or a form. One that HTTP does not have becomes `HTTP`, so that a stranger cannot invent resources.
 */
export function resourceOf(method: string, template: string | undefined): string {
  if (template === undefined) return nameOf(method)
  return known.get(method)?.get(template) ?? remember(method, template)
}

/** Whether HTTP has this method. */
export const isMethod = (method: string): boolean => methods.has(method)

const nameOf = (method: string): string => (isMethod(method) ? method : 'HTTP')

/** Texts that were made before. The tracer, too, is faster with a string that it has seen. */
const known = new Map<string, Map<string, string>>()
const maxTemplates = 1000

function remember(method: string, template: string): string {
  const resource = `${nameOf(method)} ${template}`
  const ofMethod = known.get(method) ?? new Map<string, string>()
  if (isMethod(method)) known.set(method, ofMethod)
  if (ofMethod.size < maxTemplates) ofMethod.set(template, resource)
  return resource
}

/** The resource of a request on a route that the application has set. Its routes are not remembered: they may be without number. */
export function resourceOfRoute(method: string, route: unknown): string {
  return route ? `${nameOf(method)} ${route}` : nameOf(method)
}

type Hook<Req, Res> = (span: Span, req: Req, res: Res) => void

/** `hooks.request`, after which the resource follows the route that the hook has set. */
export function withRouteOfHook<Req extends { method?: string }, Res>(hook: Hook<Req, Res>): Hook<Req, Res> {
  return (span, req, res) => {
    const before = attempt(tracerWarning, namesOf, span)
    hook(span, req, res)
    if (before) attempt(tracerWarning, followRoute, span, req.method ?? 'GET', before)
  }
}

interface Names {
  readonly route: unknown
  readonly resource: unknown
}

const namesOf = (span: Span): Names => ({ route: tagOf(span, 'http.route'), resource: tagOf(span, 'resource.name') })

/** A resource that was not made from the route belongs to the application, and stays. */
function followRoute(span: Span, method: string, before: Names): void {
  const { route, resource } = namesOf(span)
  if (route === before.route || resource !== before.resource) return
  if (resource === resourceOfRoute(method, before.route)) span.setTag('resource.name', resourceOfRoute(method, route))
}
