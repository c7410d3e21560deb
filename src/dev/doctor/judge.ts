import type { Finding } from '../api'
import { type Envelope, unwrap } from './envelope'
import { isHealthy } from './healthy'
import { isLinked, type Line, readLine } from './line'
import type { Logger } from './loggers'
import { lineRules, type Rule, rules } from './rules/index'
import { type Count, type Example, excerpt, none, Seen } from './seen'

/**
 * The codes of the causes for which Datadog would not link this line. Empty for a line that is fine, and for most lines without ids:
 * they may be outside of any request. To decide that, `Health` compares many lines.
 */
export function judgeLine(raw: string): string[] {
  if (isHealthy(raw)) return []
  const line = readLine(raw)
  return lineRules.filter(rule => rule.line(line) !== undefined).map(rule => rule.code)
}

/** Judges many lines together. It keeps a few dozen counts and one example of each cause, so memory does not grow with the lines. */
export class Health {
  /** All lines so far that are not empty. */
  lines = 0
  /** Lines with ids that Datadog accepts. */
  linked = 0
  readonly #seen = new Seen()
  readonly #found = new Map<Rule, Found>()
  /** Lines that `isHealthy` accepted. */
  #quick = 0
  /** Lines without ids in which no rule for a single line found anything. */
  #quiet = 0
  readonly #parts = new Map<string, string>()

  /** Lines without ids that no rule explains. They were probably written outside of any request. */
  get outside(): number {
    const explained = this.#counts().reduce((sum, { many }) => sum + many, 0)
    return Math.max(0, this.#quiet - explained)
  }

  /** @param n the number of the line, from 1; by default the next one */
  add(raw: string, n: number = this.lines + 1): void {
    if (raw === '') return
    if (isHealthy(raw)) {
      this.#take(raw, n)
      return
    }
    const envelope = this.#joined(unwrap(raw))
    if (envelope && isHealthyInside(envelope)) this.#take(envelope.text, n)
    else if (envelope) this.#judge(readLine(raw, envelope), n)
  }

  /**
   * Counts a line that `isHealthy` accepts. After the first 200 only one line in 64 is read to find its logger, because reading takes
   * longer than all the rest.
   */
  #take(text: string, n: number): void {
    this.lines++
    this.linked++
    if (this.#quick++ < 200 || this.#quick % 64 === 0) this.#seen.add(readLine(text), n)
  }

  /**
   * Joins the parts of a long line that a container's runtime has split, as Datadog's agent does. `undefined` before the last part has
   * come.
   */
  #joined(envelope: Envelope): Envelope | undefined {
    const { stream = '', partial } = envelope
    const before = this.#parts.get(stream)
    if (!partial && before === undefined) return envelope
    const text = `${before ?? ''}${envelope.text}`.slice(0, longestLine)
    if (!partial) this.#parts.delete(stream)
    else this.#parts.set(stream, text)
    return partial ? undefined : { ...envelope, text }
  }

  /** Those with more lines come first. */
  findings(): Finding[] {
    return this.#counts()
      .map(({ rule, count, logger }) => findingOf(rule, count, this.lines, logger))
      .sort((a, b) => b.lines - a.lines)
  }

  #judge(line: Line, n: number): void {
    this.lines++
    const linked = isLinked(line)
    if (linked) this.linked++
    let hasFinding = false
    for (const rule of lineRules) {
      const mark = rule.line(line)
      if (mark === undefined) continue
      hasFinding = true
      this.#count(rule, line, n, mark)
    }
    if (!hasFinding && !linked) this.#quiet++
    // A line with a finding and without `dd` is not counted again by the rules for all lines. A line with `dd` is counted: it shows
    // that the tracer ran.
    if (!hasFinding || line.hasDd) this.#seen.add(line, n)
  }

  #count(rule: Rule, line: Line, n: number, mark: string): void {
    const found = this.#found.get(rule) ?? new Found({ line: n, text: excerpt(line.raw), mark, logger: line.logger })
    this.#found.set(rule, found)
    found.add(line.logger)
  }

  #counts(): { rule: Rule; count: Count; many: number; logger?: Logger }[] {
    return rules.flatMap(rule => {
      const single = this.#found.get(rule)
      const many = rule.lines?.(this.#seen) ?? none
      const count = { lines: (single?.lines ?? 0) + many.lines, example: single?.example ?? many.example }
      if (count.lines === 0) return []
      return [{ rule, count, many: many.lines, logger: single?.logger ?? many.example?.logger }]
    })
  }
}

/** Characters. The rest of a longer line is not kept: Datadog cuts lines at 1 MB. */
const longestLine = 1_000_001

/** Whether a line is healthy without its wrapper. Datadog's agent does not remove the prefix of a runner: that is a finding. */
function isHealthyInside({ text, prefix, by }: Envelope): boolean {
  return prefix !== undefined && by !== 'runner' && isHealthy(text)
}

/** The lines of one rule. */
class Found {
  lines = 0
  readonly #loggers = new Map<Logger, number>()
  constructor(readonly example: Example) {}

  add(logger: Logger): void {
    this.lines++
    this.#loggers.set(logger, (this.#loggers.get(logger) ?? 0) + 1)
  }

  /** The logger that wrote most of these lines. */
  get logger(): Logger | undefined {
    return [...this.#loggers].sort((a, b) => b[1] - a[1])[0]?.[0]
  }
}

/** A finding as it is in `--json` and on the page. */
export function findingOf(rule: Rule, count: Count, of: number, logger?: Logger): Finding {
  const { code, title, why } = rule
  const share = of ? Math.round((count.lines / of) * 10_000) / 10_000 : 0
  return { code, title, lines: count.lines, of, share, example: shown(count.example), why, fix: fixFor(rule, logger) }
}

function shown(example?: Example): Finding['example'] {
  if (!example) return undefined
  const { logger: _, ...rest } = example
  return rest
}

/** The code to change for this logger. */
function fixFor({ fix }: Rule, logger?: Logger): string {
  return (logger && fix[logger]) ?? fix.any
}
