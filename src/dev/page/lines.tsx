import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LineRow, TraceRow } from '../api'
import { current } from './current'
import { loadOlderLines } from './feed'
import { openTrace } from './filter-box'
import { clearFilter } from './filter-state'
import { formatClock } from './format'
import { HealthPane } from './health'
import { visibleLines } from './hold'
import { Level } from './level'
import { fieldsOf, Message, whyText } from './line'
import { NewChip, scrollList } from './list'
import { memo } from './memo'
import { Pick, Resource } from './requests'
import { traceHash } from './route'
import { copy } from './say'
import { Service } from './service'
import { allLines, entryOf, findings, firstKept } from './store'
import { Table } from './table'
import { toggle } from './trace/opened'

const page = 300

/** Lines whose fields are shown. */
const unfolded = signal<ReadonlySet<number>>(new Set())

export function Lines() {
  const lines = visibleLines.value
  const scroller = useRef<HTMLDivElement>(null)
  const [shown, setShown] = useState(page)
  useEffect(() => scrollList(scroller.current), [])
  const newestFirst = lines.slice(-shown).reverse()
  const first = newestFirst.some(({ n }) => current.value === String(n)) ? 0 : newestFirst[0]?.n
  const onScroll = (event: { currentTarget: HTMLElement }) => {
    scrollList(event.currentTarget)
    if (isNearEnd(event.currentTarget)) void showOlder(lines.length, shown, setShown)
  }
  return (
    <>
      <main class="main" aria-label="Lines">
        <div class="list" role="table" aria-label="Lines">
          <div role="rowgroup">
            <div class="line-row head" role="row">
              <span role="columnheader">Time</span>
              <span role="columnheader">Level</span>
              <span role="columnheader">Service</span>
              <span role="columnheader">Message</span>
              <span role="columnheader">Trace</span>
            </div>
          </div>
          <NewChip />
          <div class="scroll" id="list" role="rowgroup" ref={scroller} onScroll={onScroll}>
            {newestFirst.map(line => (
              <LineOfList
                key={line.n}
                line={line}
                request={entryOf(line.traceId)?.row}
                why={line.why.length > 0 ? whyText(line) : ''}
                isCurrent={current.value === String(line.n)}
                isFirst={line.n === first}
                isOpen={unfolded.value.has(line.n)}
              />
            ))}
            <div class="nothing" role="row">
              <span role="cell">
                <End count={lines.length} shown={shown} older={() => showOlder(lines.length, shown, setShown)} />
              </span>
            </div>
          </div>
        </div>
      </main>
      {findings.value.length > 0 && <HealthPane />}
    </>
  )
}

function isNearEnd({ scrollTop, scrollHeight, clientHeight }: HTMLElement): boolean {
  return scrollTop + clientHeight > scrollHeight - 400
}

let asking = false

/** Shows older lines of the page. If it has no more, loads lines from the server. */
async function showOlder(have: number, shown: number, setShown: (count: number) => void): Promise<void> {
  if (asking) return
  asking = true
  if (shown >= have) await loadOlderLines()
  setShown(shown + page)
  asking = false
}

function End({ count, shown, older }: { count: number; shown: number; older: () => void }) {
  const first = allLines.value[0]?.n ?? 0
  if (shown < count || first > firstKept.value) {
    return (
      <>
        {count === 0 && 'No line matches the filter. '}
        <button type="button" class="link" onClick={older}>
          Look through older lines
        </button>
        {count === 0 && (
          <button type="button" class="link" onClick={clearFilter}>
            Clear the filter
          </button>
        )}
      </>
    )
  }
  return <>{count === 0 ? 'No line has come yet.' : 'These are all lines.'}</>
}

interface RowProps {
  line: LineRow
  request: TraceRow | undefined
  why: string
  isCurrent: boolean
  isFirst: boolean
  isOpen: boolean
}

const LineOfList = memo(({ line, request, why, isCurrent, isFirst, isOpen }: RowProps) => {
  const tab = isCurrent || isFirst ? 0 : -1
  const unfold = () => {
    unfolded.value = toggle(unfolded.peek(), line.n)
  }
  return (
    <div
      class={`line-row${isOpen ? ' open' : ''}`}
      role="row"
      data-key={line.n}
      aria-current={isCurrent || undefined}
      tabIndex={tab}
      onClick={unfold}
    >
      <span role="cell" class="time">
        {formatClock(line.time)}
      </span>
      <span role="cell">
        {line.level ? (
          <Pick name="level" value={line.level} tab={-1}>
            <Level level={line.level} />
          </Pick>
        ) : (
          <Level level="" />
        )}
      </span>
      <span role="cell">
        {line.service && (
          <Pick name="service" value={line.service} tab={-1}>
            <Service name={line.service} traced={line.traceId !== ''} />
          </Pick>
        )}
      </span>
      <span role="cell" class={isOpen ? 'wrap' : 'cut'}>
        <Message line={line} />
      </span>
      <span role="cell" class="cut">
        <Whence line={line} request={request} why={why} tab={tab} />
      </span>
      {isOpen && <Fields line={line} />}
    </div>
  )
})

/** The request of a line, or the reason why there is none. */
function Whence({
  line,
  request,
  why,
  tab,
}: {
  line: LineRow
  request: TraceRow | undefined
  why: string
  tab: number
}) {
  if (why)
    return (
      <span class="amber" title={why}>
        {why}
      </span>
    )
  if (!line.traceId) return <span class="muted">{line.raw.startsWith('{') ? 'no ids' : 'plain text, no ids'}</span>
  const open = (event: MouseEvent) => {
    event.stopPropagation()
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    openTrace(line.traceId)
  }
  return (
    <a class="soft" href={traceHash(line.traceId)} tabIndex={tab} onClick={open}>
      {request ? <Resource row={request} /> : `trace ${line.traceId}`}
    </a>
  )
}

function Fields({ line }: { line: LineRow }) {
  return (
    <div class="fields" role="cell" onClick={event => event.stopPropagation()}>
      <Table entries={fieldsOf(line)} label="Fields" />
      <button type="button" class="button quiet" onClick={() => copy(line.raw, 'the line')}>
        Copy the line
      </button>
    </div>
  )
}
