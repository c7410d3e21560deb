import { idIn } from '../filter'
import { current } from './current'
import { openTrace } from './filter-box'
import { clearFilter, isFiltered } from './filter-state'
import { showHelp } from './help'
import { pause } from './hold'
import { closeTrace, moveRow, moveToError, openRow } from './list-keys'
import { goTo, isTrace, route, view } from './route'
import { nextError } from './trace/errors'
import { foldChosen, leaveLines, moveLine, moveSpan, toLines, zoomToChosen } from './trace/keys'
import { full, opened, scope, scopes, zoom } from './trace/opened'

/** Keys of the whole page. */
export function listenToKeys(): void {
  document.addEventListener('keydown', onKey)
  document.addEventListener('paste', onPaste)
}

function onKey(event: KeyboardEvent): void {
  const isBusy = isTyping(event.target) || document.querySelector('dialog[open]') !== null
  if (isBusy || event.ctrlKey || event.metaKey || event.altKey) return
  const act = actions[event.key]
  if (act && act(event) !== false) event.preventDefault()
}

/** Returns `false` to keep the browser's own action for the key. */
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
  Escape: goBack,
  '/': () => document.getElementById('filter')?.focus(),
  e: () => (inTrace() ? nextError(1) : moveToError(1)),
  E: () => (inTrace() ? nextError(-1) : moveToError(-1)),
  l: lines,
  s: () => inTrace() && nextScope(),
  z: () => inTrace() && zoomToChosen(),
  p: pause,
  '?': showHelp,
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input:not([type="file"]), select, textarea')
}

function hasFocus(id: string): boolean {
  return document.getElementById(id)?.contains(document.activeElement) === true
}

/** Whether keys act on the open trace. Beside the list, they do so only if the focus is in the trace. */
function inTrace(): boolean {
  return opened.peek().kind !== 'none' && (full.peek() || hasFocus('trace'))
}

function inSpans(): boolean {
  return inTrace() && !hasFocus('trace-lines')
}

function move(step: 1 | -1): void {
  if (!inTrace()) moveRow(step)
  else if (hasFocus('trace-lines')) moveLine(step)
  else moveSpan(step)
}

function enter({ target }: KeyboardEvent): unknown {
  if (!(target instanceof HTMLElement)) return false
  if (target.matches('.line')) return target.click()
  // A button or a link outside the list keeps its own action.
  if (inTrace() || (target.matches('a, button, summary') && !target.matches('#list a'))) return false
  return openRow()
}

function goBack(): void {
  if (hasFocus('trace-lines')) leaveLines()
  else if (isTrace(route.peek()) && zoom.peek()) zoom.value = undefined
  else if (isTrace(route.peek())) closeTrace()
  else if (isFiltered.peek()) clearFilter()
  else current.value = ''
}

function lines(): void {
  if (opened.peek().kind !== 'here') goTo(view.peek() === 'lines' ? 'requests' : 'lines')
  else if (hasFocus('trace-lines')) leaveLines()
  else toLines()
}

function nextScope(): void {
  scope.value = scopes[(scopes.indexOf(scope.peek()) + 1) % scopes.length] ?? 'trace'
}

/** Opens the trace of a pasted id, with the focus anywhere outside of text fields. */
function onPaste(event: ClipboardEvent): void {
  if (isTyping(event.target)) return
  const id = idIn(event.clipboardData?.getData('text') ?? '')
  if (id) openTrace(id)
}
