import { computed, signal } from '@preact/signals'
import { wantedLines, wantedTraces } from './filter-state'
import { view } from './route'
import { arrivedTraces, beforeNews, dropGone, lastLine, paused } from './store'

/** The last row and line that are shown. While the list is scrolled or paused, later ones are not shown. */
const shownTraces = signal(Number.POSITIVE_INFINITY)
const shownLines = signal(Number.POSITIVE_INFINITY)

/** Whether the list is scrolled to its top. Then new rows are shown at once. */
let atTop = true

export const visibleTraces = computed(() => {
  const last = shownTraces.value
  return last === Number.POSITIVE_INFINITY
    ? wantedTraces.value
    : wantedTraces.value.filter(({ arrived }) => arrived <= last)
})

export const visibleLines = computed(() => {
  const last = shownLines.value
  return last === Number.POSITIVE_INFINITY ? wantedLines.value : wantedLines.value.filter(({ n }) => n <= last)
})

/** How many rows of the list are not shown yet. */
export const waiting = computed(() =>
  view.value === 'lines'
    ? wantedLines.value.length - visibleLines.value.length
    : wantedTraces.value.length - visibleTraces.value.length,
)

export function pause(): void {
  paused.value = !paused.value
  if (!paused.value) dropGone()
  update()
}

// The scroll event comes only with the next frame. New rows may be drawn before it, so read the scroll position first. Otherwise the
// list would move while somebody reads it.
beforeNews(() => {
  const list = document.getElementById('list')
  if (list) scrolled(list.scrollTop)
})

export function scrolled(top: number): void {
  if (atTop === top < 4) return
  atTop = top < 4
  update()
}

/** Whether the shown rows must stay. */
export function isHolding(): boolean {
  return paused.peek() || !atTop
}

function update(): void {
  if (!isHolding()) shownTraces.value = shownLines.value = Number.POSITIVE_INFINITY
  else if (shownTraces.peek() === Number.POSITIVE_INFINITY) {
    shownTraces.value = arrivedTraces.peek()
    shownLines.value = lastLine.peek()
  }
}

/** Shows all rows, and ends a pause. */
export function showNew(): void {
  atTop = true
  if (paused.value) pause()
  update()
}
