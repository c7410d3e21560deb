import { isObject } from './line'

/** The keys of the outermost object of a JSON line. A key that is written twice comes twice: `JSON.parse` would hide the first. */
export function keysOf(text: string): string[] {
  const keys: string[] = []
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1 && token.endsWith(':')) keys.push(JSON.parse(token.slice(0, -1)))
  }
  return keys
}

/** The places of these keys in a tree, with their values. */
export function pathsOf(
  record: object,
  wanted: readonly string[],
  depth: number,
): { path: string[]; value: unknown }[] {
  if (depth === 0) return []
  return Object.entries(record).flatMap(([key, value]) => {
    const inside = isObject(value) ? pathsOf(value, wanted, depth - 1) : []
    const deeper = inside.map(found => ({ ...found, path: [key, ...found.path] }))
    return wanted.includes(key) ? [{ path: [key], value }, ...deeper] : deeper
  })
}

/** All keys of a tree, down to `depth` levels. */
export function allKeys(record: object, depth: number): string[] {
  return Object.entries(record).flatMap(([key, value]) => [
    key,
    ...(depth > 1 && isObject(value) ? allKeys(value, depth - 1) : []),
  ])
}
