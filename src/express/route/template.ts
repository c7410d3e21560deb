import type { Route } from '../types'

/** A declared path as text: strings as they are, a regular expression in parentheses. */
export const declaredText = (declared: unknown): string => (typeof declared === 'string' ? declared : `(${declared})`)

/** What a route was declared with: one path or, in any nesting, several. */
export const declaredPaths = (route: Route): unknown[] => [route.path].flat(Number.POSITIVE_INFINITY)

/** Joins `/orgs/:org` and `/users/:id` to `/orgs/:org/users/:id`. The `/` of a router's own root adds nothing. */
export function joinTemplates(base: string, path: string): string {
  if (path === '' || path === '/') return base
  return '/({'.includes(path.charAt(0)) ? base + path : `${base}/${path}`
}

/** Express treats `/api/` and `/api` alike where something is mounted, and version 4 compiles both to the same expression. */
export const withoutTrailingSlash = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path

/** The path of a request target, which is `/path?query` or, from a proxy, `http://host/path?query`. */
export function pathOfUrl(url: string | undefined): string {
  if (!url) return '/'
  const path = url.startsWith('/') ? url : url.replace(/^[^/?#]*:\/\/[^/?#]*/, '')
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}
