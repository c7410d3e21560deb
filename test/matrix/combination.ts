import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atHand, install, installBun, installNode, nodeAtHand } from '../on-demand'
import { root } from '../packed'
import { FrameworkSet } from '../routes/frameworks'

/** One process of the matrix. Every version of both frameworks runs in it. */
export interface Combination {
  /** Its major, or `bun`. */
  readonly node: number | 'bun'
  /** The major of dd-trace. */
  readonly ddTrace: 5 | 6
  /** dd-trace's integrations. */
  readonly integrations: boolean
  /** dd-trace's log injection. */
  readonly injection: boolean
}

export const nodes = [20, 22, 24, 26]

/** The versions of each framework, oldest first, by the folder of test/frameworks that has it. */
const frameworks = {
  express: ['express416-koa20', 'express4-koa2', 'express50-router10', 'express5-koa3'],
  koa: ['express416-koa20', 'express4-koa2', 'express5-koa3'],
}

/** Every application of a process: `express express5-koa3`. */
export const apps = Object.entries(frameworks).flatMap(([framework, sets]) => sets.map(set => `${framework} ${set}`))

/** What a reader calls an application: `Express 4.16.0`. */
export function nameOf(app: string): string {
  const [framework, set] = app.split(' ')
  return `${framework === 'koa' ? 'Koa' : 'Express'} ${new FrameworkSet(set).version(framework)}`
}

const onOff = [true, false]

/** Every combination that dd-trace allows: its 6th major needs Node 22. Bun is what dd-trace supports since its 1.4. */
export const combinations: Combination[] = ([...nodes, 'bun'] as const).flatMap(node =>
  ([5, 6] as const)
    .filter(ddTrace => ddTrace === 5 || node !== 20)
    .flatMap(ddTrace =>
      onOff.flatMap(integrations => onOff.map(injection => ({ node, ddTrace, integrations, injection }))),
    ),
)

/** The few that stand for all: everything on and everything off on the oldest Node, and everything on on the newest. */
export const sample = combinations.filter(
  ({ node, ddTrace, integrations, injection }) =>
    (node === 20 && integrations === injection) || (node === 26 && ddTrace === 6 && integrations && injection),
)

export function titleOf({ node, ddTrace, integrations, injection }: Combination): string {
  const runtime = node === 'bun' ? 'Bun' : `Node ${node}`
  return `${runtime}, dd-trace ${ddTrace}, integrations ${word(integrations)}, log injection ${word(injection)}`
}

const word = (on: boolean) => (on ? 'on' : 'off')

/** Whether all that a combination needs is installed. */
export function isAtHand({ node, ddTrace }: Combination): boolean {
  return Boolean(node === 'bun' ? atHand('bun') : nodeAtHand(node)) && (ddTrace === 5 || Boolean(atHand('dd-trace-6')))
}

/** The executable, and the folder of dd-trace, of a combination: installed now where they were not. */
export async function partsOf({ node, ddTrace }: Combination): Promise<{ executable: string; ddTrace: string }> {
  const executable = node === 'bun' ? await installBun() : await installNode(node)
  const folder = ddTrace === 5 ? root : await install('dd-trace-6')
  return { executable, ddTrace: join(folder, 'node_modules', 'dd-trace') }
}

/** The version of the package in a folder. */
export function versionIn(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}
