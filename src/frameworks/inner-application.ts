export type Framework = 'express' | 'koa'

/** An application that has received the request from one of the other framework. */
export interface Entered {
  readonly framework: Framework
  /** Where the adapter remembers which route was taken. */
  readonly route: unknown
  /** Express's `req.baseUrl` when the application was called. */
  readonly base: string
  /** The template of the route in this application; `undefined` where nothing matched. */
  template(): string | undefined
  /** The template of the mounts in this application that the request has entered. */
  mount(): string
}

/** The same in the request as a whole: both templates begin with those of the outer mounts. */
export interface InnerApplication extends Entered {
  /** The inner application that has called this one; `undefined` where that is the one that serves the request. */
  readonly outer: InnerApplication | undefined
}
