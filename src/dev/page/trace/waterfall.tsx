import { computed } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { formatDuration, formatOffset } from '../format'
import { Icon } from '../icon'
import { inBlocks, useGrowing } from '../list'
import { memo } from '../memo'
import { serviceClass } from '../service'
import { Axis, Grid, Overlay } from './axis'
import { Bar, Dots, forgetPointer } from './bar'
import { dragZoom } from './drag-zoom'
import { ErrorBox } from './error-box'
import { folded, range, rows, select, selected, toggle, tree } from './opened'
import { depthOf, fromOf, isQuery, type Range, type Row, toOf } from './rows'
import type { Node, Tree } from './tree'

const blocks = computed(() => inBlocks(rows.value))

export function Waterfall() {
  const open = tree.value as Tree
  const shown = useGrowing(blocks.value.length, 1, 2)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => showChosen(box.current), [open.detail.trace.id])
  return (
    <div class="waterfall scroll" ref={box} onPointerDown={dragZoom} onPointerLeave={forgetPointer}>
      <Axis />
      <div class="spans" role="treegrid" aria-label="Spans">
        <Grid />
        {blocks.value.slice(0, shown).map((block, at) => (
          <Block key={at} rows={block} tree={open} range={range.value} chosen={chosenIn(block)} />
        ))}
        <Overlay />
      </div>
    </div>
  )
}

function chosenIn(block: readonly Row[]): string {
  return block.some(({ key }) => key === selected.value) ? selected.value : ''
}

/** Scrolls to the chosen span and its error when a trace is opened. */
function showChosen(box: HTMLElement | null): void {
  for (const part of box?.querySelectorAll('.error-row, [aria-selected="true"]') ?? [])
    part.scrollIntoView({ block: 'nearest' })
}

interface BlockProps {
  rows: readonly Row[]
  tree: Tree
  range: Range
  chosen: string
}

const Block = memo(({ rows: own, tree: open, range: shown, chosen }: BlockProps) => (
  <div class="block" role="rowgroup" style={{ '--rows': own.length }}>
    {own.map(row => (
      <WaterfallRow key={row.key} row={row} tree={open} range={shown} isSelected={row.key === chosen} />
    ))}
  </div>
))

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
        id={`span-${row.key}`}
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

/** `113 ms`, without fractions, because a gap is not exact. */
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
