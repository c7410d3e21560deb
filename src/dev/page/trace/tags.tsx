import { computed } from '@preact/signals'
import type { SpanRow } from '../../api'
import { counted, formatDuration, formatOffset } from '../format'
import { copy } from '../say'
import { Service } from '../service'
import { Table } from '../table'
import { chosen, tree } from './opened'
import type { Node } from './tree'

/** The tags of the chosen span. */
export function Tags() {
  const node = chosen.value[0]
  if (!node) return null
  const { span } = node
  const group = chosen.value.length > 1 ? `, the first of ${chosen.value.length}` : ''
  return (
    <section class="tags-part" aria-label="Tags">
      <div class="section-head">
        <h2>Tags</h2>
        <Service name={span.service} />
        <span class="soft cut">{span.name}</span>
        <span class="muted cut">
          {formatDuration(span.duration)} at {formatOffset(node.from)}
          {group}
        </span>
        <button type="button" class="button quiet push" onClick={() => copyAll(span)}>
          Copy all
        </button>
      </div>
      <Own node={node} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Tags of the span">
        <Table entries={tagsOf.value} label="Tags" />
      </div>
    </section>
  )
}

/** The time of a span that is not spent in its children. */
function Own({ node }: { node: Node }) {
  if (node.children.length === 0) return null
  return (
    <p class="own muted">
      {formatDuration(ownTime(node))} of its own, {counted(node.children.length, 'span')} under it
    </p>
  )
}

function ownTime({ from, to, children }: Node): number {
  let own = to - from
  let covered = from
  for (const child of children) {
    const start = Math.max(child.from, covered)
    const end = Math.min(child.to, to)
    if (end <= start) continue
    own -= end - start
    covered = end
  }
  return Math.max(0, own)
}

const tagsOf = computed<[string, unknown][]>(() => {
  const span = chosen.value[0]?.span
  if (!span) return []
  // The stack is in the box below the span.
  const all = allTags(span).filter(([key]) => key !== 'error.stack' || !span.error)
  return [...all.filter(([key]) => !isInternal(key)), ...all.filter(([key]) => isInternal(key))]
})

function allTags(span: SpanRow): [string, unknown][] {
  const traceId = tree.value?.detail.trace.id ?? ''
  const tags: [string, unknown][] = [
    ['resource', span.resource],
    ...Object.entries(span.meta).sort(byRank),
    ...Object.entries(span.metrics).sort(byRank),
    ...(span.type ? [['type', span.type] as [string, unknown]] : []),
    ['trace', traceId],
    ['span_id', span.id],
    ['parent_id', span.parentId],
  ]
  return tags
}

/** Sorts tags of errors and of the request first. */
function byRank([a]: [string, unknown], [b]: [string, unknown]): number {
  return rankOf(a) - rankOf(b) || (a < b ? -1 : 1)
}

function rankOf(key: string): number {
  if (key.startsWith('error.')) return 0
  return key.startsWith('http.') ? 1 : 2
}

function isInternal(key: string): boolean {
  return /^(_dd|_sampling|_top_level|language$|runtime-id$|process_id$|_)/.test(key)
}

function copyAll(span: SpanRow): void {
  void copy(JSON.stringify(Object.fromEntries(allTags(span)), null, 2), 'the tags')
}
