import type { Layer, Pattern, Route } from '../types'
import { express4Patterns } from './express4'
import { router20Patterns } from './router20'
import { router23Patterns } from './router23'
import { declaredPaths, declaredText, joinTemplates, withoutTrailingSlash } from './template'

/** One file per version of Express's router. Delete the file when its support ends. */
function patternsOf(layer: Layer): Pattern[] {
  if (layer.regexp) return express4Patterns(layer)
  if (layer.rawPath !== undefined) return router23Patterns(layer)
  return router20Patterns(layer)
}

/** A layer that `use` mounted under one path or several. */
export class Mount {
  readonly #patterns: Pattern[]
  /** The declared paths; `undefined` where this version of Express does not keep them. */
  readonly declared: string[] | undefined

  constructor(layer: Layer) {
    this.#patterns = patternsOf(layer)
    const declared = this.#patterns.map(pattern => pattern.declared)
    this.declared = declared.every(text => text !== undefined) ? declared.map(withoutTrailingSlash) : undefined
  }

  /** The template, if it is the same for every request. */
  get constantTemplate(): string | undefined {
    return this.declared?.length === 1 ? this.declared[0] : undefined
  }

  /** How much of `path` it matches, and the template of that part; `undefined` if it does not match. */
  match(path: string): { length: number; template: string } | undefined {
    for (const pattern of this.#patterns) {
      const length = pattern.matchedLength(path)
      if (length < 0) continue
      if (!endsSegment(path, length)) return undefined
      return { length, template: withoutTrailingSlash(pattern.templateFor(path.slice(0, length))) }
    }
    return undefined
  }
}

/** Express matches whole segments only. In version 4 a dot ends a segment, too. */
const endsSegment = (path: string, at: number): boolean => at === path.length || path[at] === '/' || path[at] === '.'

/** The mounts from the application down to a router. */
export type Chain = readonly Mount[]

export interface FollowedChain {
  template: string
  /** The part of the path that the mounts matched: Express's `req.baseUrl`. */
  base: string
  /** The rest of the path, which the router at the end of the chain matches. */
  rest: string
}

/** Matches a path against one mount after the other, as Express did. */
export function followChain(chain: Chain, path: string): FollowedChain | undefined {
  let [template, base, rest] = ['', '', path]
  for (const mount of chain) {
    const matched = mount.match(rest)
    if (!matched) return undefined
    template = joinTemplates(template, matched.template)
    base += withoutTrailingSlash(rest.slice(0, matched.length)).replace(/^\/$/, '')
    rest = rest.slice(matched.length)
    if (!rest.startsWith('/')) rest = `/${rest}`
  }
  return { template, base, rest }
}

/** The template of a chain in which every mount has only one. */
export function constantTemplateOf(chain: Chain): string | undefined {
  let template = ''
  for (const { constantTemplate } of chain) {
    if (constantTemplate === undefined) return undefined
    template = joinTemplates(template, constantTemplate)
  }
  return template
}

/**
 * The declared path of a route. If it has several, the one that matches `path`, the rest of the request's path. If none matches or
 * that is not known, all of them: `(/a|/b)`.
 */
export function routePath(route: Route, layer: Layer | undefined, path: string): string {
  const declared = declaredPaths(route)
  if (declared.length === 1) return declaredText(declared[0])
  const patterns = layer ? patternsOf(layer) : []
  const isComplete = patterns.length === declared.length
  const at = isComplete ? patterns.findIndex(pattern => pattern.matchedLength(path) >= 0) : -1
  return at < 0 ? `(${declared.join('|')})` : declaredText(declared[at])
}
