import { useEffect, useRef } from 'preact/hooks'
import type { TraceDetail } from '../../api'
import { traceMarkdown } from '../../markdown'
import { counted, formatAgo, formatClock, formatDate, formatDuration, formatOffset } from '../format'
import { Icon } from '../icon'
import { closeTrace } from '../list-keys'
import { Marks } from '../marks'
import { now } from '../now'
import { Resource, statusClass } from '../requests'
import { traceHash } from '../route'
import { copy, save } from '../say'
import { Service } from '../service'
import { nextError } from './errors'
import { startHover } from './hover'
import { full, hasGone, isFile, isNarrow, type Opened, opened, selected, wide } from './opened'
import { curlOf } from './share'
import { Tags } from './tags'
import { TraceLines } from './trace-lines'
import { inOrder, type Tree } from './tree'
import { Waterfall } from './waterfall'

export function Trace() {
  const open = opened.value
  const Box = full.value ? 'main' : 'aside'
  return (
    <Box class={`trace ${full.value ? 'full' : 'pane'}`} id="trace" aria-label="Trace">
      {open.kind === 'here' ? <Body tree={open.tree} /> : <Absent open={open} />}
    </Box>
  )
}

function Absent({ open }: { open: Opened }) {
  if (open.kind !== 'missing') return <p class="note muted">Loading the trace…</p>
  return (
    <div class="absent">
      <h2>{open.gone ? 'This trace has gone' : 'No trace with this id'}</h2>
      <p class="soft">
        {open.gone
          ? 'It was here, and was dropped to stay within the bounds, or cleared.'
          : 'It has not arrived. It is shown here as soon as it does.'}
      </p>
      <p>
        <code>{open.id}</code>
      </p>
      <button type="button" class="button" onClick={closeTrace}>
        Back to the requests
      </button>
    </div>
  )
}

function Body({ tree }: { tree: Tree }) {
  const body = useRef<HTMLDivElement>(null)
  useEffect(startHover, [])
  return (
    <>
      <Head tree={tree} />
      <div class="trace-body" ref={body}>
        <div class="spans-part">
          <Waterfall />
          <Aborted tree={tree} />
        </div>
        <TraceLines />
        <Tags />
      </div>
    </>
  )
}

function Head({ tree }: { tree: Tree }) {
  const { detail, errors } = tree
  const { trace } = detail
  return (
    <header class="trace-head">
      <div class="title">
        {full.value && (
          <button type="button" class="icon-button" aria-label="Back (Esc)" title="Back (Esc)" onClick={closeTrace}>
            <Icon name="back" />
          </button>
        )}
        <h2 class="cut" title={trace.resource}>
          <Resource row={trace} />
        </h2>
        {trace.status !== undefined && <span class={`status ${statusClass(trace)}`}>{trace.status}</span>}
        <span class="marks cut">
          <Marks row={trace} gone={hasGone.value} />
        </span>
        <Buttons detail={detail} />
      </div>
      <div class="facts">
        <b>{trace.outcome === 'unfinished' ? 'unfinished' : formatDuration(trace.duration)}</b>
        {trace.services.map(service => (
          <Service key={service} name={service} />
        ))}
        <span>
          {counted(trace.spans, 'span')}, {counted(trace.lines, 'line')}
        </span>
        {errors.length > 0 && (
          <button type="button" class="errors" title="Next error (e)" onClick={() => nextError(1)}>
            <span class="red">{counted(errors.length, 'error')}</span> <kbd class="wide-only">e</kbd>
          </button>
        )}
        <span>
          {full.value && `${formatDate(trace.start)} `}
          {formatClock(trace.start)}, {formatAgo(now.value - trace.start)}
        </span>
        {full.value && <code class="muted wide-only">{trace.id}</code>}
      </div>
      <Notice />
    </header>
  )
}

function Notice() {
  const open = opened.value
  if (open.kind !== 'here') return null
  if (open.file !== undefined) return <p class="notice">From the file {open.file}</p>
  if (!hasGone.value) return null
  return <p class="notice">This trace has gone from the memory of spanlog. Save it to keep what is shown here.</p>
}

function Buttons({ detail }: { detail: TraceDetail }) {
  const isFull = full.value
  return (
    <span class="buttons push">
      {isFull && !isNarrow.value && !isFile() && (
        <button type="button" class="button quiet wide-only" onClick={() => copy(linkOf(detail), 'the link')}>
          <Icon name="link" />
          Copy link
        </button>
      )}
      <CopyMenu detail={detail} />
      <Button
        icon="save"
        label="Save"
        title="Save as a file"
        run={() => save(JSON.stringify(detail), `trace-${detail.trace.id}.json`)}
      />
      {!isFull && <Button icon="wide" label="Full width" title="Full width (Enter)" run={() => (wide.value = true)} />}
      {!isFull && <Button icon="close" label="Close" title="Close (Esc)" run={closeTrace} />}
    </span>
  )
}

function CopyMenu({ detail }: { detail: TraceDetail }) {
  const asCurl = () => copy(curlOf(detail), 'the request as curl')
  const asMarkdown = () => copy(traceMarkdown(detail), 'the trace as Markdown')
  const asJson = () => copy(JSON.stringify(detail, null, 2), 'the trace as JSON')
  const link = () => copy(linkOf(detail), 'the link')
  if (!isNarrow.value && full.value) {
    return (
      <>
        <Button icon="copy" label="Copy as curl" run={asCurl} />
        <Button icon="copy" label="Copy as Markdown" run={asMarkdown} />
        <Button icon="copy" label="Copy as JSON" run={asJson} />
      </>
    )
  }
  return (
    <select
      class="copy-menu"
      aria-label="Copy"
      value=""
      onChange={event => {
        void [asCurl, asMarkdown, asJson, link][Number(event.currentTarget.value)]?.()
        event.currentTarget.value = ''
      }}
    >
      <option value="">Copy</option>
      <option value="0">as curl</option>
      <option value="1">as Markdown</option>
      <option value="2">as JSON</option>
      <option value="3">the link</option>
    </select>
  )
}

/** A button. It has a text at full width, and is only an icon beside the list. */
function Button({
  icon,
  label,
  title = label,
  run,
}: {
  icon: 'copy' | 'save' | 'wide' | 'close'
  label: string
  title?: string
  run: () => void
}) {
  return (
    <button type="button" class={full.value ? 'button' : 'icon-button'} aria-label={label} title={title} onClick={run}>
      <Icon name={icon} />
      {full.value && <span class="button-label">{label}</span>}
    </button>
  )
}

function linkOf({ trace, spans }: TraceDetail): string {
  const span = spans.some(({ id }) => id === selected.peek()) ? selected.peek() : undefined
  return `${location.origin}${location.pathname}${traceHash(trace.id, span)}`
}

/** A note: the request is unfinished, or the client left, with the span that ran longest after that. */
function Aborted({ tree }: { tree: Tree }) {
  const top = tree.tops[0]
  const { outcome, missing } = tree.detail.trace
  if (outcome === 'unfinished') {
    return (
      <p class="note soft">
        unfinished{missing > 0 ? `; ${counted(missing, 'span')} missing` : ': the response has not ended'}
      </p>
    )
  }
  if (outcome !== 'aborted' || !top) return null
  const longest = inOrder(top.children).reduce((last, node) => (node.to > last.to ? node : last), top)
  return (
    <p class="note">
      <span class="amber">The client left at {formatOffset(top.to)}.</span>{' '}
      {longest !== top && (
        <span class="soft">
          {longest.span.name} went on for another {formatDuration(longest.to - top.to)}.
        </span>
      )}
    </p>
  )
}
