import { computed, signal } from '@preact/signals'
import { wantedLines, wantedTraces } from './filter-state'
import { view } from './route'
import { arrivedTraces, beforeNews, dropGone, lastLine, paused } from './store'

/** Up to where rows and lines are shown: what arrived later waits, while the list is scrolled or paused. */
const shownTraces = signal(Number.POSITIVE_INFINITY)
const shownLines = signal(Number.POSITIVE_INFINITY)

/** Whether the list stands at its top, where new rows appear in place. */
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

/** How many rows of the list wait. */
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

// The browser tells of scrolling with its next frame only, which may be after the news.
beforeNews(() => {
  const list = document.getElementById('list')
  if (list) scrolled(list.scrollTop)
})

export function scrolled(top: number): void {
  if (atTop === top < 4) return
  atTop = top < 4
  update()
}

/** Whether what is shown must stay. */
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

/** Shows what waits, and goes on waiting only where the page is paused. */
export function showNew(): void {
  atTop = true
  if (paused.value) pause()
  update()
}
