import { computed, signal } from '@preact/signals'
import type { Finding, LineRow, State, TraceRow } from '../api'
import { meetServices } from './service'

/** A row of the list. */
export interface Entry {
  readonly row: TraceRow
  /** Counts from 1 in the order of arrival at this page. */
  readonly arrived: number
  /** Whether the server has dropped it. It stays on the page only while the page is paused. */
  readonly gone: boolean
}

/** Lines that the page keeps. The server keeps more. */
const keepLines = 20_000

/** Key: the low half of the id in decimal, because the high half may come later. */
const entries = new Map<string, Entry>()
let lineList: LineRow[] = []
let arrivals = 0

/** Increased when traces or lines have changed, so that computed values are computed again. */
const tracesVersion = signal(0)
const linesVersion = signal(0)

export const state = signal<State | undefined>(undefined)
export const findings = signal<readonly Finding[]>([])
/** The number of the oldest line that the server still has. */
export const firstKept = signal(1)
export const paused = signal(false)

/** All rows, newest first. */
export const allTraces = computed<readonly Entry[]>(() => {
  tracesVersion.value
  return [...entries.values()].sort((a, b) => b.row.start - a.row.start)
})

/** All lines, in the order of arrival. */
export const allLines = computed<readonly LineRow[]>(() => {
  linesVersion.value
  return lineList.slice()
})

/** How many traces have arrived at this page. */
export const arrivedTraces = computed(() => {
  tracesVersion.value
  return arrivals
})
/** The number of the newest line. */
export const lastLine = computed(() => {
  linesVersion.value
  return lineList.at(-1)?.n ?? 0
})

export function entryOf(id: string): Entry | undefined {
  tracesVersion.value
  return entries.get(lowOf(id))
}

/** The low 64 bits of a trace id in decimal. `id` may be hexadecimal or decimal. */
export function lowOf(id: string): string {
  const low = lows.get(id)
  if (low) return low
  const isHexadecimal = /^[0-9a-f]{16,32}$/.test(id) && !isDecimal.test(id)
  return isHexadecimal ? BigInt(`0x${id.slice(-16)}`).toString() : id
}

/** At most 20 digits. Hexadecimal ids of 16 digits nearly always contain a letter. */
const isDecimal = /^\d{1,20}$/

/** Cache for `lowOf`, which is called for thousands of lines. */
const lows = new Map<string, string>()

export function putTraces(rows: readonly TraceRow[]): void {
  for (const row of rows) {
    const known = entries.get(row.idLow)
    if (known && known.row.seq >= row.seq) continue
    meetServices([row.service, ...row.services])
    lows.set(row.id, row.idLow)
    entries.set(row.idLow, { row, arrived: known?.arrived ?? ++arrivals, gone: false })
  }
  change('traces')
}

export function dropTraces(ids: readonly string[]): void {
  for (const id of ids) {
    const low = lowOf(id)
    const known = entries.get(low)
    lows.delete(id)
    if (known && paused.peek()) entries.set(low, { ...known, gone: true })
    else entries.delete(low)
  }
  change('traces')
}

/** Drops the rows that the server has dropped while the page was paused. */
export function dropGone(): void {
  for (const [id, { gone }] of entries) if (gone) entries.delete(id)
  change('traces')
}

export function putLines(lines: readonly LineRow[]): void {
  const last = lineList.at(-1)?.n ?? 0
  for (const line of lines) {
    if (line.n > last) lineList.push(line)
    else replaceLine(line)
  }
  if (lineList.length > keepLines) lineList = lineList.slice(-keepLines)
  change('lines')
}

/** Adds older lines, which are loaded when the list is scrolled down. */
export function putOlderLines(lines: readonly LineRow[]): void {
  const first = lineList[0]?.n ?? Number.POSITIVE_INFINITY
  lineList = [...lines.filter(line => line.n < first), ...lineList]
  change('lines')
}

export function dropLines(): void {
  lineList = []
}

export function clearStore(): void {
  entries.clear()
  lows.clear()
  lineList = []
  change('traces')
  change('lines')
}

function replaceLine(line: LineRow): void {
  const at = lineList.findLastIndex(({ n }) => n <= line.n)
  if (lineList[at]?.n === line.n) lineList[at] = line
  else lineList.splice(at + 1, 0, line)
}

const changed = new Set<'traces' | 'lines'>()

/** Draws the page once for all changes within 50 ms, because many changes come together. */
function change(what: 'traces' | 'lines'): void {
  if (changed.size === 0) setTimeout(flush, 50)
  changed.add(what)
}

let look = () => {}

/** Sets a function that is called before changes are drawn. */
export function beforeNews(act: () => void): void {
  look = act
}

function flush(): void {
  look()
  if (changed.has('traces')) tracesVersion.value++
  if (changed.has('lines')) linesVersion.value++
  changed.clear()
}
