import type { Layer, Matcher, Pattern } from '../types'
import { textOf } from './template'

/** The patterns of a layer of `router` 2.3 and later, which keeps what was declared in `rawPath`. */
export function router23Patterns(layer: Layer): Pattern[] {
  const declared = [layer.rawPath].flat(Infinity).map(textOf)
  return (layer.matchers ?? []).map((matcher, i) => pattern(matcher, declared[i] ?? '*'))
}

const pattern = (matcher: Matcher, declared: string): Pattern => ({
  declared,
  infer: () => declared,
  reach: path => reachOf(matcher, path),
})

/** A matcher throws for a path that it cannot decode. */
function reachOf(matcher: Matcher, path: string): number {
  try {
    const match = matcher(path)
    return match ? match.path.length : -1
  } catch {
    return -1
  }
}
