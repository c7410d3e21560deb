import { folded, hovered, opened, rowKeyOf, rows, select, selected, toggle, tree, zoom } from './opened'
import { fromOf, type Row, toOf } from './rows'

/** Chooses the next or the previous row of the waterfall. */
export function moveSpan(step: 1 | -1): void {
  const choices = rows.peek().filter(isChoice)
  const at = choices.findIndex(({ key }) => key === selected.peek())
  choose(choices[Math.max(0, Math.min(choices.length - 1, at + step))]?.key)
}

function isChoice({ kind }: Row): boolean {
  return kind === 'span' || kind === 'group'
}

function choose(key: string | undefined): void {
  if (key === undefined) return
  select(key)
  focusSpan()
}

export function focusSpan(): void {
  requestAnimationFrame(() => {
    const row = document.getElementById(`span-${selected.peek()}`)
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  })
}

/** Zooms to the time of the chosen span, or back to the whole trace. */
export function zoomToChosen(): void {
  const row = rows.peek().find(({ key }) => key === selected.peek())
  zoom.value = zoom.peek() || !row ? undefined : { from: fromOf(row), to: Math.max(toOf(row), fromOf(row) + 0.01) }
}

/** Folds, unfolds, or goes to the parent or the first child, as in any tree. */
export function foldChosen(fold: boolean | undefined): void {
  const row = rows.peek().find(({ key }) => key === selected.peek())
  if (!row || (row.kind !== 'span' && row.kind !== 'group')) return
  if (row.open !== undefined && (fold === undefined || fold === row.open)) {
    folded.value = toggle(folded.peek(), row.key)
  } else if (fold === true && row.kind === 'span') choose(row.node.parent && rowKeyOf.peek()(row.node.parent))
  else if (fold === false && row.open) moveSpan(1)
}

function lineElements(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('#trace-lines .line')]
}

export function moveLine(step: 1 | -1): void {
  const lines = lineElements()
  const at = lines.findIndex(line => line === document.activeElement || line.contains(document.activeElement))
  focusLine(lines[Math.max(0, Math.min(lines.length - 1, at + step))])
}

/** Goes to the line under the pointer, else the first line of the chosen span, else the first line. */
export function toLines(): void {
  const lines = lineElements()
  const lit = lines.find(({ id }) => id === `line-${hovered.peek()?.line}`)
  focusLine(lit ?? lines.find(line => line.classList.contains('mine')) ?? lines[0])
}

function focusLine(line: HTMLElement | undefined): void {
  line?.focus({ preventScroll: true })
  line?.scrollIntoView({ block: 'nearest' })
}

/** Goes back to the chosen span. */
export function leaveLines(): void {
  hovered.value = undefined
  if (opened.peek().kind === 'here' && tree.peek()) focusSpan()
}
