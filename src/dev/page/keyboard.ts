import { chosenRow, current } from './current'
import { openTrace } from './filter-box'
import { clearFilter, isFiltered } from './filter-state'
import { idIn } from '../filter'
import { showHelp } from './help'
import { pause, visibleLines, visibleTraces } from './hold'
import { levelClass } from './level'
import { openBeside } from './requests'
import { goTo, leaveTrace, route, view } from './route'
import { nextError } from './trace/errors'
import { foldChosen, leaveLines, moveLine, moveSpan, toLines } from './trace/keys'
import { full, opened, scope, scopes, tree, wide, zoom } from './trace/opened'

/** Keys of the whole page. */
export function listenToKeys(): void {
  document.addEventListener('keydown', onKey)
  document.addEventListener('paste', onPaste)
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return
  const act = actions[event.key]
  if (act && act(event) !== false) event.preventDefault()
}

/** Returns `false` where the key keeps what it does in the browser. */
type Action = (event: KeyboardEvent) => unknown

const actions: Readonly<Record<string, Action>> = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  ArrowLeft: () => inSpans() && foldChosen(true),
  ArrowRight: () => inSpans() && foldChosen(false),
  h: () => inSpans() && foldChosen(undefined),
  Enter: enter,
  Escape: escape,
  '/': () => document.getElementById('filter')?.focus(),
  e: () => error(1),
  E: () => error(-1),
  l: lines,
  s: () => inTrace() && nextScope(),
  p: pause,
  '?': showHelp,
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
}

function has(id: string): boolean {
  return document.getElementById(id)?.contains(document.activeElement) === true
}

/** Beside the list, the trace has the keys when the focus is in it. */
function inTrace(): boolean {
  return opened.peek().kind !== 'none' && (full.peek() || has('trace'))
}

function inSpans(): boolean {
  return inTrace() && !has('trace-lines')
}

function move(step: 1 | -1): void {
  if (!inTrace()) moveRow(step)
  else if (has('trace-lines')) moveLine(step)
  else moveSpan(step)
}

function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('#list [data-key]')]
  const at = rows.findIndex(row => row.dataset.key === current.peek())
  goToRow(rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))])
}

let opening: ReturnType<typeof setTimeout> | undefined

/** The trace beside the list follows, once the key rests. */
function goToRow(row: HTMLElement | undefined): void {
  const key = row?.dataset.key
  if (!row || !key) return
  if (route.peek().trace) {
    clearTimeout(opening)
    opening = setTimeout(() => openBeside(key), 60)
    chosenRow.value = key
    route.value = { ...route.peek(), trace: key, span: undefined }
  } else chosenRow.value = key
  focusRow(row)
}

function focusRow(row: HTMLElement): void {
  const target = row.querySelector<HTMLElement>('a, button.pick') ?? row
  ;(row.tabIndex === 0 || row.hasAttribute('tabindex') ? row : target).focus({ preventScroll: true })
  row.scrollIntoView({ block: 'nearest' })
}

function enter(event: KeyboardEvent): unknown {
  if (inTrace()) return has('trace-lines') && isLine(event.target) ? event.target.click() : false
  if (isOther(event.target)) return false
  const key = current.peek()
  if (!key) return false
  if (view.peek() !== 'requests') return clickRow(key)
  if (tree.peek()?.detail.trace.id === key) wide.value = true
  else openBeside(key)
}

function isLine(target: EventTarget | null): target is HTMLElement {
  return target instanceof HTMLElement && target.dataset.line !== undefined
}

/** A button or a link outside the list does what it says. */
function isOther(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('a, button, summary') && !(has('list') && target.matches('a'))
}

function clickRow(key: string): void {
  document.querySelector<HTMLElement>(`#list [data-key="${CSS.escape(key)}"]`)?.click()
}

function escape(): unknown {
  if (has('trace-lines')) return leaveLines()
  if (zoom.peek()) {
    zoom.value = undefined
    return
  }
  if (opened.peek().kind !== 'none' || route.peek().trace) return closeTrace()
  if (isFiltered.peek()) return clearFilter()
  chosenRow.value = ''
}

export function closeTrace(): void {
  const id = tree.peek()?.detail.trace.id
  leaveTrace()
  if (!id) return
  chosenRow.value = id
  setTimeout(() => {
    const row = document.querySelector<HTMLElement>(`#list [data-key="${CSS.escape(id)}"]`)
    if (row) focusRow(row)
  }, 50)
}

function error(step: 1 | -1): void {
  if (inTrace()) return nextError(step)
  const keys = errorKeys()
  const all = [...document.querySelectorAll<HTMLElement>('#list [data-key]')]
  const rows = step === 1 ? all : all.reverse()
  const at = rows.findIndex(row => row.dataset.key === current.peek())
  goToRow(rows.slice(at + 1).find(row => keys.has(row.dataset.key ?? '')))
}

function errorKeys(): Set<string> {
  if (view.peek() === 'lines') {
    return new Set(visibleLines.peek().filter(({ level }) => levelClass(level) === 'error').map(({ n }) => String(n)))
  }
  const isWrong = ({ error: failed, worst }: { error: boolean; worst: string }) => failed || levelClass(worst) === 'error'
  return new Set(visibleTraces.peek().filter(({ row }) => isWrong(row)).map(({ row }) => row.id))
}

function lines(): void {
  if (opened.peek().kind === 'here') {
    if (has('trace-lines')) leaveLines()
    else toLines()
  } else goTo(view.peek() === 'lines' ? 'requests' : 'lines')
}

function nextScope(): void {
  scope.value = scopes[(scopes.indexOf(scope.peek()) + 1) % scopes.length] ?? 'trace'
}

/** A pasted id opens its trace, wherever the focus is. */
function onPaste(event: ClipboardEvent): void {
  if (isTyping(event.target)) return
  const id = idIn(event.clipboardData?.getData('text') ?? '')
  if (id) openTrace(id)
}

