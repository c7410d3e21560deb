import { computed } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { LineRow } from '../../api'
import { formatDuration, formatOffset } from '../format'
import { Icon } from '../icon'
import { levelClass, worseLevel } from '../level'
import { useGrowing } from '../list'
import { memo } from '../memo'
import { serviceClass } from '../service'
import { dragZoom, marked } from './drag-zoom'
import { ErrorBox } from './error-box'
import { folded, full, hovered, isPhone, range, rows, select, selected, toggle, tree, zoom } from './opened'
import { depthOf, fromOf, isQuery, type Range, type Row, toOf } from './rows'
import { ticksOf } from './ticks'
import type { Node, Tree } from './tree'

const ticks = computed(() => ticksOf(range.value, isPhone.value ? 2 : full.value ? 4 : 3))

export function Waterfall() {
  const open = tree.value as Tree
  const shown = useGrowing(rows.value.length, 100, 200)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => showChosen(box.current), [open.detail.trace.id])
  return (
    <div class="waterfall scroll" ref={box} onPointerDown={dragZoom} onPointerLeave={forget}>
      <Axis />
      <div class="spans" role="treegrid" aria-label="Spans">
        <Grid />
        {rows.value.slice(0, shown).map(row => (
          <WaterfallRow
            key={row.key}
            row={row}
            tree={open}
            range={range.value}
            isSelected={row.key === selected.value}
          />
        ))}
        <Overlay />
      </div>
    </div>
  )
}

/** A trace opens with the chosen span in sight, and its error below it. */
function showChosen(box: HTMLElement | null): void {
  for (const part of box?.querySelectorAll('.error-row, [aria-selected="true"]') ?? [])
    part.scrollIntoView({ block: 'nearest' })
}

function forget(): void {
  hovered.value = undefined
}

function Axis() {
  return (
    <div class="axis">
      <span>Span</span>
      <span class="right">Duration</span>
      <div class="ticks">
        {ticks.value.map(({ at, label }, index) => (
          <b key={at} class={placeOf(at, index)} style={{ left: `${share(at)}%` }}>
            {label}
          </b>
        ))}
        <Now />
      </div>
    </div>
  )
}

/** Labels near an end stay within the axis, and do not run into their neighbours. */
function placeOf(at: number, index: number): string {
  const left = share(at)
  const before = ticks.value[index - 1]
  if (left > 92) return before && left - share(before.at) < 22 ? 'untold' : 'last'
  return index === 0 && left < 6 ? 'first' : ''
}

function Now() {
  const now = hovered.value
  if (!now) return null
  const left = share(now.at)
  return (
    <b class={`now-label${left > 92 ? ' last' : left < 8 ? ' first' : ''}`} style={{ left: `${left}%` }}>
      {formatOffset(now.at)}
    </b>
  )
}

function Grid() {
  return (
    <div class="overlay" aria-hidden="true">
      {ticks.value.map(({ at }) => (
        <i key={at} style={{ left: `${share(at)}%` }} />
      ))}
    </div>
  )
}

function Overlay() {
  const left = leftAt.value
  return (
    <div class="overlay" aria-hidden="true">
      {left !== undefined && left >= 0 && left <= 100 && <i class="left-at" style={{ left: `${left}%` }} />}
      {marked.value && (
        <i class="marked" style={{ left: `${marked.value.from}%`, right: `${100 - marked.value.to}%` }} />
      )}
      {hovered.value && <i class="now" style={{ left: `${share(hovered.value.at)}%` }} />}
    </div>
  )
}

/** Where the client left, in percent. */
const leftAt = computed(() => {
  const open = tree.value
  if (open?.detail.trace.outcome !== 'aborted') return undefined
  return share(open.tops[0]?.to ?? 0)
})

/** Percent of the shown range, held within it. */
function share(at: number, { from, to } = range.value): number {
  return Math.max(0, Math.min(100, ((at - from) / (to - from)) * 100))
}

interface RowProps {
  row: Row
  tree: Tree
  range: Range
  isSelected: boolean
}

