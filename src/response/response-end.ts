import type { EventEmitter } from 'node:events'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { processState } from '../process-state'
import type { ErrorFields } from '../tags/error-fields'
import { afterOwnEnd, isAnsweredStandIn, isServed, onAnswer } from './stand-in'

type EndListener = (this: ServerResponse) => void

/** A response that has not ended. All of these are linked in a ring. When the response ends, this object drops its reference to it. */
export class OpenResponse {
  previous: OpenResponse = this
  next: OpenResponse = this

  constructor(
    public res: ServerResponse | undefined,
    public listener: EndListener | undefined,
  ) {}
}

/** The fixed member of the ring. A ring needs no look-up to add and remove: 2,600 cycles less per request than a Map. */
const ring = processState('open', () => Object.assign(new OpenResponse(undefined, undefined), { size: 0 }))

function enterRing(open: OpenResponse): void {
  const { previous } = ring
  open.previous = previous
  open.next = ring
  previous.next = open
  ring.previous = open
  ring.size++
}

function leaveRing(open: OpenResponse): void {
  open.previous.next = open.next
  open.next.previous = open.previous
  open.previous = open
  open.next = open
  ring.size--
}

/**
 * Calls the listener once, when a response has finished or its client has left. `close` reports both, with these exceptions:
 *
 * - On Node 20 and 22 a response that waits behind another one on its socket gets no `close` when the socket closes. So the socket
 *   is watched too.
 * - A response that no server has made may never emit `close`. So its `finish` and its `end` are watched too: see stand-in.ts.
 * - An HTTP/2 response to HEAD that is never answered gets no `close`. So its stream is watched too.
 *
 * @param onClose a shared listener of `close` that calls `responseEnded`; without it one is made for this response
 */
export function onResponseEnd(
  req: IncomingMessage,
  res: ServerResponse,
  listener: EndListener,
  onClose?: EndListener,
): OpenResponse {
  const open = new OpenResponse(res, listener)
  enterRing(open)
  const isStandIn = !isServed(req, res)
  const waitsOn = res.socket === null && !isStandIn ? req.socket : undefined
  if (waitsOn) open.listener = alsoBySocket(waitsOn, open, listener)
  addListener(res, 'close', onClose ?? (() => responseEnded(open)))
  if (isStandIn || waitsOn) watchAnswer(res, open, isStandIn)
  const stream = streamOf(res)
  if (stream?.headRequest) stream.on('close', () => responseEnded(open))
  const isOver = res.closed || stream?.destroyed || waitsOn?.closed
  if (isOver || req.aborted) clientHadLeft.add(res)
  if (isOver) process.nextTick(responseEnded, open)
  return open
}

function watchAnswer(res: ServerResponse, open: OpenResponse, isStandIn: boolean): void {
  const listener = onAnswer(res, () => responseEnded(open))
  addListener(res, 'finish', listener)
  if (isStandIn) afterOwnEnd(res, listener)
}

/** Registers work without a response, such as a job, so that `shutdown()` waits for it. */
export function openUntilEnd(onShutdown: () => void): OpenResponse {
  const open = new OpenResponse({} as ServerResponse, onShutdown)
  enterRing(open)
  return open
}

/** Responses whose client had left before our middleware ran. Nothing that is written to them is sent. */
const clientHadLeft = new WeakSet<ServerResponse>()

/** Calls the listener of a response that has ended. Later calls do nothing. */
export function responseEnded(open: OpenResponse | undefined): void {
  if (open === undefined) return
  const { res, listener } = open
  if (res === undefined || listener === undefined) return
  leaveRing(open)
  open.res = undefined
  open.listener = undefined
  listener.call(res)
}

export const openResponses = (): number => ring.size

/** Ends the spans of all requests that are still open. Their responses stay open. */
export function endOpenResponses(): void {
  while (ring.next !== ring) responseEnded(ring.next)
}

/** Also raises the limit of listeners by one, so that ours does not cause Node's warning of a leak. */
function addListener(emitter: EventEmitter, event: string, listener: (...args: never[]) => void): void {
  const max = emitter.getMaxListeners()
  if (max > 0) emitter.setMaxListeners(max + 1)
  emitter.on(event, listener as () => void)
}

/** The waiting responses of each socket. With one listener per response Node would warn of a leak. */
const waitingOn = new WeakMap<Socket, Set<OpenResponse>>()

