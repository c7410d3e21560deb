import type { LineRow } from '../../api'
import { levelClass, worseLevel } from '../level'
import { share } from './axis'
import { hovered } from './opened'
import { fromOf, type Range, type Row, toOf } from './rows'
import type { Node, Tree } from './tree'

export function Bar({ row, range: shown }: { row: Row; range: Range }) {
  const from = share(fromOf(row), shown)
  const width = share(toOf(row), shown) - from
  const style = { '--x': `${from}%`, '--w': `${width}%` }
  if (row.kind !== 'group') return <i class="bar-of" style={style} />
  return (
    <i class="bar-of" style={style}>
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        <path d={stripes(row.nodes, shown)} />
      </svg>
    </i>
  )
}

/**
 * One stripe per span, at least 0.4 % wide so that it can be seen. At most one stripe starts at each thousandth of the width; otherwise
 * the path of a large group would be very long.
 */
function stripes(nodes: readonly Node[], shown: Range): string {
  const from = Math.max(nodes[0]?.from ?? 0, shown.from)
  const to = Math.min(
    nodes.reduce((last, node) => Math.max(last, node.to), 0),
    shown.to,
  )
  const scale = 1000 / Math.max(to - from, 0.001)
  let path = ''
  let last = -1
  for (const node of nodes) {
    const x = Math.round((node.from - from) * scale)
    if (x <= last || x > 1000) continue
    last = x
    path += `M${x} 0h${Math.max(4, (node.to - node.from) * scale * 0.9).toFixed(1)}v10H${x}z`
  }
  return path
}

interface Dot {
  at: number
  level: string
  readonly lines: LineRow[]
}

/** Lines that are less than 0.66 % of the width apart are one dot, with the worst of their levels. */
function dotsOf(lines: readonly LineRow[], start: number, shown: Range): Dot[] {
  const dots: Dot[] = []
  for (const line of lines) {
    const time = line.time - start
    if (time < shown.from) continue
    const at = share(time, shown)
    const last = dots.at(-1)
    if (!last || at - last.at > 0.66) dots.push({ at, level: line.level, lines: [line] })
    else {
      last.level = worseLevel(last.level, line.level)
      last.lines.push(line)
    }
  }
  return dots
}

export function Dots({
  row,
  tree: open,
  range: shown,
}: {
  row: Exclude<Row, { kind: 'gap' | 'orphans' }>
  tree: Tree
  range: Range
}) {
  const lines =
    row.kind === 'span'
      ? (open.linesBySpan.get(row.key) ?? [])
      : row.nodes.flatMap(({ span }) => open.linesBySpan.get(span.id) ?? []).sort((a, b) => a.time - b.time)
  return (
    <>
      {dotsOf(lines, open.start, shown).map(dot => (
        <i
          key={dot.lines[0]?.n}
          class={`dot dot-${levelClass(dot.level)}`}
          data-dot={dot.lines.map(({ n }) => n).join(' ')}
          style={{ left: `${dot.at}%` }}
          title={titleOf(dot)}
          onPointerEnter={() => point(dot, row.key, open)}
          onPointerLeave={forgetPointer}
        />
      ))}
    </>
  )
}

function titleOf({ lines }: Dot): string {
  const first = lines[0]?.message.slice(0, 200) ?? ''
  return lines.length === 1 ? first : `${lines.length} lines\n${first}`
}

function point({ lines }: Dot, row: string, open: Tree): void {
  const line = lines[0]
  if (line) hovered.value = { at: line.time - open.start, line: line.n, row }
}

export function forgetPointer(): void {
  hovered.value = undefined
}
