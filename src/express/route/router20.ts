import type { Layer, Matcher, Pattern } from '../types'

// `router` 2.0 to 2.2 does not keep declared paths. It keeps functions that match, called matchers. Text that a matcher does not
// capture is literal. So the template is the path that it matched, with each value replaced by the name of its parameter. The place
// of a value is a guess. It is confirmed when the matcher captures another value there.

type Match = Exclude<ReturnType<Matcher>, false>

/** One form of the paths that a pattern matches. With optional groups a pattern has several. */
interface Shape {
  keys: string[]
  /** The text before, between and after the values: one more than there are keys. */
  literals: string[]
  template: string
}

const limits = { shapes: 32, length: 1024, trials: 64 }

/** The patterns of a layer of `router` 2.0 to 2.2. */
export const router20Patterns = (layer: Layer): Pattern[] =>
  (layer.matchers ?? []).map(matcher => new InferredPattern(matcher))

class InferredPattern implements Pattern {
  readonly declared = undefined
  readonly #shapes: Shape[] = []
  #learned = 0
  /** Kept for `templateFor`, which is called right after `matchedLength`. */
  #lastMatch: Match | undefined

  constructor(readonly matcher: Matcher) {}

  matchedLength(path: string): number {
    this.#lastMatch = tryMatch(this.matcher, path)
    return this.#lastMatch ? this.#lastMatch.path.length : -1
  }

  templateFor(matched: string): string {
    const match = this.#lastMatch?.path === matched ? this.#lastMatch : matchWhole(this.matcher, matched)
    if (!match) return '/*'
    // The params of a path have no prototype. Those of a regular expression have one, and a regular expression has no template.
    if (Object.getPrototypeOf(match.params) !== null) return '(RegExp)'
    return (this.#shapes.find(shape => fits(shape, match)) ?? this.#learn(matched))?.template ?? '/*'
  }

  #learn(matched: string): Shape | undefined {
    if (matched.length > limits.length || this.#learned++ >= limits.shapes) return undefined
    const shape = shapeOf(this.matcher, matched)
    if (shape) this.#shapes.push(shape)
    return shape
  }
}

function fits({ keys, literals }: Shape, { path, params }: Match): boolean {
  const own = Object.keys(params)
  if (own.length !== keys.length || own.some((key, i) => key !== keys[i])) return false
  const filled = fill(literals, i => valueText(params[keys[i] as string]))
  return filled === path || filled.toLowerCase() === decoded(path).toLowerCase()
}

function shapeOf(matcher: Matcher, matched: string): Shape | undefined {
  const decodable = matched.replace(/(?:%[0-9a-f]{2})+/gi, 'x')
  // Lower case first. Otherwise the first request's spelling, such as `/API`, would be in the template of all requests.
  for (const path of [decodable.toLowerCase(), decodable, matched]) {
    const match = matchWhole(matcher, path)
    const shape = match && new ValuePlacement(matcher, match).shape()
    if (shape) return shape
  }
  return undefined
}

/** Finds where the captured values are in the path: tries places in order until the matcher confirms them. */
class ValuePlacement {
  readonly #keys: string[]
  #trials = 0

  constructor(
    readonly matcher: Matcher,
    readonly match: Match,
  ) {
    this.#keys = Object.keys(match.params)
  }

  shape(): Shape | undefined {
    const keys = this.#keys
    const literals = this.#place([], 0)
    const name = (i: number): string => (Array.isArray(this.match.params[keys[i] as string]) ? '*' : ':') + keys[i]
    return literals && { keys, literals, template: fill(literals, name) }
  }

  #place(literals: string[], from: number): string[] | undefined {
    const { path, params } = this.match
    const key = this.#keys[literals.length]
    if (key === undefined) return this.#confirmed([...literals, path.slice(from)])
    const value = valueText(params[key])
    for (let at = path.indexOf(value, from); at >= 0; at = path.indexOf(value, at + 1)) {
      if (this.#trials++ > limits.trials) return undefined
      const placed = this.#place([...literals, path.slice(from, at)], at + value.length)
      if (placed) return placed
    }
    return undefined
  }

  #confirmed(literals: string[]): string[] | undefined {
    if (!this.#captures(literals)) return undefined
    // If a name was declared twice, only one of its values is captured. The other looks like a literal, but can be any text.
    const hasFalseLiteral = literals.some((literal, i) =>
      [...literal.matchAll(/\w+|[^/\w]/g)].some(({ 0: word, index }) => {
        const other = `${literal.slice(0, index)}q0q${literal.slice(index + word.length)}`
        return this.#captures(literals.with(i, other))
      }),
    )
    return hasFalseLiteral ? undefined : literals
  }

  /** Puts `q1q`, `q2q`, … in the places of the values. Returns whether the matcher captures exactly these. */
  #captures(literals: string[]): boolean {
    const otherValue = (i: number): string => `q${i + 1}q`
    const match = matchWhole(this.matcher, fill(literals, otherValue))
    return match !== undefined && this.#keys.every((key, i) => valueText(match.params[key]) === otherValue(i))
  }
}

function matchWhole(matcher: Matcher, path: string): Match | undefined {
  const match = tryMatch(matcher, path)
  return match?.path === path ? match : undefined
}

/** A matcher throws for a path that it cannot decode. */
function tryMatch(matcher: Matcher, path: string): Match | undefined {
  try {
    return matcher(path) || undefined
  } catch {
    return undefined
  }
}

const fill = (literals: readonly string[], value: (i: number) => string): string =>
  literals.reduce((filled, literal, i) => filled + value(i - 1) + literal)

const valueText = (value: unknown): string => (Array.isArray(value) ? value.join('/') : String(value))

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