const WaterfallRow = memo(({ row, tree: open, range: shown, isSelected }: RowProps) => {
  if (row.kind === 'orphans') return <Orphans parentId={row.parentId} />
  const node = row.kind === 'span' ? row.node : row.kind === 'group' ? row.nodes[0] : undefined
  const isError = row.kind !== 'gap' && node?.span.error === true
  return (
    <>
      <div
        class={`span ${row.kind}${isError ? ' failed' : ''} ${node ? serviceClass(node.span.service) : ''}`}
        role="row"
        data-row={row.key}
        aria-level={depthOf(row) + 1}
        aria-expanded={row.kind === 'gap' ? undefined : 'open' in row ? row.open : undefined}
        aria-selected={row.kind === 'gap' ? undefined : isSelected}
        tabIndex={isSelected ? 0 : -1}
        onClick={row.kind === 'gap' ? undefined : () => select(row.key)}
      >
        <div role="gridcell" class="name" style={{ '--depth': Math.min(depthOf(row), 16) }}>
          {row.kind === 'gap' ? (
            <span class="cut muted">no span for {brief(row.to - row.from)}</span>
          ) : (
            <Name row={row} />
          )}
        </div>
        <div role="gridcell" class="length">
          {row.kind === 'gap' ? '' : formatDuration(toOf(row) - fromOf(row))}
        </div>
        <div role="gridcell" class="time-line" aria-label={`at ${formatOffset(fromOf(row))}`}>
          <Bar row={row} range={shown} />
          {row.kind !== 'gap' && <Dots row={row} tree={open} range={shown} />}
        </div>
      </div>
      {isSelected && isError && node && <ErrorBox node={node} />}
    </>
  )
})

/** `113 ms`: a gap is no exact measure. */
function brief(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : formatDuration(ms)
}

function Orphans({ parentId }: { parentId: string }) {
  return (
    <div class="orphans" role="row">
      <span role="gridcell">
        Parent not received <code>{parentId}</code>
      </span>
    </div>
  )
}

function Name({ row }: { row: Exclude<Row, { kind: 'gap' | 'orphans' }> }) {
  const node = (row.kind === 'span' ? row.node : row.nodes[0]) as Node
  const { name, resource, error, meta } = node.span
  const status = meta['http.status_code'] ?? meta['http.response.status_code']
  const isWeb = /^[A-Z]+ /.test(resource) && meta['span.kind'] === 'server'
  const isFoldable = 'open' in row && row.open !== undefined
  return (
    <>
      {isFoldable ? (
        <FoldButton rowKey={row.key} isOpen={row.open === true} isGroup={row.kind === 'group'} />
      ) : (
        <i class="swatch" />
      )}
      <span class="cut" title={`${node.span.service}: ${name} ${resource}`}>
        {row.kind === 'group' && <b class={isQuery(node.span) ? 'amber' : ''}>×{row.nodes.length} </b>}
        <span class={error ? 'red' : ''}>{isWeb ? resource : name}</span>{' '}
        {row.kind === 'group' && isQuery(node.span) && <span class="amber">potential N+1 </span>}
        <span class="muted">
          {isWeb ? '' : resource === name ? '' : resource} {isWeb || meta['span.kind'] === 'client' ? status : ''}
        </span>
      </span>
      {row.kind === 'span' && row.open === false && <span class="muted small">{node.children.length} folded</span>}
    </>
  )
}

function FoldButton({ rowKey, isOpen, isGroup }: { rowKey: string; isOpen: boolean; isGroup: boolean }) {
  const fold = (event: Event) => {
    event.stopPropagation()
    folded.value = toggle(folded.peek(), rowKey)
  }
  const what = isGroup ? (isOpen ? 'Show as one' : 'Show each') : isOpen ? 'Fold' : 'Unfold'
  return (
    <button
      type="button"
      class={`swatch-button${isOpen ? '' : ' closed'}`}
      tabIndex={-1}
      aria-label={what}
      title={`${what} (h)`}
      onClick={fold}
    >
      <i class="swatch" />
      <Icon name={isOpen ? 'open' : 'closed'} />
    </button>
  )
}

function Bar({ row, range: shown }: { row: Row; range: Range }) {
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

/** One stripe for each span, at least as wide as can be seen, at most one for each thousandth. */
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

/** Lines nearer to each other than two thirds of a percent are one dot with the worst level of them. */
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

function Dots({
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
          onPointerLeave={forget}
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

export function resetZoom(): void {
  zoom.value = undefined
}
