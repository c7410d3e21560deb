import type { Finding, LineRow, State, TraceDetail, TraceRow } from '../api'
import {
  allLines,
  clearStore,
  connected,
  dropTraces,
  findings,
  loaded,
  putLines,
  putOlderLines,
  putTraces,
  state,
} from './store'

const firstLines = 1000
const moreLines = 1000

/** Listens first and asks afterwards, so that nothing falls between the two. */
export async function startFeed(): Promise<void> {
  const events = new EventSource('api/events')
  events.onopen = () => {
    connected.value = true
  }
  events.onerror = () => {
    connected.value = false
  }
  on<State>(events, 'state', next => {
    state.value = next
  })
  on<TraceRow[]>(events, 'traces', putTraces)
  on<LineRow[]>(events, 'lines', lines => {
    putLines(lines)
    askForHealth()
  })
  on<string[]>(events, 'gone', dropTraces)
  on<unknown>(events, 'clear', () => {
    clearStore()
    findings.value = []
  })
  await loadAll()
}

function on<Data>(events: EventSource, name: string, take: (data: Data) => void): void {
  events.addEventListener(name, event => take(JSON.parse(event.data)))
}

async function loadAll(): Promise<void> {
  const [now, traces, lines] = await Promise.all([
    get<State>('api/state'),
    get<{ traces: TraceRow[] }>('api/traces'),
    get<{ lines: LineRow[] }>(`api/lines?limit=${firstLines}`),
  ])
  if (now) state.value = now
  // Oldest first, so that colours go out in the order of arrival.
  putTraces([...(traces?.traces ?? [])].reverse())
  putLines(lines?.lines ?? [])
  await loadHealth()
  loaded.value = true
}

let asked = false

/** The findings follow the lines, at most once a second. */
function askForHealth(): void {
  if (asked) return
  asked = true
  setTimeout(async () => {
    asked = false
    await loadHealth()
  }, 1000)
}

async function loadHealth(): Promise<void> {
  const answer = await get<{ findings: Finding[] }>('api/health')
  if (answer) findings.value = answer.findings
}

/** Asks for lines before the oldest one that the page has. `false` where there are none. */
export async function loadOlderLines(): Promise<boolean> {
  const first = allLines.peek()[0]?.n ?? 1
  if (first <= 1) return false
  const answer = await get<{ lines: LineRow[] }>(`api/lines?before=${first}&limit=${moreLines}`)
  putOlderLines(answer?.lines ?? [])
  return (answer?.lines.length ?? 0) > 0
}

export type Found = { detail: TraceDetail } | { missing: true; gone: boolean }

export async function loadTrace(id: string): Promise<Found> {
  const response = await fetch(`api/traces/${encodeURIComponent(id)}`).catch(() => undefined)
  if (response?.ok) return { detail: await response.json() }
  const body = await response?.json().catch(() => undefined)
  return { missing: true, gone: body?.gone === true }
}

export async function clearAll(): Promise<void> {
  await fetch('api/clear', { method: 'POST' })
}

/** `undefined` where the server does not answer: the page keeps what it has. */
async function get<Answer>(path: string): Promise<Answer | undefined> {
  const response = await fetch(path).catch(() => undefined)
  return response?.ok ? response.json() : undefined
}
