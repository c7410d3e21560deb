import { useEffect, useState } from 'preact/hooks'
import { formatCount } from './format'
import { scrolled, showNew, waiting } from './hold'
import { Icon } from './icon'
import { paused } from './store'

/**
 * How many rows are drawn: first 150, then 250 more every 30 ms. Drawing all at once would freeze the page; leaving rows out would hide
 * them from the browser's search.
 */
export function useGrowing(total: number, first = 150, step = 250): number {
  const [shown, setShown] = useState(first)
  useEffect(() => {
    if (shown >= total) return
    const timer = setTimeout(() => setShown(shown + step), 30)
    return () => clearTimeout(timer)
  }, [shown, total, step])
  return shown
}

/** Splits rows into blocks. The browser lays out only the blocks that are in sight. */
export function inBlocks<Row>(rows: readonly Row[]): (readonly Row[])[] {
  const blocks: (readonly Row[])[] = []
  for (let at = 0; at < rows.length; at += blockSize) blocks.push(rows.slice(at, at + blockSize))
  return blocks
}

const blockSize = 80

/** Reports the scroll position. While the list is scrolled down, no new rows are put above the shown ones. */
export function scrollList(list: HTMLElement | null): void {
  scrolled(list?.scrollTop ?? 0)
}

export function NewChip() {
  if (waiting.value === 0 || paused.value) return null
  return (
    <button type="button" class="new" onClick={toTop}>
      <Icon name="up" />
      {formatCount(waiting.value)} new
    </button>
  )
}

function toTop(): void {
  document.getElementById('list')?.scrollTo({ top: 0 })
  showNew()
}
