import { computed } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { TraceRow } from '../api'
import { pathOf } from '../path-of'
import { current } from './current'
import { clearFilter, isFiltered, only, without } from './filter-state'
import { formatClock, formatCount, formatDuration } from './format'
import { visibleTraces } from './hold'
import { Level } from './level'
import { NewChip, scrollList, useGrowing } from './list'
import { Marks } from './marks'
import { memo } from './memo'
import { goToTrace, traceHash } from './route'
import { longestService, Service } from './service'
import { wide } from './trace/opened'

/**
 * The duration of a full bar, in milliseconds: the 98th percentile, rounded up. One slow request does not shorten all bars, and the
 * scale seldom changes.
 */
const longest = computed(() => {
  const durations = visibleTraces.value.map(({ row }) => row.duration).sort((a, b) => a - b)
  return roundUp(durations[Math.floor(durations.length * 0.98)] ?? 1)
})

export function Requests() {
  const entries = visibleTraces.value
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useGrowing(entries.length)
  useEffect(() => scrollList(scroller.current), [])
  const first = entries.some(({ row }) => row.id === current.value) ? '' : entries[0]?.row.id
  const nameWidth = Math.min(Math.max(longestService(), 8), 18)
  return (
    <main class="main" aria-label="Requests">
      <div
        class="list"
        style={{ '--longest': longest.value, '--name': `${nameWidth * 7.3}px` }}
        role="table"
        aria-label="Requests"
        aria-rowcount={entries.length + 1}
      >
        <div role="rowgroup">
          <div class="request head" role="row">
            <span role="columnheader">Time</span>
            <span role="columnheader">Service</span>
            <span role="columnheader">Request</span>
            <span role="columnheader" class="right">
              Status
            </span>
            <span role="columnheader" class="duration">
              <span class="right">Duration</span>
            </span>
            <span role="columnheader">Lines</span>
            <span role="columnheader">Marks</span>
          </div>
        </div>
        <NewChip />
        <div
          class="scroll"
          id="list"
          role="rowgroup"
          ref={scroller}
          onScroll={event => scrollList(event.currentTarget)}
        >
          {entries.slice(0, shown).map(({ row, gone }) => (
            <RequestRow
              key={row.id}
              row={row}
              gone={gone}
              isCurrent={row.id === current.value}
              isFirst={row.id === first}
            />
          ))}
          {entries.length === 0 && <Nothing />}
        </div>
      </div>
    </main>
  )
}

function Nothing() {
  return (
    <div class="nothing" role="row">
      <span role="cell">
        No request matches the filter.{' '}
        {isFiltered.value && (
          <button type="button" class="link" onClick={clearFilter}>
            Clear the filter
          </button>
        )}
      </span>
    </div>
  )
}

interface RowProps {
  row: TraceRow
  gone: boolean
  isCurrent: boolean
  /** Whether the Tab key enters the list at this row. */
  isFirst: boolean
}

const RequestRow = memo(({ row, gone, isCurrent, isFirst }: RowProps) => {
  const tab = isCurrent || isFirst ? 0 : -1
  return (
    <div
      class={`request${gone ? ' gone' : ''}`}
      role="row"
      data-key={row.id}
      aria-current={isCurrent || undefined}
      onClick={() => openBeside(row.id)}
    >
      <span role="cell" class="time">
        {formatClock(row.start)}
      </span>
      <span role="cell">
        <Pick name="service" value={row.service} tab={tab}>
          <Service name={row.service} />
        </Pick>
      </span>
      <span role="cell" class="cut">
        <a href={traceHash(row.id)} tabIndex={tab} title={row.resource} onClick={stopAnd(() => openBeside(row.id))}>
          <Resource row={row} />
        </a>
      </span>
      <span role="cell" class={`right ${statusClass(row)}`}>
        {row.status === undefined ? (
          '–'
        ) : (
          <Pick name="status" value={String(row.status)} tab={tab}>
            {row.status}
          </Pick>
        )}
      </span>
      <span role="cell" class={`duration${row.duration >= slow ? ' slow' : ''}`}>
        <span class="right">{row.outcome === 'unfinished' ? '–' : formatDuration(row.duration)}</span>
        {row.outcome !== 'unfinished' && <i style={{ '--own': row.duration }} />}
      </span>
      <span role="cell">{row.lines > 0 && <LineCount row={row} tab={tab} />}</span>
      <span role="cell" class="cut">
        <Marks row={row} gone={gone} short />
      </span>
    </div>
  )
})

/** Milliseconds. Bars of this duration or longer are drawn stronger. */
const slow = 500

/** `GET /users/:id`, or without a route the method and the path. For a span that is no request, its name and resource. */
export function Resource({ row }: { row: TraceRow }) {
  const { method, resource, name, tags } = row
  const rest = method && resource.startsWith(`${method} `) ? resource.slice(method.length + 1) : resource
  return (
    <>
      <span class="method">{method || name}</span>
      {rest === method ? <span class="soft">{pathOf(tags['http.url'])}</span> : rest}
    </>
  )
}

export function statusClass({ status }: TraceRow): string {
  if (status === undefined) return 'muted'
  return status >= 500 ? 'red' : status >= 400 ? 'amber' : 'soft'
}

function LineCount({ row, tab }: { row: TraceRow; tab: number }) {
  return (
    <Pick name="level" value={row.worst} tab={tab}>
      <Level level={row.worst} count={row.lines} />
    </Pick>
  )
}

/** A value that sets the filter. A click shows only requests with this value; a click with Alt hides them. */
export function Pick({
  name,
  value,
  tab,
  children,
}: {
  name: string
  value: string
  tab: number
  children: preact.ComponentChildren
}) {
  const pick = (event: MouseEvent) => {
    event.stopPropagation()
    if (event.altKey) without(name, value)
    else only(name, value)
  }
  return (
    <button
      type="button"
      class="pick"
      tabIndex={tab}
      title={`Only ${name}:${value} (with Alt: without)`}
      onClick={pick}
    >
      {children}
    </button>
  )
}

/** A plain click opens the trace beside the list. Clicks with Ctrl, Shift or the middle button keep the browser's action. */
function stopAnd(act: () => void) {
  return (event: MouseEvent) => {
    event.stopPropagation()
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    act()
  }
}

export function openBeside(id: string): void {
  wide.value = false
  goToTrace(id)
}

function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value) ?? value
}

export function countText(shown: number, all: number, what: string): string {
  return shown === all ? `${formatCount(all)} ${what}` : `${formatCount(shown)} of ${formatCount(all)} ${what}`
}
