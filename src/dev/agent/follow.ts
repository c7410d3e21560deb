import { type LogLine, lowHalf, parseLine } from './lines'
import type { Trace } from './traces'
import { type PrintOptions, printTrace } from './tree'

/** Options of `followTraces()`. */
export interface FollowOptions extends PrintOptions {
  /** Prints a text, which has no line break at its end. */
  print: (text: string) => void
  /**
   * A trace is printed when no span or line of it has come for this time, in milliseconds.
   *
   * @default 300
   */
  quiet?: number
  /**
   * Milliseconds to wait for a trace whose lines have come, or for its root if only other spans have come.
   *
   * @default 5000
   */
  patience?: number
  /**
   * Most traces that are printed as trees in one second. Of further traces only the lines are printed, as they came.
   *
   * @default all
   */
  treesPerSecond?: number
}

/** Prints traces as they arrive, each with its log lines. */
export interface Follower {
  /**
   * Takes a line of a program's output, or the result of `parseLine`. A line with a trace id is held until its trace is printed. Any
   * other line is printed at once.
   */
  takeLine(line: string | LogLine): void
  /** Prints all held lines and traces. */
  flush(): void
}

/** Prints each trace as a tree with its log lines when no more of it has come for a while, and again if more arrives later. */
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
/** Held lines of one trace, and their characters. Without these limits a job that runs for hours could fill the memory. */
const mostLines = 1000
const mostText = 1_000_000

interface Held {
  trace?: Trace
  lines: LogLine[]
  /** Characters of the lines. */
  size: number
  /** How many of the lines have been printed, so that none is printed alone a second time. */
  printed: number
  timer?: NodeJS.Timeout
  /** The delay of the timer, in milliseconds. */
  delay?: number
}

/** Returns a function that returns true at most `most` times per second. */
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
