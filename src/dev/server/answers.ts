import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from '../agent/msgpack'
import { answer, refuse } from '../agent/server'
import type { Health, LineRow, Lines, NotFound, State, TraceDetail, TraceRow, Traces } from '../api'
import { matchesLine, matchesTrace, parseFilter } from '../filter'
import type { EventStream } from './events'
import { isNavigation, refuseOtherHosts, refuseOtherPages } from './guard'
import type { HealthWatch } from './health'
import { lineRow } from './kept-line'
import type { Page } from './page'
import type { Store } from './store'

/** The parts of the panel from which the answers are made. */
export interface Panel {
  readonly store: Store
  readonly page: Page
  readonly events: EventStream
  readonly health: HealthWatch
  readonly state: () => State
}

export function isPanel(path: string): boolean {
  return (
    path === '/' || /^\/api\/(?:events|state|traces|lines|health|clear)(?:\/|$)/.test(path) || path === '/favicon.ico'
  )
}

/** Answers the page and the command line: see `api.ts`. */
export function panelHandler(panel: Panel) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    try {
      response.setHeader('x-content-type-options', 'nosniff')
      response.setHeader('cross-origin-resource-policy', 'same-origin')
      respond(panel, request, response)
    } catch (error) {
      refuse(response, error)
    }
  }
}

function respond(panel: Panel, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  refuseOtherHosts(request)
  if (!(pathname === '/' && isNavigation(request))) refuseOtherPages(request)
  requireMethod(request, pathname === '/api/clear' ? 'POST' : 'GET')
  request.resume()
  if (pathname === '/') response.writeHead(200, panel.page.headers).end(panel.page.html)
  else if (pathname === '/favicon.ico') response.writeHead(204).end()
  else if (pathname === '/api/events') panel.events.open(response, resumePoint(request, searchParams))
  else if (pathname === '/api/clear') {
    panel.store.clear()
    panel.health.clear()
    answer(response, 200, {})
  } else if (pathname.startsWith('/api/traces/'))
    answerTrace(panel.store, response, decodeURIComponent(pathname.slice(12)))
  else answer(response, 200, listOf(panel, pathname, searchParams))
}

function listOf(
  { store, state, health }: Panel,
  path: string,
  query: URLSearchParams,
): State | Traces | Lines | Health {
  if (path === '/api/state') return state()
  if (path === '/api/health') return health.read()
  if (path === '/api/traces') return { traces: findTraces(store, query) }
  if (path === '/api/lines') return { lines: findLines(store, query) }
  throw new Refusal(404, `${path} is not known: see /api/state, /api/traces, /api/lines, /api/health`)
}

function requireMethod({ method }: IncomingMessage, wanted: string): void {
  if (method !== wanted && !(method === 'HEAD' && wanted === 'GET'))
    throw new Refusal(405, `this takes ${wanted}, not ${method}`)
}

function resumePoint({ headers }: IncomingMessage, query: URLSearchParams): number | undefined {
  const seen = headers['last-event-id'] ?? query.get('after') ?? undefined
  return seen === undefined || !/^\d+$/.test(String(seen)) ? undefined : Number(seen)
}

function answerTrace(store: Store, response: ServerResponse, id: string): void {
  const detail = findTrace(store, id)
  if (detail) answer(response, 200, detail)
  else answer(response, 404, notFound(id, store.wasHere(id)))
}

function notFound(id: string, gone: boolean): NotFound {
  return { error: gone ? 'this trace was here, and was dropped' : `no trace and no span has the id \`${id}\``, gone }
}

function findTrace(store: Store, id: string): TraceDetail | undefined {
  if (id !== 'latest' && id !== 'latest-error') {
    const found = store.find(id)
    return found && store.detail(found.trace, found.span)
  }
  for (const trace of store.newestTraces()) if (id === 'latest' || trace.row.error) return store.detail(trace)
  return undefined
}

function findTraces(store: Store, query: URLSearchParams): TraceRow[] {
  const filter = parseFilter(query.get('filter') ?? '')
  const withText = filter.terms.some(term => term.key === '')
  const found: TraceRow[] = []
  const limit = limitOf(query, 100)
  for (const trace of store.newestTraces()) {
    if (found.length >= limit) break
    const { row } = trace
    if (matchesTrace(filter, row, withText ? trace.lines.slice().map(lineRow) : [])) found.push(row)
  }
  return found
}

function findLines(store: Store, query: URLSearchParams): LineRow[] {
  const filter = parseFilter(query.get('filter') ?? '')
  const found: LineRow[] = []
  const limit = limitOf(query, 500)
  const before = query.get('before')
  for (const line of store.linesBefore(before ? Number(before) : Number.POSITIVE_INFINITY)) {
    if (found.length >= limit) break
    if (filter.terms.length === 0 || matchesLine(filter, line, store.rowOf(line))) found.push(line)
  }
  return found.reverse()
}

function limitOf(query: URLSearchParams, usual: number): number {
  const text = query.get('limit')
  if (text === null) return usual
  if (!/^\d+$/.test(text)) throw new Refusal(400, `\`limit\` must be a whole number, not \`${text}\``)
  return Number(text)
}
