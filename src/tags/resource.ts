import { METHODS } from 'node:http'

const methods = new Set(METHODS)

/**
 * The resource of a request: `GET /users/:id`, or `GET` where nothing matched. A middleware can set any method from a
 * header or a form; one that HTTP does not have becomes `HTTP`, so that a stranger cannot invent resources.
 */
export function resourceOf(method: string, template: string | undefined): string {
  if (template === undefined) return methods.has(method) ? method : 'HTTP'
  return known.get(method)?.get(template) ?? make(method, template)
}

/** Made once: the tracer, too, is quicker with a text that it has seen. */
const known = new Map<string, Map<string, string>>()
const most = 1000

function make(method: string, template: string): string {
  const isKnown = methods.has(method)
  const resource = `${isKnown ? method : 'HTTP'} ${template}`
  const ofMethod = known.get(method) ?? new Map<string, string>()
  if (isKnown) known.set(method, ofMethod)
  if (ofMethod.size < most) ofMethod.set(template, resource)
  return resource
}
