import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { LineRow, TraceDetail } from '../../api'
import { loadTrace } from '../feed'
import { goToFile, isTrace, replaceTrace, route } from '../route'
import { meetServices } from '../service'
import { allLines, entryOf, lowOf } from '../store'
import { type Range, type Row, rowKeysBySpan, rowsOf } from './rows'
import { growTree, type Node, originOf, subtreeOf, type Tree } from './tree'

/** The open trace, or the reason why there is none. */
export type Opened =
  | { readonly kind: 'none' }
  | { readonly kind: 'loading'; readonly id: string }
  | { readonly kind: 'missing'; readonly id: string; readonly gone: boolean }
  | { readonly kind: 'here'; readonly tree: Tree; readonly file?: string }

export type Scope = 'span' | 'subtree' | 'trace'
export const scopes: readonly Scope[] = ['span', 'subtree', 'trace']

export const opened = signal<Opened>({ kind: 'none' })
/** Key of the chosen row of the waterfall: the id of a span, or a group's key. */
export const selected = signal('')
export const scope = signal<Scope>('trace')
export const zoom = signal<Range | undefined>(undefined)
/** Keys of folded spans and of open groups. */
export const folded = signal<ReadonlySet<string>>(new Set())
/** The time under the pointer, in milliseconds from the start of the trace, with its line and row. */
export const hovered = signal<{ at: number; line?: number; row?: string } | undefined>(undefined)
/** Lines whose fields are shown as a table. */
export const unfolded = signal<ReadonlySet<number>>(new Set())
/** Whether the trace takes the whole width, instead of a pane beside the list. */
export const wide = signal(true)
export const isNarrow = follow('(max-width: 1100px)')
export const isPhone = follow('(max-width: 720px)')
/** Whether the trace covers the list. It always does if the window is narrow. */
export const full = computed(() => wide.value || isNarrow.value)

export const tree = computed(() => (opened.value.kind === 'here' ? opened.value.tree : undefined))
export const range = computed<Range>(() => zoom.value ?? { from: 0, to: tree.value?.length ?? 1 })
export const rows = computed<readonly Row[]>(() => (tree.value ? rowsOf(tree.value, folded.value, range.value) : []))
export const rowKeyOf = computed(() => rowKeysBySpan(rows.value))

/** The chosen span, or the spans of the chosen group. */
export const chosen = computed<readonly Node[]>(() => {
  const group = rows.value.find(row => row.kind === 'group' && row.key === selected.value)
  if (group?.kind === 'group') return group.nodes
  const node = tree.value?.nodes.get(selected.value)
  return node ? [node] : []
})

const spansOfScope = computed<Record<Scope, ReadonlySet<string> | undefined>>(() => ({
  span: new Set(chosen.value.map(({ span }) => span.id)),
  subtree: new Set(chosen.value.flatMap(node => [...subtreeOf(node)])),
  trace: undefined,
}))

/** The lines of each scope, within the zoomed range. */
export const linesOfScope = computed<Record<Scope, readonly LineRow[]>>(() => {
  const lines = tree.value?.lines.filter(line => !zoom.value || isWithin(timeIn(line), zoom.value)) ?? []
  const within = (spans: ReadonlySet<string> | undefined) =>
    spans ? lines.filter(({ spanId }) => spans.has(spanId)) : lines
  const { span, subtree } = spansOfScope.value
  return { span: within(span), subtree: within(subtree), trace: lines }
})

/** Lines from the time of the trace that Datadog would not link. */
export const unlinkedLines = computed<readonly LineRow[]>(() => {
  const open = tree.value
  if (!open || isFile()) return []
  return allLines.value.filter(
    line => line.why.length > 0 && isWithin(line.time - open.start, { from: 0, to: open.length }),
  )
})

/** The time of a line, in milliseconds from the start of the trace. */
function timeIn(line: LineRow): number {
  return line.time - (tree.peek()?.start ?? 0)
}

export function isFile(): boolean {
  return opened.value.kind === 'here' && opened.value.file !== undefined
}

/** Whether the open trace is no longer in the server's memory. */
export const hasGone = computed(() => {
  const id = tree.value?.detail.trace.id
  if (!id || isFile()) return false
  const entry = entryOf(id)
  return !entry || entry.gone
})

function follow(query: string): ReadonlySignal<boolean> {
  const media = matchMedia(query)
  const matches = signal(media.matches)
  media.addEventListener('change', () => {
    matches.value = media.matches
  })
  return matches
}

