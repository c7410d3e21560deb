import type { SpanRow } from '../../api'
import type { Node, Tree } from './tree'

/** One row of the waterfall. */
export type Row =
  | { readonly kind: 'span'; readonly key: string; readonly node: Node; readonly open?: boolean }
  | { readonly kind: 'group'; readonly key: string; readonly nodes: readonly Node[]; readonly open: boolean }
  | { readonly kind: 'gap'; readonly key: string; readonly depth: number; readonly from: number; readonly to: number }
  | { readonly kind: 'orphans'; readonly key: string; readonly parentId: string }

/** A part of the trace, in milliseconds from its start. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** From this number of equal siblings on, they are shown as one row. */
const groupFrom = 5
/** Shortest gap that is shown, as a share of the trace. */
const gapShare = 0.15
/** Shortest gap that is shown, in milliseconds. */
const shortestGap = 5

/**
 * The rows of the waterfall, top to bottom.
 *
 * @param folded keys of spans whose children are hidden, and of groups that are open
 */
export function rowsOf(tree: Tree, folded: ReadonlySet<string>, range: Range): Row[] {
  const rows: Row[] = []
  const open: Row[] = topRows(tree).reverse()
  for (let row = open.pop(); row; row = open.pop()) {
    if (!isWithin(row, range)) continue
    rows.push(row)
    if (isOpen(row, folded)) open.push(...under(row, tree).reverse())
  }
  return rows.map(row => withOpen(row, folded))
}

function topRows(tree: Tree): Row[] {
  const rows: Row[] = []
  let parentId = ''
  for (const [at, node] of tree.tops.entries()) {
    const isOrphan = at > 0 && node.span.parentId !== '0'
    if (isOrphan && node.span.parentId !== parentId) {
      parentId = node.span.parentId
      rows.push({ kind: 'orphans', key: `orphans-${parentId}-${at}`, parentId })
    }
    rows.push(spanRow(node))
  }
  return rows
}

function under(row: Row, tree: Tree): Row[] {
  if (row.kind === 'group') return row.nodes.map(spanRow)
  if (row.kind !== 'span') return []
  return withGaps(row.node, groupsOf(row.node.children), tree)
}

function spanRow(node: Node): Row {
  return { kind: 'span', key: node.span.id, node }
}

/** The rows of children, in time order. Five or more equal children are one row, at the place of the first. */
function groupsOf(children: readonly Node[]): Row[] {
  if (children.length < groupFrom) return children.map(spanRow)
  const alike = new Map<string, Node[]>()
  for (const child of children) {
    const text = child.children.length > 0 ? child.span.id : likeness(child.span)
    const nodes = alike.get(text)
    if (nodes) nodes.push(child)
    else alike.set(text, [child])
  }
  return [...alike.values()]
    .flatMap(nodes => (nodes.length < groupFrom ? nodes.map(spanRow) : [groupRow(nodes)]))
    .sort(byStart)
}

function groupRow(nodes: readonly Node[]): Row {
  return { kind: 'group', key: `group-${nodes[0]?.span.id}`, nodes, open: false }
}

function likeness({ service, name, resource, error }: SpanRow): string {
  return [service, name, shapeOf(resource), error].join('\n')
}

/** A query without its values. The server counts repeated queries in the same way. */
function shapeOf(query: string): string {
  return query.slice(0, 2000).replace(/'[^']*'|\b\d+\b/g, '?')
}

function byStart(a: Row, b: Row): number {
  return fromOf(a) - fromOf(b)
}

/** Adds a row for each long time of a span in which none of its children ran. */
function withGaps(node: Node, rows: Row[], tree: Tree): Row[] {
  const shortest = Math.max(tree.length * gapShare, shortestGap)
  const found: Row[] = []
  let covered = node.from
  const gapTo = (to: number) => {
    if (to - covered < shortest) return
    found.push({ kind: 'gap', key: `gap-${node.span.id}-${found.length}`, depth: node.depth + 1, from: covered, to })
  }
  for (const row of rows) {
    gapTo(Math.min(fromOf(row), node.to))
    found.push(row)
    covered = Math.max(covered, toOf(row))
  }
  if (rows.length > 0) gapTo(node.to)
  return found
}

function isOpen(row: Row, folded: ReadonlySet<string>): boolean {
  if (row.kind === 'group') return folded.has(row.key)
  return row.kind === 'span' && row.node.children.length > 0 && !folded.has(row.key)
}

function withOpen(row: Row, folded: ReadonlySet<string>): Row {
  if (row.kind === 'group') return { ...row, open: isOpen(row, folded) }
  if (row.kind === 'span' && row.node.children.length > 0) return { ...row, open: isOpen(row, folded) }
  return row
}

function isWithin(row: Row, range: Range): boolean {
  return row.kind === 'orphans' || (fromOf(row) <= range.to && toOf(row) >= range.from)
}

export function fromOf(row: Row): number {
  if (row.kind === 'span') return row.node.from
  if (row.kind === 'group') return row.nodes[0]?.from ?? 0
  return row.kind === 'gap' ? row.from : 0
}

export function toOf(row: Row): number {
  if (row.kind === 'span') return row.node.to
  if (row.kind === 'group') return row.nodes.reduce((to, node) => Math.max(to, node.to), 0)
  return row.kind === 'gap' ? row.to : 0
}

export function depthOf(row: Row): number {
  if (row.kind === 'span') return row.node.depth
  if (row.kind === 'group') return row.nodes[0]?.depth ?? 0
  return row.kind === 'gap' ? row.depth : 0
}

/** Returns a function that finds the row of a span: its own, that of its group, or that of the nearest folded parent. */
export function rowKeysBySpan(rows: readonly Row[]): (node: Node) => string | undefined {
  const keys = new Map<string, string>()
  for (const row of rows) {
    if (row.kind === 'group') for (const { span } of row.nodes) keys.set(span.id, row.key)
  }
  for (const row of rows) if (row.kind === 'span') keys.set(row.key, row.key)
  return node => {
    for (let at: Node | undefined = node; at; at = at.parent) {
      const key = keys.get(at.span.id)
      if (key) return key
    }
    return undefined
  }
}

/** Whether a span is a query of a database or a cache. Many equal ones are a potential N+1. */
export function isQuery({ type, meta }: SpanRow): boolean {
  return (
    /^(sql|redis|mongodb|cassandra|elasticsearch|memcached|db|cache)$/.test(type) ||
    meta['db.type'] !== undefined ||
    meta['db.system'] !== undefined
  )
}
