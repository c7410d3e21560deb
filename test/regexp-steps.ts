/** One call of `exec`, also by `test`, `replace` and `match`. */
export interface Call {
  readonly expression: RegExp
  readonly input: string
  readonly from: number
  /** Where it matched and where the match ends, or `undefined`. */
  readonly found: Match | undefined
}
type Match = readonly [start: number, end: number]

/** Runs `work` and returns every regular expression that it used, with its input. Expressions of Node itself are not seen. */
export async function regExpCalls(work: () => unknown): Promise<Call[]> {
  const calls: Call[] = []
  const { exec } = RegExp.prototype
  RegExp.prototype.exec = function (input) {
    const from = this.global || this.sticky ? this.lastIndex : 0
    const result = exec.call(this, input)
    const found: Match | undefined = result ? [result.index, result.index + result[0].length] : undefined
    calls.push({ expression: this, input: String(input), from, found })
    return result
  }
  try {
    await work()
  } finally {
    RegExp.prototype.exec = exec
  }
  return calls
}

type Instruction =
  | { readonly is: 'character'; readonly test: (character: string) => boolean; readonly backwards: boolean }
  | { readonly is: 'either'; readonly first: number; readonly second: number }
  | { readonly is: 'jump'; readonly to: number }
  | { readonly is: 'look'; readonly program: Instruction[]; readonly wanted: boolean }
  | { readonly is: 'edge'; readonly test: (input: string, at: number) => boolean }

/**
 * How many steps a backtracking matcher such as V8's takes for a call. V8 does not tell, so this one takes the same steps again and counts.
 *
 * @throws when it finds another match than V8 did, or meets syntax that it does not know
 */
export function stepsOf({ expression, input, from, found }: Call): number {
  const program = programOf(expression)
  let steps = 0
  const run = (instructions: Instruction[], start: number): number | undefined => {
    const open: [pc: number, at: number][] = [[0, start]]
    for (let state = open.pop(); state; state = open.pop()) {
      let [pc, at] = state
      for (;;) {
        const instruction = instructions[pc++]
        if (!instruction) return at
        steps++
        if (instruction.is === 'jump') pc = instruction.to
        else if (instruction.is === 'either') {
          open.push([instruction.second, at])
          pc = instruction.first
        } else if (instruction.is === 'edge') {
          if (!instruction.test(input, at)) break
        } else if (instruction.is === 'look') {
          if ((run(instruction.program, at) !== undefined) !== instruction.wanted) break
        } else {
          const character = input[instruction.backwards ? at - 1 : at]
          if (character === undefined || !instruction.test(character)) break
          at += instruction.backwards ? -1 : 1
        }
      }
    }
    return undefined
  }
  const last = expression.sticky ? from : input.length
  for (let start = from; start <= last; start++) {
    const end = run(program, start)
    if (end === undefined) continue
    if (found?.[0] === start && found[1] === end) return steps
    throw new Error(`${expression} matched ${start} to ${end} here, and ${found} in V8`)
  }
  if (found) throw new Error(`${expression} matched nothing here, and ${found} in V8`)
  return steps
}

const programs = new Map<string, Instruction[]>()

function programOf({ source, ignoreCase }: RegExp): Instruction[] {
  const key = `${source} ${ignoreCase}`
  const program = programs.get(key) ?? new Compiler(source, ignoreCase).alternatives(false)
  programs.set(key, program)
  return program
}

/** Backwards is the way of a lookbehind. A group is what is in it: nothing here asks for captures. */
class Compiler {
  #at = 0

  constructor(
    readonly source: string,
    readonly ignoreCase: boolean,
  ) {}

  alternatives(backwards: boolean): Instruction[] {
    const first = this.#sequence(backwards)
    if (!this.#take('|')) return first
    const second = this.alternatives(backwards)
    const start = first.length + 2
    return [
      { is: 'either', first: 1, second: start },
      ...moved(first, 1),
      { is: 'jump', to: start + second.length },
      ...moved(second, start),
    ]
  }

  #sequence(backwards: boolean): Instruction[] {
    let all: Instruction[] = []
    while (this.#at < this.source.length && !'|)'.includes(this.source[this.#at])) {
      const next = this.#quantified(this.#atom(backwards))
      all = backwards ? [...next, ...moved(all, next.length)] : [...all, ...moved(next, all.length)]
    }
    return all
  }

