import { computed, signal } from '@preact/signals'
import type { LineRow } from '../../api'
import { counted, formatClock, formatCount, formatOffset } from '../format'
import { Level } from '../level'
import { fieldsOf, Message, whyText } from '../line'
import { inBlocks, useGrowing } from '../list'
import { memo } from '../memo'
import { copy } from '../say'
import { Service } from '../service'
import { Table } from '../table'
import { forgetPointer } from './bar'
import {
  chosen,
  hovered,
  linesOfScope,
  reveal,
  rowKeyOf,
  scope,
  scopes,
  toggle,
  tree,
  unfolded,
  unlinkedLines,
  zoom,
} from './opened'

/** Whether times are shown as the time of day, instead of the time from the start. */
const asClock = signal(false)
const showsUnlinked = signal(false)

const names = { span: 'Span', subtree: 'Subtree', trace: 'Trace' }

const blocks = computed(() => inBlocks(linesOfScope.value[scope.value]))
const mine = computed(() => new Set(chosen.value.map(({ span }) => span.id)))
const hasServices = computed(() => new Set(tree.value?.lines.map(({ service }) => service)).size > 1)

export function TraceLines() {
  const open = tree.value
  const shown = useGrowing(blocks.value.length, 1, 2)
  if (!open) return null
  return (
    <section class="trace-lines" aria-label="Lines of this trace">
      <Head />
      <div
        class={`scroll lines${hasServices.value ? ' with-service' : ''}`}
        id="trace-lines"
        role="list"
        aria-label="Lines"
        tabIndex={0}
        onPointerLeave={forgetPointer}
      >
        {blocks.value.slice(0, shown).map((block, at) => (
          <Block
            key={at}
            lines={block}
            start={open.start}
            asClock={asClock.value}
            mine={mineIn(block)}
            open={unfolded.value}
          />
        ))}
        {blocks.value.length === 0 && (
          <p class="note muted" role="listitem">
            {emptyText()}
          </p>
        )}
      </div>
      <Unlinked start={open.start} />
    </section>
  )
}

const none: ReadonlySet<string> = new Set()

/** The chosen spans; an empty set for a block without their lines, so that the block is not drawn again. */
function mineIn(block: readonly LineRow[]): ReadonlySet<string> {
  return block.some(({ spanId }) => mine.value.has(spanId)) ? mine.value : none
}

function Head() {
  const resetZoom = () => {
    zoom.value = undefined
  }
  const setTimes = (event: { currentTarget: HTMLSelectElement }) => {
    asClock.value = event.currentTarget.value === 'clock'
  }
  return (
    <div class="section-head">
      <h2>Lines</h2>
      <ScopeButtons />
      {zoom.value && (
        <button type="button" class="button small" onClick={resetZoom}>
          Whole trace
        </button>
      )}
      <select class="push" aria-label="Times" value={asClock.value ? 'clock' : 'start'} onChange={setTimes}>
        <option value="start">From start</option>
        <option value="clock">Clock</option>
      </select>
    </div>
  )
}

interface BlockProps {
  lines: readonly LineRow[]
  start: number
  asClock: boolean
  mine: ReadonlySet<string>
  open: ReadonlySet<number>
}

const Block = memo(({ lines, start, asClock: clock, mine: own, open }: BlockProps) => (
  <div class="block" style={{ '--rows': lines.length }}>
    {lines.map(line => (
      <TraceLine
        key={line.n}
        line={line}
        start={start}
        asClock={clock}
        isMine={own.has(line.spanId)}
        isOpen={open.has(line.n)}
      />
    ))}
  </div>
))

function emptyText(): string {
  if (tree.value?.lines.length === 0) return 'No line carries the ids of this trace.'
  return zoom.value ? 'No line in this range.' : 'No line here; s shows those of the subtree or of the trace.'
}

function ScopeButtons() {
  return (
    <fieldset class="segments">
      <legend class="hidden">Scope</legend>
      {scopes.map(name => (
        <button
          key={name}
          type="button"
          aria-pressed={scope.value === name}
          onClick={() => {
            scope.value = name
          }}
        >
          {names[name]}
          <span class="count">{formatCount(linesOfScope.value[name].length)}</span>
        </button>
      ))}
    </fieldset>
  )
}

interface LineProps {
  line: LineRow
  start: number
  asClock: boolean
  isMine: boolean
  isOpen: boolean
}

const TraceLine = memo(({ line, start, asClock: clock, isMine, isOpen }: LineProps) => {
  const unfold = () => {
    unfolded.value = toggle(unfolded.peek(), line.n)
  }
  return (
    <div
      class={`line${isMine ? ' mine' : ''}`}
      role="listitem"
      id={`line-${line.n}`}
      tabIndex={-1}
      onClick={unfold}
      onPointerEnter={() => pointAt(line)}
      onFocus={() => pointAt(line)}
    >
      <span class="time">{clock ? formatClock(line.time) : formatOffset(line.time - start)}</span>
      <Level level={line.level} />
      <span class="of-service">
        <Service name={line.service} />
      </span>
      <span class="wrap">
        <Message line={line} unfold />
        {line.why.length > 0 && <span class="amber small"> {whyText(line)}</span>}
      </span>
      {isOpen && <LineFields line={line} />}
    </div>
  )
})

/** Marks the time of a line on the waterfall, and its span. */
function pointAt(line: LineRow): void {
  const open = tree.peek()
  const node = open?.nodes.get(line.spanId)
  if (open) hovered.value = { at: line.time - open.start, line: line.n, row: node && rowKeyOf.peek()(node) }
}

function LineFields({ line }: { line: LineRow }) {
  const node = tree.value?.nodes.get(line.spanId)
  return (
    <div class="fields" onClick={event => event.stopPropagation()}>
      <Table entries={fieldsOf(line)} label="Fields" />
      {node && (
        <button type="button" class="button quiet small" onClick={() => reveal(node)}>
          Show its span
        </button>
      )}
      <button type="button" class="button quiet small" onClick={() => copy(line.raw, 'the line')}>
        Copy the line
      </button>
    </div>
  )
}

/** Lines from the time of the trace that belong to no trace because they have no usable ids, with the reasons. */
function Unlinked({ start }: { start: number }) {
  const lines = unlinkedLines.value
  if (lines.length === 0) return null
  const flip = () => {
    showsUnlinked.value = !showsUnlinked.value
  }
  return (
    <div class="unlinked">
      <button type="button" class="unlinked-head" aria-expanded={showsUnlinked.value} onClick={flip}>
        <span class="amber">
          {counted(lines.length, 'line')} of this time {lines.length === 1 ? 'is' : 'are'} not linked
        </span>
        <span class="accent">{showsUnlinked.value ? 'Hide' : 'Why'}</span>
      </button>
      {showsUnlinked.value &&
        lines.slice(0, 50).map(line => (
          <p key={line.n} class="unlinked-line">
            <span class="time">{formatOffset(line.time - start)}</span> <span>{line.message.slice(0, 200)}</span>{' '}
            <span class="amber">{whyText(line)}</span>
          </p>
        ))}
    </div>
  )
}
