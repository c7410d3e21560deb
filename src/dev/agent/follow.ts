import { type LogLine, lowHalf, parseLine } from './lines'
import type { Trace } from './traces'
import { type PrintOptions, printTrace } from './tree'

/** What a follower is told, and what it prints with. */
export interface FollowOptions extends PrintOptions {
  /** Where the text goes; it comes without a final line break. */
  print: (text: string) => void
  /**
   * Milliseconds without news after which a trace is printed.
   *
   * @default 300
   */
  quiet?: number
  /**
   * Milliseconds to wait for a trace whose lines are here, or for the root of one whose other spans are.
   *
   * @default 5000
   */
  patience?: number
  /**
   * Traces that are printed as trees in one second, which is more than anybody reads. Of those beyond it, the lines are printed as they came.
   *
   * @default all
   */
  treesPerSecond?: number
}

/** Prints traces as they arrive, each with its log lines. */
export interface Follower {
  /** Takes a line of a program's output, or what `parseLine` made of it. One with a trace id is held for its trace, any other printed at once. */
  takeLine(line: string | LogLine): void
  /** Prints all that is held. */
  flush(): void
}

/** Prints each trace as a tree with its log lines as soon as it is quiet, and again when more of it arrives. */
export function followTraces(
  agent: { onTrace(listener: (trace: Trace) => void): () => void },
  { print, quiet = 300, patience = 5000, treesPerSecond = Number.POSITIVE_INFINITY, ...look }: FollowOptions,
): Follower {
  const held = new Map<string, Held>()
  const hasTime = limiter(treesPerSecond)
  const show = (entry: Held) => {
    clearTimeout(entry.timer)
    entry.timer = undefined
    const { trace, lines, printed } = entry
    if (trace && hasTime()) print(printTrace(trace, lines, look))
    else for (const line of lines.slice(printed)) print(trace ? line.raw : `${line.raw}  (its trace has not arrived)`)
    entry.printed = lines.length
  }
  const holdFor = (low: string): Held => {
    const entry = held.get(low) ?? { lines: [], size: 0, printed: 0 }
    held.set(low, entry)
    if (held.size > mostHeld) release(held.keys().next().value as string)
    return entry
  }
  const wait = (entry: Held) => {
    const delay = entry.trace?.root ? quiet : patience
    if (entry.timer && entry.delay === delay) return void entry.timer.refresh()
    clearTimeout(entry.timer)
    entry.delay = delay
    entry.timer = setTimeout(() => show(entry), delay)
  }
  const release = (low: string) => {
    const entry = held.get(low)
    held.delete(low)
    if (entry?.timer) show(entry)
  }
  agent.onTrace(trace => {
    const entry = holdFor(trace.traceId.slice(16))
    entry.trace = trace
    wait(entry)
  })
  return {
    takeLine(taken) {
      const line = typeof taken === 'string' ? parseLine(taken) : taken
      const low = line.traceId && lowHalf(line.traceId)
      if (!low) return print(line.raw)
      const entry = holdFor(low)
      entry.lines.push(line)
      entry.size += line.raw.length
      wait(entry)
      if (entry.lines.length >= mostLines || entry.size >= mostText) release(low)
    },
    flush: () => [...held.keys()].forEach(release),
  }
}

/** Traces that may still get more lines or spans. */
const mostHeld = 200
/** Lines of one of them, and their characters: a job may write for hours before its span ends. */
const mostLines = 1000
const mostText = 1_000_000

interface Held {
  trace?: Trace
  lines: LogLine[]
  /** Characters of the lines. */
  size: number
  /** How many of the lines have been printed for want of a trace. */
  printed: number
  timer?: NodeJS.Timeout
  /** Of the timer. */
  delay?: number
}

/** Says yes so many times in a second. */
function limiter(most: number): () => boolean {
  let second = 0
  let times = 0
  return () => {
    const now = Math.floor(Date.now() / 1000)
    if (now !== second) times = 0
    second = now
    return ++times <= most
  }
}
