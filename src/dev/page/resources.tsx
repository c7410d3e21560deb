import { computed, signal } from '@preact/signals'
import type { TraceRow } from '../api'
import { addTerm } from '../filter'
import { current } from './current'
import { filterText, only, wantedTraces } from './filter-state'
import { formatCount, formatDuration } from './format'
import { Resource } from './requests'
import { goTo } from './route'
import { Service } from './service'

/** All requests with one resource of one service. */
interface Summary {
  readonly key: string
  readonly row: TraceRow
  readonly count: number
  /** Requests per minute, in the time from the first to the last request of the list. */
  readonly rate: number
  readonly errors: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

const columns = { count: 'Count', rate: 'A minute', errors: 'Errors', p50: 'p50', p95: 'p95', p99: 'p99' } as const
type Column = keyof typeof columns

const sortBy = signal<Column>('count')
const isAscending = signal(false)

export const summaries = computed<readonly Summary[]>(() => {
  const groups = new Map<string, TraceRow[]>()
  const starts = wantedTraces.value.map(({ row }) => row.start)
  const minutes = starts.length > 1 ? ((starts[0] as number) - (starts.at(-1) as number)) / 60_000 : 0
  for (const { row } of wantedTraces.value) {
    const key = `${row.service}\n${row.resource}`
    const rows = groups.get(key)
    if (rows) rows.push(row)
    else groups.set(key, [row])
  }
  return [...groups].map(([key, rows]) => summaryOf(key, rows, minutes))
})

const sorted = computed(() => {
  const by = sortBy.value
  const sign = isAscending.value ? 1 : -1
  return [...summaries.value].sort((a, b) => sign * (a[by] - b[by]) || a.key.localeCompare(b.key))
})

function summaryOf(key: string, rows: TraceRow[], minutes: number): Summary {
  const durations = rows.map(({ duration }) => duration).sort((a, b) => a - b)
  return {
    key,
    row: rows[0] as TraceRow,
    count: rows.length,
    rate: minutes > 0 ? rows.length / minutes : 0,
    errors: rows.filter(({ error }) => error).length,
    p50: percentile(durations, 0.5),
    p95: percentile(durations, 0.95),
    p99: percentile(durations, 0.99),
  }
}

/** Nearest-rank percentile: always a measured duration, never an interpolation. */
function percentile(sortedDurations: number[], share: number): number {
  return sortedDurations[Math.max(0, Math.ceil(sortedDurations.length * share) - 1)] ?? 0
}

export function Resources() {
  return (
    <main class="main" aria-label="Resources">
      <div class="list" role="table" aria-label="Resources">
        <div role="rowgroup">
          <div class="resource head" role="row">
            <span role="columnheader">Service</span>
            <span role="columnheader">Resource</span>
            {(Object.keys(columns) as Column[]).map(column => (
              <ColumnHead key={column} column={column} />
            ))}
          </div>
        </div>
        <div class="scroll" id="list" role="rowgroup">
          {sorted.value.map((summary, at) => (
            <SummaryRow
              key={summary.key}
              summary={summary}
              isCurrent={current.value === summary.key}
              isFirst={at === 0}
            />
          ))}
        </div>
      </div>
    </main>
  )
}

function ColumnHead({ column }: { column: Column }) {
  const isSorted = sortBy.value === column
  const sort = () => {
    isAscending.value = isSorted && !isAscending.value
    sortBy.value = column
  }
  return (
    <span
      role="columnheader"
      class="right"
      aria-sort={isSorted ? (isAscending.value ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" class="sort" onClick={sort}>
        {columns[column]}
        {isSorted && <span aria-hidden="true">{isAscending.value ? ' ↑' : ' ↓'}</span>}
      </button>
    </span>
  )
}

function SummaryRow({ summary, isCurrent, isFirst }: { summary: Summary; isCurrent: boolean; isFirst: boolean }) {
  const { row } = summary
  return (
    <div
      class="resource"
      role="row"
      data-key={summary.key}
      aria-current={isCurrent || undefined}
      onClick={() => showRequests(row)}
    >
      <span role="cell">
        <Service name={row.service} />
      </span>
      <span role="cell" class="cut">
        <button
          type="button"
          class="pick"
          tabIndex={isCurrent || isFirst ? 0 : -1}
          title={`Show the requests of ${row.resource}`}
        >
          <Resource row={row} />
        </button>
      </span>
      <span role="cell" class="right">
        {formatCount(summary.count)}
      </span>
      <span role="cell" class="right soft">
        {summary.rate === 0 ? '–' : summary.rate < 10 ? summary.rate.toFixed(1) : formatCount(Math.round(summary.rate))}
      </span>
      <span role="cell" class={`right ${summary.errors > 0 ? 'red' : 'muted'}`}>
        {summary.errors === 0 ? '–' : `${formatCount(summary.errors)} (${percent(summary.errors / summary.count)})`}
      </span>
      {([summary.p50, summary.p95, summary.p99] as const).map((duration, at) => (
        <span key={at} role="cell" class={`right ${at === 0 ? '' : 'soft'}`}>
          {formatDuration(duration)}
        </span>
      ))}
    </div>
  )
}

function percent(share: number): string {
  return `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`
}

function showRequests(row: TraceRow): void {
  only('resource', row.resource)
  filterText.value = addTerm(filterText.value, 'service', row.service, false)
  goTo('requests')
}
