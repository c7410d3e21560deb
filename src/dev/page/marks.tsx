import type { TraceRow } from '../api'
import { counted } from './format'

interface Mark {
  readonly text: string
  readonly tone: 'red' | 'amber' | 'soft' | 'muted'
}

/** The marks of a request, such as `aborted`. */
export function Marks({ row, gone = false, short = false }: { row: TraceRow; gone?: boolean; short?: boolean }) {
  const marks = marksOf(row, gone, short)
  return (
    <>
      {marks.map(({ text, tone }, at) => (
        <span key={text}>
          {at > 0 && <span class="muted"> · </span>}
          <span class={tone}>{text}</span>
        </span>
      ))}
    </>
  )
}

function marksOf(row: TraceRow, gone: boolean, short: boolean): Mark[] {
  const marks: Mark[] = []
  const add = (is: boolean, tone: Mark['tone'], text: string) => is && marks.push({ text, tone })
  add(gone, 'muted', 'gone')
  add(row.error || row.outcome === 'failed', 'red', 'error')
  add(row.outcome === 'aborted', 'amber', 'aborted')
  add(row.outcome === 'unfinished', 'soft', 'unfinished')
  const isLong = !short || marks.length === 0
  add(row.repeated > 0, 'amber', `×${row.repeated}${isLong ? ', potential N+1' : ''}`)
  add(row.missing > 0, 'soft', `${counted(row.missing, 'span')} missing`)
  add(row.cut > 0, 'soft', `${counted(row.cut, 'span')} not kept`)
  add(row.unlinked > 0, 'amber', `${counted(row.unlinked, 'line')} not linked`)
  return marks
}
