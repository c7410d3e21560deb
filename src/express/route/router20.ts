import type { Layer, Matcher, Pattern } from '../types'

// `router` 2.0 to 2.2 forgets what was declared and keeps only closures that match. All text which such a closure does
// not capture is literal, so a template is the path it took with each captured value replaced by its name. Where a value
// stands is a guess until the closure has confirmed it with other values.

type Match = Exclude<ReturnType<Matcher>, false>

/** The way one pattern can match: optional groups give it several. */
interface Shape {
  keys: string[]
  /** The text before, between and after the values: one more than there are keys. */
  literals: string[]
  template: string
}

const most = { shapes: 32, length: 1024, trials: 64 }

/** The patterns of a layer of `router` 2.0 to 2.2. */
export const router20Patterns = (layer: Layer): Pattern[] =>
  (layer.matchers ?? []).map(matcher => new Inferred(matcher))

class Inferred implements Pattern {
  readonly declared = undefined
  readonly #shapes: Shape[] = []
  #tries = 0
  /** The last match: `infer` is asked right after `reach`. */
  #last: Match | undefined

  constructor(readonly matcher: Matcher) {}

  reach(path: string): number {
    this.#last = attempt(this.matcher, path)
    return this.#last ? this.#last.path.length : -1
  }

  infer(piece: string): string {
    const match = this.#last?.path === piece ? this.#last : whole(this.matcher, piece)
    if (!match) return '/*'
    // path-to-regexp makes its params without a prototype, `router` those of a regular expression with one.
    if (Object.getPrototypeOf(match.params) !== null) return '(RegExp)'
    return (this.#shapes.find(shape => fits(shape, match)) ?? this.#learn(piece))?.template ?? '/*'
  }

  #learn(piece: string): Shape | undefined {
    if (piece.length > most.length || this.#tries++ >= most.shapes) return undefined
    const shape = shapeOf(this.matcher, piece)
    if (shape) this.#shapes.push(shape)
    return shape
  }
}

function fits({ keys, literals }: Shape, { path, params }: Match): boolean {
  const own = Object.keys(params)
  if (own.length !== keys.length || own.some((key, i) => key !== keys[i])) return false
  const said = fill(literals, i => text(params[keys[i] as string]))
  return said === path || said.toLowerCase() === decoded(path).toLowerCase()
}

function shapeOf(matcher: Matcher, piece: string): Shape | undefined {
  const plain = piece.replace(/(?:%[0-9a-f]{2})+/gi, 'x')
  // Lower case first: the spelling of one request must not become the label of all.
  for (const path of [plain.toLowerCase(), plain, piece]) {
    const match = whole(matcher, path)
    const shape = match && new Placing(matcher, match).shape()
    if (shape) return shape
  }
  return undefined
}

/** Looks for the places of the captured values, in their order, until the matcher agrees. */
class Placing {
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
    const value = text(params[key])
    for (let at = path.indexOf(value, from); at >= 0; at = path.indexOf(value, at + 1)) {
      if (this.#trials++ > most.trials) return undefined
      const placed = this.#place([...literals, path.slice(from, at)], at + value.length)
      if (placed) return placed
    }
    return undefined
  }

  #confirmed(literals: string[]): string[] | undefined {
    if (!this.#captures(literals)) return undefined
    // A name declared twice captures one value only: what looks literal may then be the other value.
    const loose = literals.some((literal, i) =>
      [...literal.matchAll(/\w+|[^/\w]/g)].some(({ 0: word, index }) => {
        const other = `${literal.slice(0, index)}q0q${literal.slice(index + word.length)}`
        return this.#captures(literals.with(i, other))
      }),
    )
    return loose ? undefined : literals
  }

  #captures(literals: string[]): boolean {
    const mark = (i: number): string => `q${i + 1}q`
    const match = whole(this.matcher, fill(literals, mark))
    return match !== undefined && this.#keys.every((key, i) => text(match.params[key]) === mark(i))
  }
}

function whole(matcher: Matcher, path: string): Match | undefined {
  const match = attempt(matcher, path)
  return match?.path === path ? match : undefined
}

/** A matcher throws for a path that it cannot decode. */
function attempt(matcher: Matcher, path: string): Match | undefined {
  try {
    return matcher(path) || undefined
  } catch {
    return undefined
  }
}

const fill = (literals: readonly string[], value: (i: number) => string): string =>
  literals.reduce((filled, literal, i) => filled + value(i - 1) + literal)

const text = (value: unknown): string => (Array.isArray(value) ? value.join('/') : String(value))

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
