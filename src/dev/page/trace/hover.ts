import { effect } from '@preact/signals'
import { hovered } from './opened'

/**
 * Marks the row, the line and the dot under the pointer by attributes of their elements. Drawing thousands of rows again at each move
 * of the pointer would be slow.
 */
export function startHover(): () => void {
  let lit: Element[] = []
  return effect(() => {
    for (const element of lit) element.removeAttribute('data-lit')
    lit = elementsOf(hovered.value)
    for (const element of lit) element.setAttribute('data-lit', '')
  })
}

function elementsOf(target: typeof hovered.value): Element[] {
  if (!target) return []
  const row = target.row && document.getElementById(`span-${target.row}`)
  const line = target.line && document.getElementById(`line-${target.line}`)
  const dot = row && target.line && row.querySelector(`.dot[data-dot~="${target.line}"]`)
  return [row, line, dot].filter(element => element instanceof Element)
}
