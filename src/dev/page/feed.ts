import { signal } from '@preact/signals'
import type { Events, Health, Lines, NotFound, TraceDetail } from '../api'
import { isHolding } from './hold'
import { meetServices } from './service'
import {
  allLines,
  clearStore,
  dropLines,
  dropTraces,
  findings,
  firstKept,
  putLines,
  putOlderLines,
  putTraces,
  state,
} from './store'

/** Whether the server answers. */
export const connected = signal(true)
/** Whether the first state has arrived. */
export const loaded = signal(false)

const moreLines = 1000

/**
 * Listens to the events of the server: first everything that is kept, then the changes. After a lost connection the missed ones come.
 */
export function startFeed(): void {
  const events = new EventSource('api/events')
  events.onopen = () => {
    connected.value = true
  }
  events.onerror = () => {
    connected.value = false
  }
  const on = <Name extends keyof Events>(name: Name, take: (data: Events[Name]) => void) =>
    events.addEventListener(name, event => take(JSON.parse((event as MessageEvent).data)))
  on('state', next => {
    meetServices(next.services)
    state.value = next
    loaded.value = true
  })
  // Oldest first, so that rows count as new in the order of their arrival.
  on('traces', ({ traces }) => putTraces([...traces].reverse()))
  on('lines', ({ lines, skipped }) => {
    // The skipped lines lie between the page's lines and these. Only lines before the page's oldest can be loaded later, so the page's
    // lines are dropped. Otherwise the gap would stay.
    if (skipped > 0 && !isHolding()) dropLines()
    putLines(lines)
    void askForHealth()
  })
  on('gone', ({ traces, firstLine }) => {
    dropTraces(traces)
    firstKept.value = firstLine
  })
  on('clear', () => {
    clearStore()
    findings.value = []
  })
}

let asking = false
let askAgain = false

/** Loads the findings after new lines, at most once per second, until the server has read all lines. */
async function askForHealth(): Promise<void> {
  askAgain = true
  if (asking) return
  asking = true
  while (askAgain) {
    askAgain = false
    const pause = new Promise(resolve => setTimeout(resolve, 1000))
    const answer = await get<Health>('api/health')
    if (answer) findings.value = answer.findings
    if (answer && answer.unread > 0) askAgain = true
    await pause
  }
  asking = false
}

/** Loads lines before the oldest one that the page has. */
export async function loadOlderLines(): Promise<void> {
  const first = allLines.peek()[0]?.n ?? 1
  if (first <= firstKept.peek()) return
  const answer = await get<Lines>(`api/lines?before=${first}&limit=${moreLines}`)
  if (!answer) return
  if (answer.lines.length === 0) firstKept.value = first
  putOlderLines(answer.lines)
}

export async function loadTrace(id: string): Promise<TraceDetail | NotFound> {
  const response = await fetch(`api/traces/${encodeURIComponent(id)}`).catch(() => undefined)
  if (response?.ok || response?.status === 404) return response.json()
  return { error: 'spanlog does not answer.', gone: false }
}

export async function clearAll(): Promise<void> {
  await fetch('api/clear', { method: 'POST' }).catch(() => undefined)
}

/** Returns `undefined` if the server does not answer. Then the page keeps its lines and findings. */
async function get<Answer>(path: string): Promise<Answer | undefined> {
  const response = await fetch(path).catch(() => undefined)
  return response?.ok ? response.json() : undefined
}
