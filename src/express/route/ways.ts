import { isSameApplication, parentOf, rememberParent, routerOf, topmost } from '../applications'
import type { ExpressApp } from '../types'
import { type Chain, follow } from './chain'
import { type Entrance, StackIndex } from './stack'
import { textOf, withoutSlash } from './template'

const indexes = new WeakMap<object, { index: StackIndex; retryAt: number; pause: number }>()
/** The index of an application, rebuilt when its stacks have grown. */
export function indexOf(app: ExpressApp): StackIndex | undefined {
  const known = indexes.get(app)
  if (known && !known.index.grown()) return known.index
  return build(app)
}

/** For a route that the index does not know although no stack has grown: layers may have been swapped in place. */
export function lookAgain(app: ExpressApp): StackIndex | undefined {
  const known = indexes.get(app)
  if (!known || Date.now() < known.retryAt) return undefined
  return build(app, known.pause * 2)
}

function build(app: ExpressApp, pause = 1000): StackIndex | undefined {
  const router = routerOf(app)
  if (!router) return undefined
  const index = new StackIndex(router)
  indexes.set(app, { index, pause, retryAt: Date.now() + pause })
  for (const { app: found } of index.entrances.values()) if (found && !found.parent) remember(found, app)
  return index
}

function remember(found: ExpressApp, parent: ExpressApp): void {
  rememberParent(found, parent)
  watchAlso(found, parent)
}

/** An application inherits the accessor `route` from the one that has mounted it, unless it was mounted without its knowledge. */
export function watchAlso({ request }: ExpressApp, root: ExpressApp | undefined): void {
  const route = root?.request && Object.getOwnPropertyDescriptor(root.request, 'route')
  if (route?.get && request && !('route' in request)) Object.defineProperty(request, 'route', route)
}

/** A chain that may lead to an application. Doubt counts the mounts on the way that only might be the right ones. */
export interface Way {
  chain: Chain
  doubt: number
}

/** Whether an application is the one that requests come in by. */
export const isRoot = (app: ExpressApp, root: ExpressApp | undefined): boolean =>
  !parentOf(app) && (!root || root === app || isSameApplication(topmost(root), app))

const here: Way[] = [{ chain: [], doubt: 0 }]

/** The ways from the root to an application that may lead along `path`, likeliest first. */
export function waysTo(app: ExpressApp, path: string, root: ExpressApp | undefined, depth = 0): Way[] {
  const parent = parentOf(app)
  if (depth > 16 || isRoot(app, root)) return here
  if (!parent) return anywhere(root)
  const entrances = [...(indexOf(parent)?.entrances.values() ?? [])].filter(
    e => !e.app || isSameApplication(e.app, app),
  )
  const mountpath = [app.mountpath].flat(Number.POSITIVE_INFINITY).map(declared => withoutSlash(textOf(declared)))
  const further = (way: Way, entrance: Entrance): Way => {
    const known = entrance.app || templatesAt(way.chain, entrance.chain, path).some(text => mountpath.includes(text))
    return { chain: [...way.chain, ...entrance.chain], doubt: way.doubt + (known ? 0 : 1) }
  }
  return waysTo(parent, path, root, depth + 1)
    .flatMap(way => entrances.map(entrance => further(way, entrance)))
    .sort((a, b) => a.doubt - b.doubt)
}

/** An application that only a function of the root calls may stand at any of its mounts. */
function anywhere(root: ExpressApp | undefined): Way[] {
  const sites = (root && indexOf(topmost(root))?.sites.values()) ?? []
  return [...here, ...[...sites].map(({ chain }) => ({ chain, doubt: 1 }))]
}

/**
 * What the last mount of a chain may have been declared with. To compare with `app.mountpath`, which tells only what the last
 * `use` of an application declared: one that was mounted twice may have been reached otherwise.
 */
function templatesAt(parent: Chain, chain: Chain, path: string): string[] {
  const last = chain.at(-1)
  if (!last) return ['/']
  if (last.declared) return last.declared
  const before = follow([...parent, ...chain.slice(0, -1)], path)
  return [(before && last.take(before.rest)?.template) ?? '']
}
