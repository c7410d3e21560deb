import type { LineRow, SpanRow, TraceDetail } from '../../api'

/** A span with its parent and children. */
export interface Node {
  readonly span: SpanRow
  /** Milliseconds from the start of the trace. */
  readonly from: number
  readonly to: number
  readonly children: Node[]
  parent?: Node
  depth: number
}

export interface Tree {
  readonly detail: TraceDetail
  /** The entry span first, then other spans without a parent, then those whose parent is missing. */
  readonly tops: readonly Node[]
  readonly nodes: ReadonlyMap<string, Node>
  /** Milliseconds since 1970. */
  readonly start: number
  /** Milliseconds that the waterfall shows. */
  readonly length: number
  /** In the order of the waterfall. */
  readonly errors: readonly Node[]
  /** In time order. */
  readonly lines: readonly LineRow[]
  readonly linesBySpan: ReadonlyMap<string, readonly LineRow[]>
}

export function growTree(detail: TraceDetail): Tree {
  const spans = [...detail.spans].sort((a, b) => a.start - b.start)
  const start = spans[0]?.start ?? detail.trace.start
  const nodes = new Map(spans.map(span => [span.id, nodeOf(span, start)]))
  const tops = hang(nodes, detail)
  const lines = [...detail.lines].sort((a, b) => a.time - b.time || a.n - b.n)
  const linesBySpan = groupBySpan(lines)
  const errors = inOrder(tops).filter(({ span }) => span.error)
  return { detail, tops, nodes, start, length: lengthOf(nodes, lines, start), errors, lines, linesBySpan }
}

function groupBySpan(lines: readonly LineRow[]): Map<string, LineRow[]> {
  const groups = new Map<string, LineRow[]>()
  for (const line of lines) {
    const group = groups.get(line.spanId)
    if (group) group.push(line)
    else groups.set(line.spanId, [line])
  }
  return groups
}

function nodeOf(span: SpanRow, start: number): Node {
  const from = span.start - start
  return { span, from, to: from + span.duration, children: [], depth: 0 }
}

function hang(nodes: ReadonlyMap<string, Node>, detail: TraceDetail): Node[] {
  const tops: Node[] = []
  for (const node of nodes.values()) {
    const parent = nodes.get(node.span.parentId)
    if (!parent || parent === node) tops.push(node)
    else {
      node.parent = parent
      parent.children.push(node)
    }
  }
  measure(tops, nodes)
  return tops.sort((a, b) => rank(a, detail) - rank(b, detail))
}

/** The place of a top span: 0 for the entry span, 1 for others without a parent, 2 for those whose parent is missing. */
function rank({ span }: Node, { trace }: TraceDetail): number {
  if (span.name === trace.name && span.resource === trace.resource && span.start === trace.start) return 0
  return span.parentId === '0' ? 1 : 2
}

/** Sets the depth of all nodes. Not recursive: a deep trace would overflow the call stack. */
function measure(tops: Node[], nodes: ReadonlyMap<string, Node>): void {
  const seen = new Set<Node>()
  const visit = (top: Node) => {
    const open = [top]
    for (let node = open.pop(); node; node = open.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      node.depth = node.parent ? node.parent.depth + 1 : 0
      open.push(...node.children)
    }
  }
  for (const top of tops) visit(top)
  // Spans whose parents form a circle are below no top span. Without this they would not be shown.
  for (const node of nodes.values()) {
    if (seen.has(node)) continue
    cutFromParent(node)
    tops.push(node)
    visit(node)
  }
}

function cutFromParent(node: Node): void {
  node.parent?.children.splice(node.parent.children.indexOf(node), 1)
  node.parent = undefined
}

/** The nodes depth first, in the order of the waterfall. */
export function inOrder(tops: readonly Node[]): Node[] {
  const found: Node[] = []
  const open = [...tops].reverse()
  for (let node = open.pop(); node; node = open.pop()) {
    found.push(node)
    for (let at = node.children.length - 1; at >= 0; at--) open.push(node.children[at] as Node)
  }
  return found
}

/** Milliseconds. A line long after the last span makes the axis at most a tenth longer. Otherwise all bars would be short. */
function lengthOf(nodes: ReadonlyMap<string, Node>, lines: readonly LineRow[], start: number): number {
  let end = 0
  for (const { to } of nodes.values()) end = Math.max(end, to)
  const lastLine = (lines.at(-1)?.time ?? 0) - start
  return Math.max(end, Math.min(lastLine * 1.01, end * 1.1), 0.001)
}

/** The ids of a span and all spans below it. */
export function subtreeOf(node: Node): Set<string> {
  return new Set(inOrder([node]).map(({ span }) => span.id))
}

/** The span in which an error began: in waterfall order, the first failed span that has no failed span below it. */
export function originOf(tree: Tree): Node | undefined {
  const above = new Set<Node>()
  for (const { parent } of tree.errors) {
    for (let node = parent; node && !above.has(node); node = node.parent) above.add(node)
  }
  return tree.errors.find(node => !above.has(node))
}
