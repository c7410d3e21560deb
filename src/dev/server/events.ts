import type { ServerResponse } from 'node:http'
import type { Events, State } from '../api'
import type { Store } from './store'

interface Reader {
  readonly response: ServerResponse
  /** The number of the last change that was sent to it. */
  seen: number
}

/**
 * Sends changes to the pages as server-sent events. Changes that come together are sent in one batch. A page that reads slowly gets
 * fewer batches.
 */
export class EventStream {
  readonly #readers = new Set<Reader>()
  #timer?: NodeJS.Timeout
  /** When the last batch was sent, in milliseconds since 1970. */
  #last = 0

  constructor(
    private readonly store: Store,
    private readonly state: () => State,
  ) {}

  /** Call this after a change. It will be sent with the next batch. */
  changed(): void {
    if (this.#timer || this.#readers.size === 0) return
    this.#timer = setTimeout(() => this.#send(), Math.max(shortest, this.#last + pause - Date.now()))
  }

  /** @param after the number of the last change that the reader knows. Without it, everything is sent */
  open(response: ServerResponse, after?: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write('retry: 1000\n\n')
    const { seq, horizon } = this.store
    const known = after !== undefined && after >= horizon && after <= seq
    if (after !== undefined && !known) response.write(event('clear', {}))
    const reader = { response, seen: known ? after : 0 }
    response.write(this.#news(reader.seen))
    reader.seen = seq
    this.#readers.add(reader)
    response.on('drain', () => this.changed())
    response.on('close', () => this.#readers.delete(reader))
  }

  /** Sends the last changes, and closes the connections. */
  close(): void {
    clearTimeout(this.#timer)
    this.#send()
    for (const { response } of this.#readers) response.end()
  }

  #send(): void {
    this.#timer = undefined
    this.#last = Date.now()
    const news = new Map<number, string>()
    for (const reader of this.#readers) {
      if (reader.response.writableNeedDrain) continue
      const text = news.get(reader.seen) ?? this.#news(reader.seen)
      news.set(reader.seen, text)
      reader.seen = this.store.seq
      reader.response.write(text)
    }
  }

  /** One batch. Its last event has the number, so a page that lost the connection within the batch gets all of it again. */
  #news(seen: number): string {
    const { store } = this
    const cleared = seen > 0 && seen < store.horizon
    const since = cleared ? 0 : seen
    const rows = store.tracesSince(since)
    const lines = store.linesSince(since, since === 0 ? firstLines : mostLines, heaviestLines)
    const gone = store.goneSince(seen)
    const events = [
      cleared && event('clear', {}),
      ...inParts(rows, 200).map(part => event('traces', { traces: part.reverse() })),
      lines.lines.length + lines.skipped > 0 && event('lines', lines),
      seen > 0 && (gone.traces.length > 0 || store.counts.droppedLines > 0) && event('gone', gone),
      event('state', this.state(), store.seq),
    ]
    return events.filter(Boolean).join('')
  }
}

/** Least milliseconds between two batches. */
const pause = 50
/** Least milliseconds before any batch, so that lines and spans of one moment are sent together. */
const shortest = 10
/** Most lines in a batch. */
const mostLines = 500
/** Most lines in the first batch. */
const firstLines = 1000
/** Most bytes of lines in a batch. */
const heaviestLines = 1024 * 1024

function event<Name extends keyof Events>(name: Name, data: Events[Name], id?: number): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}

function inParts<T>(items: T[], size: number): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size))
  return parts
}
