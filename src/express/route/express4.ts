import type { Layer, Pattern } from '../types'
import { pathsOf } from './template'

// Express 4 keeps of a mount only what path-to-regexp 0.1 compiled: a regular expression and the names of its groups.
// We translate that back and believe the result only if the application's own Express compiles it to the same expression.

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
  const trusted = route ? found.length === pathsOf(route).length : found.some(({ text }) => text !== undefined)
  if (!trusted) return [pattern(regexp, `(${regexp})`)]
  return found.map(({ alternative, text }) => pattern(alternative, text ?? `(/${alternative.source}/)`))
}

/** An array is compiled to `^first|^second`, by 0.1.7 within a group. A user's own expression may look alike. */
function alternatives(layer: Layer, { source, flags }: RegExp): { alternative: RegExp; text: string | undefined }[] {
  const keys = [...(layer.keys ?? [])]
  try {
    return source.split(/\|(?=(?:\(\?:)*\^)/).map(piece => {
      const alternative = ungrouped(piece.replace(/^(?:\(\?:)+(?=\^)/, ''), flags)
      const own = keys.splice(0, groupsIn(alternative.source))
      return { alternative, text: declared(layer, alternative.source, own) }
    })
  } catch {
    return [] // cut inside a group
  }
}

function ungrouped(piece: string, flags: string): RegExp {
  try {
    return new RegExp(piece, flags)
  } catch (error) {
    if (piece.endsWith(')')) return ungrouped(piece.slice(0, -1), flags)
    throw error
  }
}

const groupsIn = (source: string): number => (new RegExp(`${source}|`).exec('') as RegExpExecArray).length - 1

/** The string that was compiled to `source`, if it was a string. */
function declared(layer: Layer, source: string, keys: readonly Key[]): string | undefined {
  if (!source.startsWith('^') || !source.endsWith(tail)) return undefined
  const names = namesOf(keys)
  const left = [...names]
  const guess = source.slice(1, -tail.length).replace(tokens, (token, ...args) => {
    const parts = args.at(-1) as Record<string, string | undefined>
    return translated(token, parts, left)
  })
  return compiles(layer, guess, source, names) ? guess || '/' : undefined
}

function translated(token: string, parts: Record<string, string | undefined>, names: string[]): string {
  if (parts.any) return '*'
  if (parts.group) return '/('
  if (parts.plain) return parts.plain
  if (!token.includes('(')) return token
  const slash = parts.before || parts.inside ? '/' : ''
  const custom = (parts.custom ?? '').replaceAll('(.*)', '*').replaceAll('\\/', '/')
  return `${slash}${parts.dot ? '.' : ''}:${names.shift()}${custom}${parts.star ? '*' : ''}${parts.optional ?? ''}`
}

function compiles(layer: Layer, guess: string, source: string, names: readonly string[]): boolean {
  const LayerOfThisExpress = layer.constructor as LayerClass
  try {
    const options = { sensitive: !layer.regexp?.ignoreCase, strict: false, end: false }
    const { regexp, keys = [] } = new LayerOfThisExpress(guess, options, () => {})
    return regexp?.source === source && namesOf(keys).join('/') === names.join('/')
  } catch {
    return false
  }
}

/** Groups without a name are numbered. */
const namesOf = (keys: readonly Key[]): string[] => keys.map(key => key.name).filter(name => typeof name === 'string')

function pattern(regexp: RegExp, declared: string): Pattern {
  // `lastIndex` of a global or sticky expression belongs to the application.
  const own = regexp.global || regexp.sticky ? new RegExp(regexp.source, regexp.flags.replace(/[gy]/g, '')) : regexp
  return {
    declared,
    infer: () => declared,
    reach(path) {
      const match = own.exec(path)
      return match?.index === 0 ? match[0].length : -1
    },
  }
}
