import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The oldest major version of Node for the dd-trace that is installed in this directory; `undefined` if none is. */
export function neededNode(root: string): number | undefined {
  try {
    const { engines } = JSON.parse(readFileSync(join(root, 'node_modules/dd-trace/package.json'), 'utf8'))
    return Number(/^>=\s*(\d+)/.exec(engines.node)?.[1]) || undefined
  } catch {
    return undefined
  }
}