  #atom(backwards: boolean): Instruction[] {
    for (const [token, test] of edges) {
      if (this.#take(token)) return [{ is: 'edge', test }]
    }
    for (const [opening, wanted, behind] of looks) {
      if (this.#take(opening)) return [{ is: 'look', program: this.#closed(behind), wanted }]
    }
    if (this.#take('(?:') || this.#take('(')) return this.#closed(backwards)
    const [token] = this.#expect(/\\(?:u[\da-f]{4}|x[\da-f]{2}|[^bBkux1-9])|\[(?:\\.|[^\]\\])*\]|[^*+?{}()|\\]/iy)
    return [{ is: 'character', test: this.#tester(token), backwards }]
  }

  #closed(backwards: boolean): Instruction[] {
    const inside = this.alternatives(backwards)
    this.#expect(/\)/y)
    return inside
  }

  /** `x{2,3}` is `xxx?`; the rest of `x{2,}` is a loop. */
  #quantified(atom: Instruction[]): Instruction[] {
    const quantifier = /[*+?]|\{(\d+)(,?)(\d*)\}/y
    quantifier.lastIndex = this.#at
    const found = quantifier.exec(this.source)
    if (!found) return atom
    this.#at = quantifier.lastIndex
    if (this.#take('?')) throw new Error(`A lazy quantifier in ${this.source}`)
    const [text, least, comma, most] = found
    const min = least ? Number(least) : text === '+' ? 1 : 0
    const max = most ? Number(most) : text === '?' ? 1 : least && !comma ? min : Number.POSITIVE_INFINITY
    let all: Instruction[] = []
    for (let i = 0; i < min; i++) all = [...all, ...moved(atom, all.length)]
    if (max === Number.POSITIVE_INFINITY) return [...all, ...moved(loop(atom), all.length)]
    for (let i = min; i < max; i++) all = [...all, ...moved(optional(atom), all.length)]
    return all
  }

  /** V8 itself says what a token matches. */
  #tester(token: string): (character: string) => boolean {
    const known = new Map<string, boolean>()
    const one = new RegExp(`^${token}$`, this.ignoreCase ? 'i' : '')
    return character => {
      const answer = known.get(character) ?? one.test(character)
      known.set(character, answer)
      return answer
    }
  }

  #take(text: string): boolean {
    if (!this.source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #expect(token: RegExp): RegExpExecArray {
    token.lastIndex = this.#at
    const found = token.exec(this.source)
    if (!found) throw new Error(`Unknown syntax at ${this.#at} of ${this.source}`)
    this.#at = token.lastIndex
    return found
  }
}

const isWord = (character = '') => /\w/.test(character)
const atWordEdge = (input: string, at: number) => isWord(input[at - 1]) !== isWord(input[at])

const edges: [token: string, test: (input: string, at: number) => boolean][] = [
  ['^', (_input, at) => at === 0],
  ['$', (input, at) => at === input.length],
  ['\\b', atWordEdge],
  ['\\B', (input, at) => !atWordEdge(input, at)],
]

const looks: [opening: string, wanted: boolean, behind: boolean][] = [
  ['(?=', true, false],
  ['(?!', false, false],
  ['(?<=', true, true],
  ['(?<!', false, true],
]

const loop = (body: Instruction[]): Instruction[] => [
  { is: 'either', first: 1, second: body.length + 2 },
  ...moved(body, 1),
  { is: 'jump', to: 0 },
]

const optional = (body: Instruction[]): Instruction[] => [
  { is: 'either', first: 1, second: body.length + 1 },
  ...moved(body, 1),
]

function moved(instructions: Instruction[], by: number): Instruction[] {
  return instructions.map(instruction => {
    if (instruction.is === 'jump') return { ...instruction, to: instruction.to + by }
    if (instruction.is !== 'either') return instruction
    return { ...instruction, first: instruction.first + by, second: instruction.second + by }
  })
}
