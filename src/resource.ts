import { METHODS } from 'node:http'

const methods = new Set(METHODS)

/**
 * The resource of a request: `GET /users/:id`, or `GET` where nothing matched. A middleware can set any method from a
 * header or a form; one that HTTP does not have becomes `HTTP`, so that a stranger cannot invent resources.
 */
export function resourceOf(method: string, template: string | undefined): string {
  const word = methods.has(method) ? method : 'HTTP'
  return template === undefined ? word : `${word} ${template}`
}
