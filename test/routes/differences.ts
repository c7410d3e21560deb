import * as expressApp from './express-app.ts'
import { shapes as expressShapes, type Room } from './express-shapes.ts'
import type { Any } from './frameworks.ts'
import * as koaApp from './koa-app.ts'
import { type Kit, shapes as koaShapes } from './koa-shapes.ts'

/** Runs the whole table of Express shapes and tells what came out otherwise. */
export async function expressDifferences(express: Any, major: number, room: Room): Promise<string[]> {
  const wrong: string[] = []
  for (const { only, settings = [], build, asked } of expressShapes) {
    if (only && only !== major) continue
    const app = express()
    for (const setting of settings) app.enable(setting)
    const resources = await expressApp.resourcesOf(app, () => build(app, express), Object.keys(asked))
    const expected = Object.values(asked).map(said =>
      typeof said === 'string' ? said : (said as Record<Room, string>)[room],
    )
    wrong.push(...differences(asked, resources, expected))
  }
  return wrong
}

/** The same for Koa. */
export async function koaDifferences(kit: Kit): Promise<string[]> {
  const wrong: string[] = []
  for (const { since = 0, until = 99, needsOwnHandlers, build, asked } of koaShapes) {
    if (kit.major < since || kit.major > until || (needsOwnHandlers && kit.replacesHandlers)) continue
    const resources = await koaApp.resourcesOf(new kit.Koa(), app => build(app, kit), Object.keys(asked))
    wrong.push(...differences(asked, resources, Object.values(asked)))
  }
  return wrong
}

const differences = (asked: object, resources: string[], expected: string[]): string[] =>
  Object.keys(asked).flatMap((line, i) =>
    resources[i] === expected[i] ? [] : [`${line} is ${resources[i]}, not ${expected[i]}`],
  )
