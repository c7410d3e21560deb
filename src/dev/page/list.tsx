import { useEffect, useState } from 'preact/hooks'
import { formatCount } from './format'
import { scrolled, showNew, waiting } from './hold'
import { Icon } from './icon'
import { paused } from './store'

/** How many rows of a list are drawn: a screenful at once, the rest while the browser is idle, so that its search finds all. */
export function useGrowing(total: number, first = 150, step = 250): number {
  const [shown, setShown] = useState(first)
  useEffect(() => {
    if (shown >= total) return
    const timer = setTimeout(() => setShown(shown + step), 30)
    return () => clearTimeout(timer)
  }, [shown, total, step])
  return shown
}

/** Rows in parts: what is not in sight costs a part, not a row. */
export function inBlocks<Row>(rows: readonly Row[]): (readonly Row[])[] {
  const blocks: (readonly Row[])[] = []
  for (let at = 0; at < rows.length; at += blockSize) blocks.push(rows.slice(at, at + blockSize))
  return blocks
}

const blockSize = 80

/** Tells the list where it stands: while it is scrolled, nothing is put above what one reads. */
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
