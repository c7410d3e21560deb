import type { ExpressApp, Route } from '../types'
import { type Chain, follow, routePath } from './chain'
import type { RouteEntry, Site } from './stack'
import { join, pathOf } from './template'
import { indexOf, isRoot, lookAgain, type Way, waysTo } from './ways'

/** Where a request was when Express took the route, or when it ended. */
export interface Place {
  app: ExpressApp | undefined
  /** Express's `req.baseUrl`: the concrete part that mounts took. */
  base: string
  url: string
  /** Where the request came in. */
  root: ExpressApp | undefined
  /** The route was seen at the end only: the way to it may have been left. */
  late?: boolean
}

/** The template of a route that was taken at a place. */
export function routeTemplate(route: Route, place: Place, originalUrl?: string): string {
  const { app, base, url, root } = place
  const entry = app && entryOf(app, route)
  if (!entry) return hidden(route, place)
  if (entry.constant !== undefined && isRoot(app, root)) return entry.constant
  const ways = (path: string) => waysTo(app, path, root)
  return along(entry, ways, base + pathOf(url), base) ?? along(entry, ways, pathOf(originalUrl)) ?? hidden(route, place)
}

function entryOf(app: ExpressApp, route: Route): RouteEntry | undefined {
  return indexOf(app)?.routes.get(route) ?? lookAgain(app)?.routes.get(route)
}

/** The first way to a route on which the mounts take exactly `base`. */
function along(entry: RouteEntry, ways: (path: string) => Way[], path: string, base?: string): string | undefined {
  const { chains, route, layer } = entry
  for (const way of ways(path)) {
    for (const chain of chains) {
      const followed = follow(way.chain.length > 0 ? [...way.chain, ...chain] : chain, path)
      if (!followed || (base !== undefined && followed.base !== base)) continue
      return join(followed.template, routePath(route, layer, followed.rest)) || '/'
    }
  }
  return undefined
}

/** A route of a router that is only called from a function: what is known of the way, then the route's own path. */
function hidden(route: Route, place: Place): string {
  return join(mountTemplate(place) ?? (place.late ? '/*' : ''), routePath(route, undefined, '')) || '/'
}

/** The template of the mounts that took `base`; `undefined` where nothing was mounted on the way. */
export function mountTemplate(place: Place, params?: unknown): string | undefined {
  const { base } = place
  if (base === '' || base === '/') return undefined
  const found = closest(place, params, () => true)
  if (!found) return '/*'
  return found.base === base ? found.template : `${found.template}/*`
}

/** The same, if what was mounted there can have answered: an error handler answers for the route that failed. */
export function answeringMount(place: Place, params: unknown): string | undefined {
  const found = closest(place, params, site => site.answers)
  return found?.base === place.base ? found.template : undefined
}

interface Found {
  template: string
  base: string
  rank: number[]
}

/** Several mounts may match: the one that took most, is least in doubt, has the request's parameters and the fewest. */
function closest(place: Place, params: unknown, can: (site: Site) => boolean): Found | undefined {
  const { base } = place
  const path = base + pathOf(place.url)
  let best: Found | undefined
  for (const { chain, doubt } of mountsOf(place, path, can)) {
    const followed = chain.length > 0 ? follow(chain, path) : undefined
    if (!followed || !`${base}/`.startsWith(`${followed.base}/`)) continue
    const rank = [-followed.base.length, doubt, strangeness(chain, path, params), variables(followed.template)]
    if (!best || !isLess(best.rank, rank)) best = { ...followed, rank }
  }
  return best
}

function* mountsOf({ app, root }: Place, path: string, can: (site: Site) => boolean): Generator<Way> {
  if (!app) return
  const sites = [...(indexOf(app)?.sites.values() ?? [])].filter(can)
  for (const { chain, doubt } of waysTo(app, path, root)) {
    yield { chain, doubt }
    for (const site of sites) yield { chain: [...chain, ...site.chain], doubt }
  }
}

/** `req.params` belongs to the mount that is running; its names tell mounts apart that match the same path. */
function strangeness(chain: Chain, path: string, params: unknown): number {
  if (typeof params !== 'object' || params === null) return 0
  const parent = follow(chain.slice(0, -1), path)
  const own = (parent && chain.at(-1)?.take(parent.rest)?.template) ?? ''
  const names = [...own.matchAll(/[:*]"?(\w+)/g)].map(match => match[1] as string)
  if (names.some(name => !(name in params))) return 2
  return Object.keys(params).length > names.length ? 1 : 0
}

const variables = (template: string): number => template.match(/[:*(]/g)?.length ?? 0

function isLess(a: number[], b: number[]): boolean {
  const at = a.findIndex((n, i) => n !== b[i])
  return at >= 0 && (a[at] as number) < (b[at] as number)
}
