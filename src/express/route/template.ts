import type { Route } from '../types'

/** A declared path as text. A string stays as it is; a regular expression is put in parentheses. */
export const declaredText = (declared: unknown): string => (typeof declared === 'string' ? declared : `(${declared})`)

/** The declared paths of a route: one path, or arrays of paths at any depth. */
export const declaredPaths = (route: Route): unknown[] => [route.path].flat(Number.POSITIVE_INFINITY)

/** Joins `/orgs/:org` and `/users/:id` to `/orgs/:org/users/:id`. The path `/` adds nothing. */
export function joinTemplates(base: string, path: string): string {
  if (path === '' || path === '/') return base
  return '/({'.includes(path.charAt(0)) ? base + path : `${base}/${path}`
}

/** Express mounts `/api/` and `/api` in the same way. Without this, one mount could have two templates. */
export const withoutTrailingSlash = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path

/** The path of a request target, which is `/path?query` or, from a proxy, `http://host/path?query`. */
export function pathOfUrl(url: string | undefined): string {
  if (!url) return '/'
  const path = url.startsWith('/') ? url : url.replace(/^[^/?#]*:\/\/[^/?#]*/, '')
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}
