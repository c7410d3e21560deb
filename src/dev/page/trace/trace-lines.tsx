import { signal } from '@preact/signals'
import type { LineRow } from '../../api'
import { counted, formatClock, formatCount, formatOffset } from '../format'
import { Level } from '../level'
import { fieldsOf, Message, whyText } from '../line'
import { useGrowing } from '../list'
import { memo } from '../memo'
import { copy } from '../say'
import { Service } from '../service'
import { Table } from '../table'
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
import { resetZoom } from './waterfall'

/** Time of day instead of the time from the start. */
const asClock = signal(false)
const showsUnlinked = signal(false)

const names = { span: 'Span', subtree: 'Subtree', trace: 'Trace' }

export function TraceLines() {
  const open = tree.value
  const lines = linesOfScope.value[scope.value]
  const shown = useGrowing(lines.length, 100, 200)
  if (!open) return null
  const mine = new Set(chosen.value.map(({ span }) => span.id))
  const hasServices = new Set(open.lines.map(({ service }) => service)).size > 1
  return (
    <section class="trace-lines" aria-label="Lines of this trace">
      <div class="section-head">
        <h2>Lines</h2>
        <ScopeButtons />
        {zoom.value && (
          <button type="button" class="button small" onClick={resetZoom}>
            Whole trace
          </button>
        )}
        <select
          class="push"
          aria-label="Times"
          value={asClock.value ? 'clock' : 'start'}
          onChange={event => (asClock.value = event.currentTarget.value === 'clock')}
        >
          <option value="start">From start</option>
          <option value="clock">Clock</option>
        </select>
      </div>
      <div
        class={`scroll lines${hasServices ? ' with-service' : ''}`}
        id="trace-lines"
        role="list"
        aria-label="Lines"
        tabIndex={0}
        onPointerLeave={forget}
      >
        {lines.slice(0, shown).map(line => (
          <TraceLine
            key={line.n}
            line={line}
            start={open.start}
            asClock={asClock.value}
            isMine={mine.has(line.spanId)}
            isOpen={unfolded.value.has(line.n)}
          />
        ))}
        {lines.length === 0 && (
          <p class="note muted" role="listitem">
            {emptyText()}
          </p>
        )}
      </div>
      <Unlinked start={open.start} />
    </section>
  )
}

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

function forget(): void {
  hovered.value = undefined
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
      data-line={line.n}
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

/** Draws the time of a line on the waterfall and lights its span. */
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

/** Lines written meanwhile that no trace can be told for, and why. */
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
