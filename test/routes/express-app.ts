import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { expressRoute, noteRoute, RouteState, watchRoutes } from '../../src/express/route/index.ts'
import { resourceOf } from '../../src/tags/resource.ts'
import { ask, closed, listening } from './ask.ts'
import type { Any } from './frameworks.ts'

const states = new WeakMap<object, RouteState>()
export const stateOf = (req: object) => states.get(req)

/** The least middleware that watches routes: `answered` hears each request's resource when its response has closed. */
export function watching(answered: (resource: string, req: Any) => void) {
  return function watch(req: Any, res: Any, next: () => void) {
    if (states.has(req)) return next()
    watchRoutes(req.app, stateOf)
    const state = new RouteState()
    states.set(req, state)
    noteRoute(req, state)
    const { method } = req
    res.on('close', () => answered(resourceOf(method, expressRoute(req, state)), req))
    next()
  }
}

/** Serves an application that `build` fills below the watching middleware, and asks it one request after the other. */
export async function resourcesOf(app: Any, build: (app: Any) => void, lines: string[]): Promise<string[]> {
  const heard: string[] = []
  const answers = new EventEmitter()
  app.set('env', 'test') // or Express prints the errors
  app.use(
    watching(resource => {
      heard.push(resource)
      answers.emit('heard')
    }),
  )
  build(app)
  const server = await listening(createServer(app))
  try {
    for (const line of lines) await Promise.all([once(answers, 'heard'), ask(server, line)])
  } finally {
    await closed(server)
  }
  return heard
}
