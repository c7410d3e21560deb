/** An Express application, as far as routing goes. */
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

/** A router, or whatever else keeps layers. */
export interface Stacked {
  stack?: Layer[]
}

/** One entry of a stack. Each version of Express has some of these fields. */
export interface Layer {
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

/** What `router` 2 makes of one declared path: a function without side effects. */
export type Matcher = (path: string) => { path: string; params: Record<string, unknown> } | false

/** One declared path of a layer, recovered. */
export interface Pattern {
  /** As it was declared; `undefined` where it has to be inferred from what it took. */
  readonly declared: string | undefined
  /** How many characters it takes from the start of `path`; -1 when it does not match. */
  reach(path: string): number
  /** The template, worked out from the piece of a path that it took. */
  infer(piece: string): string
}
