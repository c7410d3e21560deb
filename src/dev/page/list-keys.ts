import { current } from './current'
import { visibleLines, visibleTraces } from './hold'
import { levelClass } from './level'
import { openBeside } from './requests'
import { leaveTrace, route, view } from './route'
import { lowOf } from './store'
import { focusSpan } from './trace/keys'
import { tree, wide } from './trace/opened'

function rowElements(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('#list [data-key]')]
}

function rowOf(key: string): HTMLElement | undefined {
  return rowElements().find(row => row.dataset.key === key)
}

export function moveRow(step: 1 | -1): void {
  const rows = rowElements()
  const at = rows.findIndex(row => row.dataset.key === current.peek())
  goToRow(rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))])
}

/** Goes to the next or the previous failed request, or line of level error. */
export function moveToError(step: 1 | -1): void {
  const keys = errorKeys()
  const rows = step === 1 ? rowElements() : rowElements().reverse()
  const at = rows.findIndex(row => row.dataset.key === current.peek())
  goToRow(rows.slice(at + 1).find(row => keys.has(row.dataset.key ?? '')))
}

function errorKeys(): Set<string> {
  if (view.peek() === 'lines') {
    const failed = visibleLines.peek().filter(({ level }) => levelClass(level) === 'error')
    return new Set(failed.map(({ n }) => String(n)))
  }
  const failed = visibleTraces.peek().filter(({ row }) => row.error || levelClass(row.worst) === 'error')
  return new Set(failed.map(({ row }) => row.id))
}

let opening: ReturnType<typeof setTimeout> | undefined

/** Goes to a row. An open trace follows 60 ms after the last key, so that holding the key does not load each one. */
function goToRow(row: HTMLElement | undefined): void {
  const key = row?.dataset.key
  if (!row || !key) return
  current.value = key
  if (route.peek().trace) {
    clearTimeout(opening)
    opening = setTimeout(() => openBeside(key), 60)
  }
  focusRow(row)
}

function focusRow(row: HTMLElement): void {
  const target = row.hasAttribute('tabindex')
    ? row
    : (row.querySelector<HTMLElement>('a') ?? row.querySelector<HTMLElement>('.pick'))
  target?.focus({ preventScroll: true })
  row.scrollIntoView({ block: 'nearest' })
}

/** Opens the row. If it is open beside the list, it gets the full width. Returns `false` if there is no row. */
export function openRow(): unknown {
  const key = current.peek()
  if (!key) return false
  if (view.peek() !== 'requests') return rowOf(key)?.click()
  if (!isOpen(key)) return openBeside(key)
  wide.value = true
  focusSpan()
}

function isOpen(id: string): boolean {
  const { trace } = route.peek()
  return trace !== undefined && lowOf(trace) === lowOf(id)
}

export function closeTrace(): void {
  const id = tree.peek()?.detail.trace.id ?? ''
  leaveTrace()
  current.value = id
  // If the list was hidden, it is drawn first.
  setTimeout(() => {
    const row = rowOf(id)
    if (row) focusRow(row)
  }, 50)
}
