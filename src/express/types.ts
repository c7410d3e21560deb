/** The properties of an Express application that routing uses. */
export interface ExpressApp {
  request?: object
  response?: object
  parent?: ExpressApp
  mountpath?: unknown
  settings?: object
  _router?: Stacked
  router?: Stacked
  lazyrouter?: unknown
  stack?: Layer[]
}

/** A request while Express routes it. */
export interface ExpressRequest {
  method?: string
  route?: unknown
  app?: unknown
  baseUrl?: string
  url?: string
  originalUrl?: string
  params?: unknown
  res?: { headersSent?: boolean; req?: unknown }
}

/** A router, or anything else that has layers. */
export interface Stacked {
  stack?: Layer[]
}

/** One entry of a stack. Each version of Express has some of these fields. */
export interface Layer {
  name?: string
  handle?: unknown
  route?: Route
  regexp?: RegExp & { fast_star?: boolean; fast_slash?: boolean }
  keys?: readonly { name: string | number }[]
  slash?: boolean
  matchers?: readonly Matcher[]
  rawPath?: unknown
}

export interface Route extends Stacked {
  path?: unknown
  methods?: Record<string, boolean | undefined>
}

/** The function that `router` 2 makes of one declared path. It has no side effects. */
export type Matcher = (path: string) => { path: string; params: Record<string, unknown> } | false

/** One declared path of a layer, recovered from what the router keeps. */
export interface Pattern {
  /** As it was declared; `undefined` where this version of Express does not keep that. */
  readonly declared: string | undefined
  /** How many characters at the start of `path` it matches; -1 where it does not match. */
  matchedLength(path: string): number
  /** The template for the part of a path that was matched. Call it right after `matchedLength`. */
  templateFor(matched: string): string
}
