import type { EventEmitter } from 'node:events'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type EndListener = (this: ServerResponse) => void

/** A response that has not ended, and whom to tell: one of a ring of them. It lets go of both when it ends. */
export class OpenResponse {
  previous: OpenResponse = this
  next: OpenResponse = this

  constructor(
    public res: ServerResponse | undefined,
    public listener: EndListener | undefined,
  ) {}
}

/** The ring, by a member that is no response. One for all copies of spanlog: `shutdown` of one ends them all. */
const ring = (() => {
  const holder = globalThis as { [key: symbol]: (OpenResponse & { size: number }) | undefined }
  const key = Symbol.for('spanlog.open')
  holder[key] ??= Object.assign(new OpenResponse(undefined, undefined), { size: 0 })
  return holder[key]
})()

function enter(open: OpenResponse): void {
  const { previous } = ring
  open.previous = previous
  open.next = ring
  previous.next = open
  ring.previous = open
  ring.size++
}

function leave(open: OpenResponse): void {
  open.previous.next = open.next
  open.next.previous = open.previous
  open.previous = open
  open.next = open
  ring.size--
}

/**
 * Calls the listener once, when a response has finished or its client has gone: `close` tells of both. A response that waits
 * behind another one on its socket is told neither on Node 20 and 22 when the socket dies; then the socket tells.
 *
 * @param onClose hears `close` and calls `tellEnd`; where it cannot know of what, none
 */
export function onResponseEnd(
  req: IncomingMessage,
  res: ServerResponse,
  listener: EndListener,
  onClose?: EndListener,
): OpenResponse {
  const open = new OpenResponse(res, listener)
  enter(open)
  const queuedOn = res.socket === null && req.socket ? req.socket : undefined
  if (queuedOn) open.listener = queue(queuedOn, open, listener)
  addListener(res, 'close', onClose ?? (() => tellEnd(open)))
  const stream = streamOf(res)
  if (stream?.headRequest) stream.on('close', () => tellEnd(open)) // a HEAD without an answer is told nothing itself
  const over = res.closed || stream?.destroyed || queuedOn?.closed
  if (over || req.aborted) goneBefore.add(res)
  if (over) process.nextTick(tellEnd, open)
  return open
}

/** Responses whose client had left when they came to us, behind a middleware that takes its time: what is written goes nowhere. */
const goneBefore = new WeakSet<ServerResponse>()

/** To be called when a response has ended, any number of times. */
export function tellEnd(open: OpenResponse | undefined): void {
  if (open === undefined) return
  const { res, listener } = open
  if (res === undefined || listener === undefined) return
  leave(open)
  open.res = undefined
  open.listener = undefined
  listener.call(res)
}

export const openResponses = (): number => ring.size

/** Ends the requests that are still open, as far as spanlog is concerned. */
export function endOpenResponses(): void {
  while (ring.next !== ring) tellEnd(ring.next)
}

/** Not at the cost of Node's warning of a leak: the application may add as many of its own as ever. */
function addListener(emitter: EventEmitter, event: string, listener: (...args: never[]) => void): void {
  const max = emitter.getMaxListeners()
  if (max > 0) emitter.setMaxListeners(max + 1)
  emitter.on(event, listener as () => void)
}

/** One listener per socket: one per request would be too many. */
const queues = new WeakMap<Socket, Set<OpenResponse>>()

function queue(socket: Socket, open: OpenResponse, listener: EndListener): EndListener {
  const responses = queues.get(socket) ?? watched(socket)
  responses.add(open)
  return function () {
    responses.delete(open)
    listener.call(this)
  }
}

function watched(socket: Socket): Set<OpenResponse> {
  const responses = new Set<OpenResponse>()
  queues.set(socket, responses)
  addListener(socket, 'close', () => {
    for (const open of responses) tellEnd(open)
  })
  return responses
}

/** By what Node calls HTTP/2's compatibility API, which Koa can be served by. */
interface Http2Response {
  readonly stream?: EventEmitter & {
    readonly headRequest: boolean
    readonly destroyed: boolean
    readonly rstCode: number
    readonly errored: unknown
  }
}

/** To look in vain for a property is dear on Express, where each response has a hidden class of its own. */
const streamOf = (res: ServerResponse): Http2Response['stream'] =>
  res instanceof ServerResponse ? undefined : (res as Http2Response).stream

/** `unfinished`: the response has not ended, the process is about to. */
export type Ending = 'answered' | 'aborted' | 'failed' | 'unfinished'

/** Not by the name of an event: HTTP/2 emits `finish` after the client's reset, and Node 20 and 22 do with bytes left unsent. */
export function endingOf(req: IncomingMessage, res: ServerResponse): Ending {
  if (failureOf(res) !== undefined) return 'failed'
  const stream = streamOf(res)
  const { socket } = req
  const lost = req.aborted || (stream ? stream.rstCode !== 0 : socket?.errored)
  if (res.writableFinished && !lost) return 'answered'
  return lost || res.destroyed || socket?.destroyed ? 'aborted' : 'unfinished'
}

/** Whether a response that was not answered in full has at least begun. `headersSent` is also said of one that waits for its turn. */
export function hasBegun(res: ServerResponse): boolean {
  const queued = res.socket === null && !res.writableFinished
  return res.headersSent && !queued && !goneBefore.has(res)
}

/** What the server's side destroyed the response with: the error of a stream that was piped into it. */
export function failureOf(res: ServerResponse): unknown {
  const error = res.errored ?? streamOf(res)?.errored ?? undefined
  return error !== undefined && lostConnection.test(String((error as { code?: unknown }).code)) ? undefined : error
}

/** Node puts these there itself when the client resets, among others on responses that wait for their turn. */
const lostConnection = /^(?:ECONNRESET|EPIPE|ERR_HTTP2_.*)$/
