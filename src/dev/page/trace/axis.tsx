import { computed } from '@preact/signals'
import { formatOffset } from '../format'
import { marked } from './drag-zoom'
import { full, hovered, isPhone, range, tree } from './opened'
import { ticksOf } from './ticks'

const ticks = computed(() => ticksOf(range.value, isPhone.value ? 2 : full.value ? 4 : 3))

export function Axis() {
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

/** The class of a label. Labels near an end stay within the axis; one that would overlap another or the pointer's time is hidden. */
function placeOf(at: number, index: number): string {
  const left = share(at)
  if (hovered.value && Math.abs(left - share(hovered.value.at)) < (full.value ? 8 : 14)) return 'untold'
  const before = ticks.value[index - 1]
  if (left > 92) return before && left - share(before.at) < (isPhone.value ? 40 : 22) ? 'untold' : 'last'
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

/** The vertical lines of the ticks, behind the rows. */
export function Grid() {
  return (
    <div class="overlay" aria-hidden="true">
      {ticks.value.map(({ at }) => (
        <i key={at} style={{ left: `${share(at)}%` }} />
      ))}
    </div>
  )
}

/** Lines above the rows: the time when the client left, the part that is being marked, the time under the pointer. */
export function Overlay() {
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

/** The time when the client left, in percent; `undefined` if it did not leave. */
const leftAt = computed(() => {
  const open = tree.value
  if (open?.detail.trace.outcome !== 'aborted') return undefined
  return share(open.tops[0]?.to ?? 0)
})

/** A time in percent of the shown range, from 0 to 100. */
export function share(at: number, { from, to } = range.value): number {
  return Math.max(0, Math.min(100, ((at - from) / (to - from)) * 100))
}
