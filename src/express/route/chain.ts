import type { Layer, Pattern, Route } from '../types'
import { express4Patterns } from './express4'
import { router20Patterns } from './router20'
import { router23Patterns } from './router23'
import { join, pathsOf, textOf, withoutSlash } from './template'

/** One room per version; a version that is no longer supported takes its room with it. */
function patternsOf(layer: Layer): Pattern[] {
  if (layer.regexp) return express4Patterns(layer)
  if (layer.rawPath !== undefined) return router23Patterns(layer)
  return router20Patterns(layer)
}

/** A place where `use` put something, with its own path or paths. */
export class Mount {
  readonly #patterns: Pattern[]
  /** What was declared, where the version tells. */
  readonly declared: string[] | undefined

  constructor(layer: Layer) {
    this.#patterns = patternsOf(layer)
    const declared = this.#patterns.map(pattern => pattern.declared)
    this.declared = declared.every(text => text !== undefined) ? declared.map(withoutSlash) : undefined
  }

  /** The only template it can have, if so. */
  get constant(): string | undefined {
    return this.declared?.length === 1 ? this.declared[0] : undefined
  }

  /** What it takes from the start of `path`, or `undefined` where it does not match. */
  take(path: string): { length: number; template: string } | undefined {
    for (const pattern of this.#patterns) {
      const length = pattern.reach(path)
      if (length < 0) continue
      if (!endsSegment(path, length)) return undefined
      const template = pattern.declared ?? pattern.infer(path.slice(0, length))
      return { length, template: withoutSlash(template) }
    }
    return undefined
  }
}

/** Express insists on a whole segment; version 4 lets a dot end one too. */
const endsSegment = (path: string, at: number): boolean => at === path.length || path[at] === '/' || path[at] === '.'

/** The mounts from the application down to a router. */
export type Chain = readonly Mount[]

export interface Followed {
  template: string
  /** What the template stands for: Express's `req.baseUrl`. */
  base: string
  /** What is left for the router at the end of the chain. */
  rest: string
}

/** Sends a path through a chain as Express did. */
export function follow(chain: Chain, path: string): Followed | undefined {
  let [template, base, rest] = ['', '', path]
  for (const mount of chain) {
    const taken = mount.take(rest)
    if (!taken) return undefined
    template = join(template, taken.template)
    base += withoutSlash(rest.slice(0, taken.length)).replace(/^\/$/, '')
    rest = rest.slice(taken.length)
    if (!rest.startsWith('/')) rest = `/${rest}`
  }
  return { template, base, rest }
}

/** The template of a chain in which no mount leaves a choice. */
export function constantOf(chain: Chain): string | undefined {
  let template = ''
  for (const { constant } of chain) {
    if (constant === undefined) return undefined
    template = join(template, constant)
  }
  return template
}

/** The declared path of a route; of several, the one that matches `path`. */
export function routePath(route: Route, layer: Layer | undefined, path: string): string {
  const declared = pathsOf(route)
  if (declared.length === 1) return textOf(declared[0])
  const patterns = layer ? patternsOf(layer) : []
  const at = patterns.length === declared.length ? patterns.findIndex(pattern => pattern.reach(path) >= 0) : -1
  return at < 0 ? `(${declared.join('|')})` : textOf(declared[at])
}
