import type { IncomingMessage, Server, ServerResponse } from 'node:http'

export const frameworks = ['express', 'koa', 'koa over h2c', 'koa over h2'] as const
export type Framework = (typeof frameworks)[number]

/** What a handler of a fault may use. Without spanlog, `spanlog` and `recordErrors` are middleware that does nothing. */
export interface Tools {
  /** 4 or 5. */
  readonly expressMajor: number
  readonly express: any
  readonly Koa: any
  readonly Router: any
  readonly tracer: any
  readonly namespace: any
  spanlog(options?: object): any
  recordErrors(): any
  /** An error that says whose it is, for `uncaughtException`. */
  error(message: string): Error
  readonly server: Server
  /** Does not touch the ports of other faults in this process. */
  readonly with: boolean
}

export interface Target {
  readonly port: number
  readonly path: string
  /** Of a second application on another port, where the fault has one. */
  readonly id: string
}

/** What the agent must have received for a request. */
export interface Told {
  /** One of these. */
  status?: number | readonly number[]
  aborted?: boolean
  /** The message of the error; `true` for an error without a message. */
  error?: string | true
  method?: string
  /** `none`: nothing matched, the resource is the method alone. */
  route?: string | 'none'
  /** More tags to be found. */
  meta?: { [tag: string]: string }
}

export interface Fault {
  /** Where it applies; Express and Koa over HTTP/1.1 unless said. */
  on?: readonly Framework[]
  /** A handler for both frameworks, on Node's own objects. */
  raw?(req: IncomingMessage, res: ServerResponse, tools: Tools): unknown
  express?(req: any, res: any, next: (error?: unknown) => void, tools: Tools): unknown
  koa?(ctx: any, next: () => Promise<unknown>, tools: Tools): unknown
  /** Options of `spanlog()`. */
  options?(tools: Tools): object
  /** Middleware before spanlog's. */
  before?: { express?(tools: Tools): any; koa?(tools: Tools): any }
  /** A whole application, if the usual one is not enough. */
  app?: { express?(tools: Tools): any; koa?(tools: Tools): any }
  /** Changes the server before it listens. */
  server?(server: Server, tools: Tools): void
  serverOptions?: object
  /** What the client does; what it returns must be the same without spanlog. */
  send?(to: Target): Promise<string>
  /** What the span of each request must say; `false` if there must be no span. */
  span?: Told | false | ((set: string) => Told)
  /** How many spans there must be; 1 unless said. */
  spans?: number
  /** How many lines the requests print; two for each span unless said: at the start, and at the end. */
  lines?: number | 'some'
  /** Codes of the warnings that spanlog gives for it. */
  warns?: readonly string[]
}

/** Resolves when a client has left: for a slow middleware before spanlog. */
export const gone = (req: IncomingMessage): Promise<void> =>
  new Promise(done => {
    const timer = setInterval(() => {
      if (!req.aborted) return
      clearInterval(timer)
      done()
    }, 5)
  })