function alsoBySocket(socket: Socket, open: OpenResponse, listener: EndListener): EndListener {
  const waiting = waitingOn.get(socket) ?? watchSocket(socket)
  waiting.add(open)
  return function () {
    waiting.delete(open)
    listener.call(this)
  }
}

function watchSocket(socket: Socket): Set<OpenResponse> {
  const waiting = new Set<OpenResponse>()
  waitingOn.set(socket, waiting)
  addListener(socket, 'close', () => {
    for (const open of waiting) responseEnded(open)
  })
  return waiting
}

/** A response of Node's HTTP/2 compatibility API, which can serve Koa. */
interface Http2Response {
  readonly stream?: EventEmitter & {
    readonly headRequest: boolean
    readonly destroyed: boolean
    readonly rstCode: number
    readonly errored: unknown
  }
}

/** Looking for a missing property on Express's responses is expensive, because each has its own hidden class. */
const streamOf = (res: ServerResponse): Http2Response['stream'] =>
  res instanceof ServerResponse ? undefined : (res as Http2Response).stream

/** How a response ended. `unfinished` means that it has not ended, and the process is about to. */
type Ending = 'answered' | 'aborted' | 'failed' | 'unfinished'

/** The end of a response, as it is read from the response. */
export interface ResponseEnd {
  readonly ending: Ending
  /** The status that was sent, else 499 for a client that left and 500 for a failure, else 0. */
  readonly status: number
  /** Whether that status was sent. */
  readonly isSent: boolean
  /** The error with which the server's side destroyed the response, such as the error of a stream piped into it. */
  readonly failure: unknown
}

/** Whether an ending counts as a failure by the option `validateStatus`. */
export function hasFailed(
  { ending, status }: Pick<ResponseEnd, 'ending' | 'status'>,
  { isSuccess }: { isSuccess(status: number): boolean },
): boolean {
  return ending === 'failed' || (ending === 'answered' && !isSuccess(status))
}

/** The end of a request, as it goes on the span and the access line. */
export interface Outcome extends Omit<ResponseEnd, 'failure'> {
  /** The route's template, such as `/users/:id`. */
  readonly template: string | undefined
  readonly error: ErrorFields | undefined
}

/**
 * Reads how a response has ended. The name of the event does not show it: HTTP/2 emits `finish` after a reset by the client, too.
 *
 * @param brokenOff whether an error came when the status had been sent already, see `isTooLate`
 */
export function readResponseEnd(req: IncomingMessage, res: ServerResponse, brokenOff: boolean): ResponseEnd {
  const stream = streamOf(res)
  const failure = failureOf(res.errored ?? stream?.errored)
  const ending = failure === undefined ? endingOf(req, res, stream, brokenOff) : 'failed'
  if (ending === 'answered' || hasBegun(res)) return { ending, status: res.statusCode, isSent: true, failure }
  return { ending, status: unsentStatus[ending], isSent: false, failure }
}

function endingOf(
  req: IncomingMessage,
  res: ServerResponse,
  stream: Http2Response['stream'],
  brokenOff: boolean,
): Ending {
  const { socket } = req
  const isLost = req.aborted || (stream ? stream.rstCode !== 0 : socket?.errored)
  if ((res.writableFinished || isAnsweredStandIn(res)) && !isLost) return 'answered'
  if (!isLost && !res.destroyed && !socket?.destroyed) return 'unfinished'
  return brokenOff ? 'failed' : 'aborted'
}

/**
 * Whether an error comes too late to change the status: the head has been sent, and the client is still connected. Express then
 * destroys the socket, and Koa leaves the client waiting. Without this, both would be taken for a client that left.
 */
export function isTooLate(req: IncomingMessage, res: ServerResponse): boolean {
  return res.headersSent && !req.aborted && !res.destroyed && !req.socket?.destroyed
}

/** Whether the head has really been sent. `headersSent` is also true for a response that waits for its turn on the socket. */
function hasBegun(res: ServerResponse): boolean {
  const isWaiting = res.socket === null && !res.writableFinished
  return res.headersSent && !isWaiting && !clientHadLeft.has(res)
}

/** 499 is nginx's status for a client that left. 0 means no status: the process ends before the response. */
const unsentStatus = { aborted: 499, failed: 500, unfinished: 0 } as const

/** Node destroys a response with these errors when the client resets the connection. They are no failure of the server. */
const lostConnection = /^(?:ECONNRESET|EPIPE|ERR_HTTP2_.*)$/

function failureOf(error: unknown): unknown {
  const isLost = error ? lostConnection.test(String((error as { code?: unknown }).code)) : true
  return isLost ? undefined : error
}
