import type { ExpressApp, Route } from '../types'
import { type Chain, type FollowedChain, followChain, routePath } from './chain'
import type { MountPoint, RouteEntry } from './stack-index'
import { joinTemplates, pathOfUrl } from './template'
import { indexOf, isRoot, rebuiltIndexOf, type Way, waysTo } from './ways'

/** Where a request was when Express took a route, or when the response ended. */
export interface Place {
  app: ExpressApp | undefined
  /** Express's `req.baseUrl`: the part of the path that mounts matched. */
  base: string
  url: string
  /** The application in which our middleware met the request. */
  root: ExpressApp | undefined
  /** Whether the place was read when the response ended. The request may have left the mounts of its route by then. */
  isEnd?: boolean
}

/** The template of a route that was taken at a place. */
export function routeTemplate(route: Route, place: Place, originalUrl?: string): string {
  const { app, base, url, root } = place
  const entry = app && entryOf(app, route)
  if (!entry) return unknownRouteTemplate(route, place)
  if (entry.constantTemplate !== undefined && isRoot(app, root)) return entry.constantTemplate
  const path = base + pathOfUrl(url)
  const template = templateOnWays(entry, waysTo(app, path, root), path, base)
  if (template !== undefined) return template
  const original = pathOfUrl(originalUrl)
  return templateOnWays(entry, waysTo(app, original, root), original) ?? unknownRouteTemplate(route, place)
}

function entryOf(app: ExpressApp, route: Route): RouteEntry | undefined {
  return indexOf(app)?.routes.get(route) ?? rebuiltIndexOf(app)?.routes.get(route)
}

/** The template by the first way on which `path` leads to the route. If `base` is given, the mounts must match exactly that part. */
function templateOnWays(entry: RouteEntry, ways: Way[], path: string, base?: string): string | undefined {
  for (const way of ways) {
    for (const chain of entry.chains) {
      const followed = followChain([...way.chain, ...chain], path)
      if (!followed || (base !== undefined && followed.base !== base)) continue
      const declared = routePath(entry.route, entry.layer, followed.rest)
      return joinTemplates(followed.template, declared) || '/'
    }
  }
  return undefined
}

/** For a route that is in no index, because a function calls its router: the known mounts, then the declared path of the route. */
function unknownRouteTemplate(route: Route, place: Place): string {
  const mounts = mountTemplate(place) ?? (place.isEnd ? '/*' : '')
  return joinTemplates(mounts, routePath(route, undefined, '')) || '/'
}

/** The template of the mounts that matched `base`; `undefined` where there were none. */
export function mountTemplate(place: Place, params?: unknown): string | undefined {
  const { base } = place
  if (base === '' || base === '/') return undefined
  const found = bestMount(place, params, () => true)
  if (!found) return '/*'
  return found.base === base ? found.template : `${found.template}/*`
}

/**
 * The template of the mount whose middleware answered; `undefined` if that mount does not match all of `req.baseUrl`. Mounts with
 * error handlers only do not count: they answer for another route, the one that failed.
 */
export function answeringMountTemplate(place: Place, params: unknown): string | undefined {
  const found = bestMount(place, params, mountPoint => mountPoint.answers)
  return found?.base === place.base ? found.template : undefined
}

interface RankedMount extends FollowedChain {
  /** Compared number by number. The lower rank is better. */
  rank: number[]
}

/** The best of the mounts that match: longest match, then least doubt, then best fit to `params`, then fewest parameters. */
function bestMount(
  place: Place,
  params: unknown,
  accepts: (mountPoint: MountPoint) => boolean,
): RankedMount | undefined {
  const path = place.base + pathOfUrl(place.url)
  let best: RankedMount | undefined
  for (const way of waysToMounts(place, path, accepts)) {
    const followed = way.chain.length > 0 ? followChain(way.chain, path) : undefined
    if (!followed || !`${place.base}/`.startsWith(`${followed.base}/`)) continue
    const mount = { ...followed, rank: rankOf(way, followed, path, params) }
    if (!best || !isLess(best.rank, mount.rank)) best = mount // of equal mounts, the last one
  }
  return best
}

function rankOf({ chain, doubt }: Way, { base, template }: FollowedChain, path: string, params: unknown): number[] {
  return [-base.length, doubt, paramsMismatch(chain, path, params), countParameters(template)]
}

function* waysToMounts(
  { app, root }: Place,
  path: string,
  accepts: (mountPoint: MountPoint) => boolean,
): Generator<Way> {
  if (!app) return
  const mountPoints = [...(indexOf(app)?.mountPoints.values() ?? [])].filter(accepts)
  for (const { chain, doubt } of waysTo(app, path, root)) {
    yield { chain, doubt }
    for (const mountPoint of mountPoints) yield { chain: [...chain, ...mountPoint.chain], doubt }
  }
}

/**
 * How badly the names in `req.params` fit the last mount of a chain: 0 if they are the same, 1 if there are more, 2 if one is
 * missing. This decides between mounts that match the same path, because `req.params` belongs to the mount that is running.
 */
function paramsMismatch(chain: Chain, path: string, params: unknown): number {
  if (typeof params !== 'object' || params === null) return 0
  const before = followChain(chain.slice(0, -1), path)
  const template = (before && chain.at(-1)?.match(before.rest)?.template) ?? ''
  const names = [...template.matchAll(/[:*]"?(\w+)/g)].map(match => match[1] as string)
  if (names.some(name => !(name in params))) return 2
  return Object.keys(params).length > names.length ? 1 : 0
}

const countParameters = (template: string): number => template.match(/[:*(]/g)?.length ?? 0

function isLess(a: number[], b: number[]): boolean {
  const at = a.findIndex((n, i) => n !== b[i])
  return at >= 0 && (a[at] as number) < (b[at] as number)
}
