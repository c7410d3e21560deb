import { isApplication, isRouter } from '../applications'
import type { ExpressApp, Layer, Route, Stacked } from '../types'
import { type Chain, constantOf, Mount } from './chain'
import { join } from './template'

/** How a route is reached. */
export class RouteEntry {
  readonly chains: Chain[] = []
  #constant: string | undefined | null = null

  constructor(
    readonly route: Route,
    readonly layer: Layer,
  ) {}

  /** Its template, where there is one way to it and no choice on the way. Most routes are like that. */
  get constant(): string | undefined {
    if (this.#constant === null) this.#constant = this.#findConstant()
    return this.#constant
  }

  #findConstant(): string | undefined {
    const [chain, another] = this.chains
    if (!chain || another || typeof this.route.path !== 'string') return undefined
    const template = constantOf(chain)
    return template === undefined ? undefined : join(template, this.route.path) || '/'
  }
}

/** A layer that leads into an application, or may: `app.use(path, subApp)` hides the application in a closure. */
export interface Entrance {
  chain: Chain
  app: ExpressApp | undefined
}

/** What `use` mounted on a path. */
export interface Site {
  chain: Chain
  /** Whether anything but error handlers stands there. */
  answers: boolean
}

interface Seen {
  owner: Stacked
  stack: Layer[]
  length: number
}

const most = { layers: 50_000, depth: 24, looked: 8 }

/** What one application has in its stacks: every route and mount, and the chains that lead to them. */
export class StackIndex {
  readonly routes = new Map<unknown, RouteEntry>()
  readonly sites = new Map<string | Chain, Site>()
  readonly entrances = new Map<unknown, Entrance>()
  readonly #stacks: Seen[] = []
  readonly #open = new Set<Layer[]>()
  readonly #withinRoutes = new Map<Stacked, Set<Chain>>()
  #layers = 0
  #next = 0

  constructor(router: Stacked) {
    this.#visit(router, [])
  }

  /** Whether a stack has grown or was replaced. Looks at the first and, in turn, at a few others: a constant cost. */
  grown(): boolean {
    const stacks = this.#stacks
    if (stacks[0] && changed(stacks[0])) return true
    for (let i = Math.min(most.looked, stacks.length); i > 0; i--) {
      this.#next = (this.#next + 1) % stacks.length
      if (changed(stacks[this.#next] as Seen)) return true
    }
    return false
  }

  #visit(owner: Stacked, chain: Chain): void {
    const { stack } = owner
    if (!Array.isArray(stack) || this.#open.has(stack) || chain.length > most.depth) return
    this.#open.add(stack) // a router that uses itself ends here
    this.#stacks.push({ owner, stack, length: stack.length })
    for (const layer of stack) {
      if (++this.#layers > most.layers) break
      if (layer.route) this.#addRoute(layer.route, layer, chain)
      else this.#addMount(layer, chain)
    }
    this.#open.delete(stack)
  }

  #addRoute(route: Route, layer: Layer, chain: Chain): void {
    const entry = this.routes.get(route) ?? new RouteEntry(route, layer)
    this.routes.set(route, entry)
    entry.chains.push(chain)
    for (const layer of route.stack ?? []) this.#addHandler(layer, chain)
  }

  /** A router may stand in front of hundreds of handlers. All of them that have the same chain lead to it alike. */
  #addHandler(layer: Layer, chain: Chain): void {
    const { handle } = layer
    if (isRouter(handle)) this.#visitOnce(handle, chain)
    else if (isApplication(handle)) this.entrances.set(layer, { chain, app: handle })
  }

  #visitOnce(router: Stacked, chain: Chain): void {
    const visited = this.#withinRoutes.get(router) ?? new Set()
    if (visited.has(chain)) return
    this.#withinRoutes.set(router, visited.add(chain))
    this.#visit(router, chain)
  }

  #addMount(layer: Layer, parent: Chain): void {
    const atRoot = layer.regexp ? layer.regexp.fast_slash : layer.slash
    const chain = atRoot ? parent : [...parent, mountOf(layer)]
    const key = keyOf(chain)
    const { handle } = layer
    const answers = typeof handle === 'function' && handle.length < 4
    if (!atRoot && (answers || !this.sites.has(key))) this.sites.set(key, { chain, answers })
    if (isRouter(handle)) this.#visit(handle, chain)
    else if (isApplication(handle)) this.entrances.set(layer, { chain, app: handle })
    else if (this.#open.size === 1 && !this.entrances.has(key)) this.entrances.set(key, { chain, app: undefined })
  }
}

const changed = ({ owner, stack, length }: Seen): boolean => owner.stack !== stack || stack.length !== length

/** Chains that read alike are alike; a mount that cannot be read is only like itself. */
function keyOf(chain: Chain): string | Chain {
  if (chain.some(mount => mount.declared === undefined)) return chain
  return chain.map(mount => (mount.declared as string[]).join('\n')).join('\n\n')
}

const mounts = new WeakMap<Layer, Mount>()
function mountOf(layer: Layer): Mount {
  const mount = mounts.get(layer) ?? new Mount(layer)
  mounts.set(layer, mount)
  return mount
}
