import { isSameApplication, parentOf, rememberParent, routerOf, topmost } from '../applications'
import type { ExpressApp } from '../types'
import { type Chain, followChain } from './chain'
import { type ApplicationMount, StackIndex } from './stack-index'
import { declaredText, withoutTrailingSlash } from './template'

interface KnownIndex {
  index: StackIndex
  /** When it may be rebuilt for an unknown route, in milliseconds since 1970. */
  retryAt: number
  /** The time between the last build and `retryAt`, in milliseconds. */
  pause: number
}

const indexes = new WeakMap<object, KnownIndex>()

/** The index of an application, rebuilt when its stacks have changed. */
export function indexOf(app: ExpressApp): StackIndex | undefined {
  const known = indexes.get(app)
  if (known && !known.index.isOutdated()) return known.index
  return buildIndex(app)
}

/**
 * A new index, for a route that is missing although no stack has changed its length: layers may have been replaced. Each pause is
 * twice as long as the one before. Otherwise a route that is never found would cost a new index per request.
 */
export function rebuiltIndexOf(app: ExpressApp): StackIndex | undefined {
  const known = indexes.get(app)
  if (!known || Date.now() < known.retryAt) return undefined
  return buildIndex(app, known.pause * 2)
}

function buildIndex(app: ExpressApp, pause = 1000): StackIndex | undefined {
  const router = routerOf(app)
  if (!router) return undefined
  const index = new StackIndex(router)
  indexes.set(app, { index, pause, retryAt: Date.now() + pause })
  for (const { app: found } of index.applicationMounts.values()) {
    if (found && !found.parent) rememberApplication(found, app)
  }
  return index
}

function rememberApplication(found: ExpressApp, parent: ExpressApp): void {
  rememberParent(found, parent)
  shareRouteAccessor(found, parent)
}

/**
 * `app.use(subApp)` makes `subApp` inherit the accessor `route`. An application mounted in another way does not inherit it, so
 * define it.
 */
export function shareRouteAccessor({ request }: ExpressApp, root: ExpressApp | undefined): void {
  const route = root?.request && Object.getOwnPropertyDescriptor(root.request, 'route')
  if (route?.get && request && !('route' in request)) Object.defineProperty(request, 'route', route)
}

/** A chain that may lead to an application. `doubt` counts the mounts in it that are not certain. */
export interface Way {
  chain: Chain
  doubt: number
}

/** Whether requests enter the server at this application. */
export const isRoot = (app: ExpressApp, root: ExpressApp | undefined): boolean =>
  !parentOf(app) && (!root || root === app || isSameApplication(topmost(root), app))

const noMounts: Way[] = [{ chain: [], doubt: 0 }]

/** The ways from the root to an application for a `path`. The likeliest comes first. */
export function waysTo(app: ExpressApp, path: string, root: ExpressApp | undefined, depth = 0): Way[] {
  const parent = parentOf(app)
  if (depth > 16 || isRoot(app, root)) return noMounts
  if (!parent) return waysToUnmounted(root)
  const mounts = mountsOfApplication(app, parent)
  return waysTo(parent, path, root, depth + 1)
    .flatMap(way => mounts.map(mount => extendWay(way, mount, app, path)))
    .sort((a, b) => a.doubt - b.doubt)
}

function mountsOfApplication(app: ExpressApp, parent: ExpressApp): ApplicationMount[] {
  const mounts = indexOf(parent)?.applicationMounts.values() ?? []
  return [...mounts].filter(mount => !mount.app || isSameApplication(mount.app, app))
}

function extendWay(way: Way, mount: ApplicationMount, app: ExpressApp, path: string): Way {
  const isCertain = mount.app || isAtMountpath(app, way.chain, mount.chain, path)
  return { chain: [...way.chain, ...mount.chain], doubt: way.doubt + (isCertain ? 0 : 1) }
}

/** For an application that only a function calls: any mount may have led to it. */
function waysToUnmounted(root: ExpressApp | undefined): Way[] {
  const mountPoints = (root && indexOf(topmost(root))?.mountPoints.values()) ?? []
  return [...noMounts, ...[...mountPoints].map(({ chain }) => ({ chain, doubt: 1 }))]
}

/**
 * Whether a chain ends with `app.mountpath`. Express sets that to the path of the last `use`, so it is no proof for an application
 * that was mounted twice.
 */
function isAtMountpath(app: ExpressApp, parent: Chain, chain: Chain, path: string): boolean {
  const mountpaths = [app.mountpath].flat(Number.POSITIVE_INFINITY)
  const declared = mountpaths.map(mountpath => withoutTrailingSlash(declaredText(mountpath)))
  return lastTemplates(parent, chain, path).some(template => declared.includes(template))
}

/** The templates that the last mount of a chain may have. */
function lastTemplates(parent: Chain, chain: Chain, path: string): string[] {
  const last = chain.at(-1)
  if (!last) return ['/']
  if (last.declared) return last.declared
  const before = followChain([...parent, ...chain.slice(0, -1)], path)
  return [(before && last.match(before.rest)?.template) ?? '']
}