function isWithin(at: number, { from, to }: Range): boolean {
  return at >= from && at <= to
}

export function openFile(detail: TraceDetail, name: string): void {
  show(detail, undefined, name)
  wide.value = true
  goToFile()
}

export function select(key: string): void {
  selected.value = key
  const open = opened.peek()
  if (open.kind === 'here' && open.file === undefined) replaceTrace(open.tree.detail.trace.id, spanOf(key))
}

function spanOf(key: string): string | undefined {
  return tree.peek()?.nodes.has(key) ? key : undefined
}

export function toggle<Key>(keys: ReadonlySet<Key>, key: Key): ReadonlySet<Key> {
  const next = new Set(keys)
  if (!next.delete(key)) next.add(key)
  return next
}

/** Unfolds the rows that hide a span, and chooses it. */
export function reveal(node: Node): void {
  const next = new Set(folded.peek())
  for (let at = node.parent; at; at = at.parent) next.delete(at.span.id)
  folded.value = next
  zoom.value = undefined
  const key = rowKeyOf.value(node)
  if (key && key !== node.span.id) folded.value = toggle(folded.peek(), key)
  select(node.span.id)
}

function show(detail: TraceDetail, span: string | undefined, file?: string): void {
  meetServices([...detail.trace.services, ...detail.spans.map(({ service }) => service)])
  const grown = growTree(detail)
  batch(() => {
    opened.value = { kind: 'here', tree: grown, file }
    selected.value = firstChoice(grown, span)
    scope.value = 'trace'
    zoom.value = undefined
    folded.value = new Set()
    unfolded.value = new Set()
    hovered.value = undefined
  })
  const node = span && grown.nodes.get(span)
  if (node) reveal(node)
}

function firstChoice(grown: Tree, span: string | undefined): string {
  if (span && grown.nodes.has(span)) return span
  return (originOf(grown) ?? grown.tops[0])?.span.id ?? ''
}

/** Shows added spans and lines. The choice, the folded rows and the zoom stay. */
function refresh(detail: TraceDetail): void {
  opened.value = { kind: 'here', tree: growTree(detail) }
}

/** Opens the trace that the address names. */
export function followRoute(): void {
  effect(() => {
    const { trace, span } = route.value
    if (isTrace(route.value)) {
      if (trace) void open(trace, span)
    } else if (opened.peek().kind !== 'none') opened.value = { kind: 'none' }
  })
  followNews()
}

async function open(id: string, span?: string): Promise<void> {
  if (isOpen(id)) return choose(span)
  if (opened.peek().kind !== 'here') opened.value = { kind: 'loading', id }
  const found = await loadTrace(id)
  if (route.peek().trace !== id) return
  if ('error' in found) opened.value = { kind: 'missing', id, gone: found.gone }
  else showFound(found, span)
}

/** Shows a trace, and puts its ids into the address. Before, the address may have had a span only, or an id in another form. */
function showFound(detail: TraceDetail, span = detail.span): void {
  const named = span === undefined ? undefined : decimalOf(span, detail)
  show(detail, named)
  replaceTrace(detail.trace.id, named)
}

function decimalOf(span: string, detail: TraceDetail): string | undefined {
  if (detail.spans.some(({ id }) => id === span)) return span
  return /^[0-9a-f]{16}$/i.test(span) ? BigInt(`0x${span}`).toString() : undefined
}

function choose(span: string | undefined): void {
  const node = span === undefined || span === selected.peek() ? undefined : tree.peek()?.nodes.get(span)
  if (node) reveal(node)
}

function isOpen(id: string): boolean {
  return tree.peek()?.detail.trace.idLow === lowOf(id) && !isFile()
}

/** Loads the open trace again when it has new spans or lines, or when a trace that was not found arrives. */
function followNews(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  effect(() => {
    const id = route.value.trace
    const entry = id && entryOf(id)
    const known = tree.peek()?.detail.trace.seq ?? 0
    const isMissing = opened.peek().kind === 'missing'
    if (!id || !entry || entry.gone || (!isMissing && (!isOpen(id) || entry.row.seq <= known))) return
    clearTimeout(timer)
    timer = setTimeout(() => load(id, isMissing), 100)
  })
}

async function load(id: string, wasMissing: boolean): Promise<void> {
  const found = await loadTrace(id)
  if (route.peek().trace !== id || 'error' in found) return
  if (wasMissing) showFound(found, route.peek().span)
  else refresh(found)
}
