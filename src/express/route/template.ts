import type { Route } from '../types'

/** A declared path as a label: strings as they are, a regular expression in parentheses. */
export const textOf = (declared: unknown): string => (typeof declared === 'string' ? declared : `(${declared})`)

/** What a route was declared with: one path or, in any nesting, several. */
export const pathsOf = (route: Route): unknown[] => [route.path].flat(Number.POSITIVE_INFINITY)

/** `/orgs/:org` and `/users/:id` make `/orgs/:org/users/:id`; the `/` of a router's own root adds nothing. */
export function join(base: string, path: string): string {
  if (path === '' || path === '/') return base
  return '/({'.includes(path.charAt(0)) ? base + path : `${base}/${path}`
}

/** Express reads `/api/` and `/api` alike where something is mounted, and version 4 compiles them alike. */
export const withoutSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

/** The path of a request target, which is `/path?query` or, from a proxy, `http://host/path?query`. */
export function pathOf(url: string | undefined): string {
  if (!url) return '/'
  const path = url.startsWith('/') ? url : url.replace(/^[^/?#]*:\/\/[^/?#]*/, '')
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}
