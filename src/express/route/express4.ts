import type { Layer, Pattern } from '../types'
import { declaredPaths } from './template'

// Express 4 does not keep the declared path of a mount. It keeps what path-to-regexp 0.1 compiled from it: a regular expression and
// the names of its groups. We translate that back. The result is used only if the application's own Express compiles it to the same
// expression.

interface Key {
  name: string | number
}
type LayerClass = new (path: string, options: object, handle: () => void) => Layer

const tail = '\\/?(?=\\/|$)'
const captures = [
  /\(\[\^\\?\/(?:\\\.)?\]\+\?\)/, // `:id`
  /\(\(\?:\(\?!\\?\/\|.*?\)\.\)\+\?\)/, // `:to` of `/:from-:to`, since 0.1.8
  /(?<custom>\(.*?\))/, // `:id(\\d+)`
]
const rest = /\(\(\?:\[\\?\/(?:\\\.)?\]\.\+\?\)\?\)/ // the star of `:path*`
const param = `(?<before>\\\\/)?\\(\\?:(?<dot>\\\\\\.)?(?<inside>\\\\/)?(?:${captures.map(re => re.source).join('|')})(?<star>${rest.source})?\\)(?<optional>\\?)?`
const tokens = new RegExp(`${param}|(?<any>\\(\\.\\*\\))|(?<group>\\\\/\\(\\?:)|\\\\(?<plain>[./])|\\\\.`, 'g')

/** The patterns of a layer of Express 4. */
export function express4Patterns(layer: Layer): Pattern[] {
  const { regexp, route } = layer
  if (!regexp) return []
  if (regexp.fast_star) return [pattern(/^.*/s, '*')]
  const found = alternatives(layer, regexp)
  const isTrusted = route ? found.length === declaredPaths(route).length : found.some(({ text }) => text !== undefined)
  if (!isTrusted) return [pattern(regexp, `(${regexp})`)]
  return found.map(({ alternative, text }) => pattern(alternative, text ?? `(/${alternative.source}/)`))
}

/**
 * Splits the expression of an array of paths, `^first|^second`. path-to-regexp 0.1.7 puts it into a group. An expression that the
 * application has written may look the same, so the caller checks the result.
 */
function alternatives(layer: Layer, { source, flags }: RegExp): { alternative: RegExp; text: string | undefined }[] {
  const keys = [...(layer.keys ?? [])]
  try {
    return source.split(/\|(?=(?:\(\?:)*\^)/).map(piece => {
      const alternative = withoutOuterGroup(piece.replace(/^(?:\(\?:)+(?=\^)/, ''), flags)
      const ownKeys = keys.splice(0, countGroups(alternative.source))
      return { alternative, text: declaredPath(layer, alternative.source, ownKeys) }
    })
  } catch {
    return [] // the expression was split within a group
  }
}

function withoutOuterGroup(piece: string, flags: string): RegExp {
  try {
    return new RegExp(piece, flags)
  } catch (error) {
    if (piece.endsWith(')')) return withoutOuterGroup(piece.slice(0, -1), flags)
    throw error
  }
}

const countGroups = (source: string): number => (new RegExp(`${source}|`).exec('') as RegExpExecArray).length - 1

/** The string that was compiled to `source`; `undefined` if it was a regular expression. */
function declaredPath(layer: Layer, source: string, keys: readonly Key[]): string | undefined {
  if (!source.startsWith('^') || !source.endsWith(tail)) return undefined
  const names = groupNames(keys)
  const unusedNames = [...names]
  const guess = source.slice(1, -tail.length).replace(tokens, (token, ...args) => {
    const parts = args.at(-1) as Record<string, string | undefined>
    return translateToken(token, parts, unusedNames)
  })
  return compilesTo(layer, guess, source, names) ? guess || '/' : undefined
}

function translateToken(token: string, parts: Record<string, string | undefined>, names: string[]): string {
  if (parts.any) return '*'
  if (parts.group) return '/('
  if (parts.plain) return parts.plain
  if (!token.includes('(')) return token
  const slash = parts.before || parts.inside ? '/' : ''
  const custom = (parts.custom ?? '').replaceAll('(.*)', '*').replaceAll('\\/', '/')
  return `${slash}${parts.dot ? '.' : ''}:${names.shift()}${custom}${parts.star ? '*' : ''}${parts.optional ?? ''}`
}

function compilesTo(layer: Layer, guess: string, source: string, names: readonly string[]): boolean {
  const LayerOfThisExpress = layer.constructor as LayerClass
  try {
    const options = { sensitive: !layer.regexp?.ignoreCase, strict: false, end: false }
    const { regexp, keys = [] } = new LayerOfThisExpress(guess, options, () => {})
    return regexp?.source === source && groupNames(keys).join('/') === names.join('/')
  } catch {
    return false
  }
}

/** The names of the groups. A group without a name has a number, which is left out. */
const groupNames = (keys: readonly Key[]): string[] =>
  keys.map(key => key.name).filter(name => typeof name === 'string')

function pattern(regexp: RegExp, declared: string): Pattern {
  // Using a global or sticky expression changes its `lastIndex`, which the application may rely on. So use a copy.
  const own = regexp.global || regexp.sticky ? new RegExp(regexp.source, regexp.flags.replace(/[gy]/g, '')) : regexp
  return {
    declared,
    templateFor: () => declared,
    matchedLength(path) {
      const match = own.exec(path)
      return match?.index === 0 ? match[0].length : -1
    },
  }
}
