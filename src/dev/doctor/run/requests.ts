import type { ChildProcess } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { BadInput } from '../log'
import type { SentRequest } from './run'

/**
 * The requests of `--requests`: URLs, or files with one URL per line. A line may begin with a method. A line with `#` is a comment.
 *
 * @throws {BadInput} for a file that does not exist, or a line that is no URL
 */
export function readUrls(given: readonly string[]): string[] {
  return given.flatMap(each => (/^https?:\/\//.test(each) ? each.split(/[,\s]+/) : urlsOfFile(each))).map(checked)
}

function urlsOfFile(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new BadInput(`\`--requests ${path}\` is neither a URL that begins with http:// nor a file of such URLs.`)
  }
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.map(line => line.trim()).filter(line => line && !line.startsWith('#'))
}

function checked(request: string): string {
  if (URL.canParse(partsOf(request).url)) return request
  throw new BadInput(
    `\`${request}\` is no URL: write http://localhost:3000/posts/7, with a method before it if it is not GET.`,
  )
}

function partsOf(request: string): { method: string; url: string } {
  const [, method = 'GET', url = request] = /^([A-Z]+)\s+(\S+)$/.exec(request) ?? []
  return { method, url }
}

/** One request of `--requests`, before it is sent. */
export function unsent(request: string): SentRequest {
  const { url } = partsOf(request)
  return { url, start: Number.POSITIVE_INFINITY }
}

/** Sends one request after the other, so that each line belongs to one of them. Each waits until its port accepts connections. */
export async function sendRequests(
  requests: readonly string[],
  sent: SentRequest[],
  child: ChildProcess,
): Promise<void> {
  for (const [n, request] of requests.entries()) {
    const { method, url } = partsOf(request)
    if (await listens(url, child)) await send(method, sent[n] as SentRequest)
    await sleep(pause)
  }
}

/** Milliseconds between two requests, so that lines that come after the answer do not fall into the next one. */
const pause = 150

async function listens(url: string, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    if (await connects(url)) return true
    await sleep(100)
  }
  return false
}

function connects(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url)
  return new Promise(resolve => {
    const socket = connect(Number(port) || (protocol === 'https:' ? 443 : 80), hostname.replace(/^\[|\]$/g, ''))
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function send(method: string, request: SentRequest): Promise<void> {
  request.start = Date.now()
  request.open = true
  const late = new AbortController()
  // A request that takes too long stays open. Do not abort it: that would end its span, and the doctor could not see that it never
  // ends.
  await Promise.race([answerOf(request, method), sleep(patience, undefined, late).catch(() => undefined)])
  late.abort()
}

async function answerOf(request: SentRequest, method: string): Promise<void> {
  try {
    const response = await fetch(request.url, { method, redirect: 'manual' })
    request.status = response.status
    await response.arrayBuffer()
    request.open = false
  } catch {
    // The application has closed the connection, or the application has ended.
    request.open &&= request.end === undefined && request.status !== undefined
  }
  request.end = Date.now()
}

/** Milliseconds. An answer that takes longer counts as one that does not end. */
const patience = 3000
