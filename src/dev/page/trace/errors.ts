import { levelClass } from '../level'
import { reveal, selected, tree } from './opened'
import { inOrder, type Node } from './tree'

/** Chooses the next or the previous span that failed or wrote an error. */
export function nextError(step: 1 | -1): void {
  const open = tree.peek()
  if (!open) return
  const all = inOrder(open.tops)
  const isWrong = (node: Node) =>
    node.span.error || (open.linesBySpan.get(node.span.id) ?? []).some(({ level }) => levelClass(level) === 'error')
  const at = all.findIndex(({ span }) => span.id === selected.peek())
  for (let count = 1; count <= all.length; count++) {
    const node = all[(at + step * count + all.length * 2) % all.length]
    if (!node || !isWrong(node)) continue
    reveal(node)
    return
  }
}
