import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { KoaRouteState, koaRoute, noteKoaRoute, watchKoaRoutes } from '../../src/koa/route/index.ts'
import { resourceOf } from '../../src/tags/resource.ts'
import { ask, closed, listening } from './ask.ts'
import type { Any } from './frameworks.ts'

const key = Symbol('state')
export const stateOf = (ctx: object) => (ctx as { [key]?: KoaRouteState })[key]

/** The least middleware that watches routes: `answered` hears each request's resource when its response has closed. */
export function watching(answered: (resource: string, ctx: Any) => void) {
  return function watch(ctx: Any, next: () => Promise<unknown>): Promise<unknown> {
    if (ctx[key]) return next()
    watchKoaRoutes(ctx.app, stateOf)
    ctx[key] = new KoaRouteState()
    noteKoaRoute(ctx, ctx[key])
    ctx.res.on('close', () => answered(resourceOf(ctx.method, koaRoute(ctx, ctx[key])), ctx))
    return next()
  }
}

/** Serves an application that `build` fills below the watching middleware, and asks it one request after the other. */
export async function resourcesOf(app: Any, build: (app: Any) => void, lines: string[]): Promise<string[]> {
  const heard: string[] = []
  const answers = new EventEmitter()
  app.silent = true
  app.use(
    watching(resource => {
      heard.push(resource)
      answers.emit('heard')
    }),
  )
  build(app)
  const server = await listening(createServer(app.callback()))
  try {
    for (const line of lines) await Promise.all([once(answers, 'heard'), ask(server, line)])
  } finally {
    await closed(server)
  }
  return heard
}
