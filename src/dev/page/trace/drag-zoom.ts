import { signal } from '@preact/signals'
import { range, zoom } from './opened'

/** The part that is being marked, in percent of the axis. */
export const marked = signal<{ from: number; to: number } | undefined>(undefined)

/** Pixels. A press that moves this far is a drag and no click. */
const least = 4

/** Marks a part of the time with the pointer, and zooms to it. */
export function dragZoom(event: PointerEvent & { currentTarget: HTMLElement }): void {
  const axis = event.currentTarget.querySelector('.ticks')?.getBoundingClientRect()
  if (
    !axis ||
    event.button !== 0 ||
    event.pointerType === 'touch' ||
    event.clientX < axis.left ||
    event.clientX > axis.right + 8
  )
    return
  const from = event.clientX
  const at = (x: number) => Math.max(0, Math.min(1, (x - axis.left) / axis.width))
  const move = ({ clientX }: PointerEvent) => {
    if (Math.abs(clientX - from) < least) return
    const [left, right] = [at(from), at(clientX)].sort((a, b) => a - b) as [number, number]
    marked.value = { from: left * 100, to: right * 100 }
  }
  const end = () => {
    removeEventListener('pointermove', move)
    removeEventListener('pointerup', end)
    if (!marked.value) return
    zoomTo(marked.value)
    marked.value = undefined
    swallowClick()
  }
  addEventListener('pointermove', move)
  addEventListener('pointerup', end)
}

function zoomTo({ from, to }: { from: number; to: number }): void {
  const { from: start, to: end } = range.peek()
  const length = end - start
  zoom.value = { from: start + (from / 100) * length, to: start + (to / 100) * length }
}

/** Ignores the click at the end of a drag, which would choose the row below the pointer. */
function swallowClick(): void {
  const swallow = (event: Event) => event.stopPropagation()
  addEventListener('click', swallow, { capture: true, once: true })
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 0)
}
