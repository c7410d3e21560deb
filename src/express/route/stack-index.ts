import { isApplication, isRouter } from '../applications'
import type { ExpressApp, Layer, Route, Stacked } from '../types'
import { type Chain, constantTemplateOf, Mount } from './chain'
import { joinTemplates } from './template'

/** A route, and all chains that lead to it. */
export class RouteEntry {
  readonly chains: Chain[] = []
  #constantTemplate: string | undefined | null = null

  constructor(
    readonly route: Route,
    readonly layer: Layer,
  ) {}

  /** The template, if it is the same for every request, as for most routes. It is computed once. */
  get constantTemplate(): string | undefined {
    if (this.#constantTemplate === null) this.#constantTemplate = this.#findConstantTemplate()
    return this.#constantTemplate
  }

  #findConstantTemplate(): string | undefined {
    const [chain, another] = this.chains
    if (!chain || another || typeof this.route.path !== 'string') return undefined
    const template = constantTemplateOf(chain)
    return template === undefined ? undefined : joinTemplates(template, this.route.path) || '/'
  }
}

/** A place where an application is or may be mounted. `app` is `undefined` where `app.use(path, subApp)` wrapped it in a function. */
export interface ApplicationMount {
  chain: Chain
  app: ExpressApp | undefined
}

/** A path under which `use` mounted something. */
export interface MountPoint {
  chain: Chain
  /** Whether anything but error handlers is mounted there. */
  answers: boolean
}

interface IndexedStack {
  owner: Stacked
  stack: Layer[]
  length: number
}

const limits = { layers: 50_000, depth: 24, checkedStacks: 8 }

/** Every route and mount of one application, and the chains that lead to them. */
export class StackIndex {
  readonly routes = new Map<unknown, RouteEntry>()
  readonly mountPoints = new Map<string | Chain, MountPoint>()
  readonly applicationMounts = new Map<unknown, ApplicationMount>()
  readonly #stacks: IndexedStack[] = []
  readonly #visiting = new Set<Layer[]>()
  readonly #visitedFromRoutes = new Map<Stacked, Set<Chain>>()
  #layers = 0
  #nextChecked = 0

  constructor(router: Stacked) {
    this.#visit(router, [])
  }

  /** Whether a stack has changed its length or was replaced. Each call checks only the first stack and eight others, in turn. */
  isOutdated(): boolean {
    const stacks = this.#stacks
    if (stacks[0] && hasChanged(stacks[0])) return true
    for (let i = Math.min(limits.checkedStacks, stacks.length); i > 0; i--) {
      this.#nextChecked = (this.#nextChecked + 1) % stacks.length
      if (hasChanged(stacks[this.#nextChecked] as IndexedStack)) return true
    }
    return false
  }

  #visit(owner: Stacked, chain: Chain): void {
    const { stack } = owner
    if (!Array.isArray(stack) || this.#visiting.has(stack) || chain.length > limits.depth) return
    this.#visiting.add(stack) // without this, a router that uses itself would be visited forever
    this.#stacks.push({ owner, stack, length: stack.length })
    for (const layer of stack) {
      if (++this.#layers > limits.layers) break
      if (layer.route) this.#addRoute(layer.route, layer, chain)
      else this.#addMount(layer, chain)
    }
    this.#visiting.delete(stack)
  }

  #addRoute(route: Route, layer: Layer, chain: Chain): void {
    const entry = this.routes.get(route) ?? new RouteEntry(route, layer)
    this.routes.set(route, entry)
    entry.chains.push(chain)
    for (const handlerLayer of route.stack ?? []) this.#addHandler(handlerLayer, chain)
  }

  #addHandler(layer: Layer, chain: Chain): void {
    const { handle } = layer
    if (isRouter(handle)) this.#visitOnce(handle, chain)
    else if (isApplication(handle)) this.applicationMounts.set(layer, { chain, app: handle })
  }

  /** One router may be a handler in hundreds of routes. Without this, its routes would be added once for each of them. */
  #visitOnce(router: Stacked, chain: Chain): void {
    const chains = this.#visitedFromRoutes.get(router) ?? new Set()
    if (chains.has(chain)) return
    this.#visitedFromRoutes.set(router, chains.add(chain))
    this.#visit(router, chain)
  }

  #addMount(layer: Layer, parent: Chain): void {
    const isAtRoot = layer.regexp ? layer.regexp.fast_slash : layer.slash
    const chain = isAtRoot ? parent : [...parent, mountOf(layer)]
    const key = keyOfChain(chain)
    const { handle } = layer
    if (!isAtRoot) this.#addMountPoint(key, chain, typeof handle === 'function' && handle.length < 4)
    if (isRouter(handle)) this.#visit(handle, chain)
    else if (isApplication(handle)) this.applicationMounts.set(layer, { chain, app: handle })
    else if (this.#visiting.size === 1) this.#addPossibleApplication(key, chain)
  }

  #addMountPoint(key: string | Chain, chain: Chain, answers: boolean): void {
    if (answers || !this.mountPoints.has(key)) this.mountPoints.set(key, { chain, answers })
  }

  #addPossibleApplication(key: string | Chain, chain: Chain): void {
    if (!this.applicationMounts.has(key)) this.applicationMounts.set(key, { chain, app: undefined })
  }
}

const hasChanged = ({ owner, stack, length }: IndexedStack): boolean => owner.stack !== stack || stack.length !== length

/** Two chains with the same declared paths have the same key. A chain without declared paths is its own key. */
function keyOfChain(chain: Chain): string | Chain {
  if (chain.some(mount => mount.declared === undefined)) return chain
  return chain.map(mount => (mount.declared as string[]).join('\n')).join('\n\n')
}

const mountsByLayer = new WeakMap<Layer, Mount>()
function mountOf(layer: Layer): Mount {
  const mount = mountsByLayer.get(layer) ?? new Mount(layer)
  mountsByLayer.set(layer, mount)
  return mount
}
