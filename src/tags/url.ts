import type { IncomingHttpHeaders } from 'node:http'
import { bounded, maxTagLength } from './bounded'
import { queryRedactor } from './query-string'

interface UrlRequest {
  headers: IncomingHttpHeaders
  originalUrl?: string
  url?: string
  socket?: object | null
}

/** A name or an address, and perhaps a port (RFC 9110 7.2, RFC 3986 3.2.2). No userinfo, no path, no character that breaks a log line. */
const validHost = /^(?:[\w.~!$&'()*+,;=%-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i

/** The beginning of a request target that was written for a proxy: `http://user:password@host` (RFC 9112 3.2.2). */
const absoluteForm = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i

/**
 * Makes the function that reads `http.url`: the absolute URL that the client asked for, without userinfo, with the query redacted by
 * `queryRedactor`, at most 8 kB long. It reads `originalUrl`, because mounts remove their path from `url`.
 *
 * The scheme is that of the socket, or HTTP/2's `:scheme`. As in dd-trace, `x-forwarded-proto` does not count.
 */
export function urlTag(env: NodeJS.ProcessEnv): (req: UrlRequest) => string {
  const redact = queryRedactor(env)
  return function httpUrl(req) {
    const target = targetOf(req)
    const absolute = target.startsWith('/') ? null : absoluteForm.exec(target)
    const origin = absolute ? `${schemeOf(req)}://${hostOf(req.headers, absolute[1])}` : originOf(req)
    return (
      origin +
      redactedPath(
        absolute ? target.slice(absolute[0].length) : pathOfTarget(target),
        maxTagLength - origin.length,
        redact,
      )
    )
  }
}

/** The host of the last request and the origin made from it. A server has few hosts, so the next request often has the same. */
const last = { host: undefined as string | undefined, scheme: '', origin: '' }

function originOf(req: UrlRequest): string {
  const host = req.headers[':authority'] ?? req.headers.host
  const scheme = schemeOf(req)
  if (typeof host !== 'string' || host !== last.host || scheme !== last.scheme) {
    last.origin = `${scheme}://${hostOf(req.headers, undefined)}`
    last.scheme = scheme
    last.host = typeof host === 'string' ? host : undefined
  }
  return last.origin
}

function targetOf(req: UrlRequest): string {
  const target = req.originalUrl || req.url
  return typeof target === 'string' ? target : ''
}

function schemeOf({ headers, socket }: UrlRequest): 'http' | 'https' {
  const scheme = headers[':scheme']
  return (scheme === undefined ? (socket as { encrypted?: boolean } | null | undefined)?.encrypted : scheme === 'https')
    ? 'https'
    : 'http'
}

/** The host of the target, else of the `Host` header (RFC 9112 3.2.2). A request of HTTP/1.0 may have no host. */
function hostOf(headers: IncomingHttpHeaders, authority: string | undefined): string {
  const target = authority?.slice(authority.lastIndexOf('@') + 1)
  if (isHost(target)) return target
  const host = headers[':authority'] ?? headers.host
  return isHost(host) ? host : 'localhost'
}

function isHost(value: unknown): value is string {
  return typeof value === 'string' && validHost.test(value)
}

/** The path of a target. That of `OPTIONS *`, which asks about the whole server, is empty (RFC 9112 3.2.4). */
function pathOfTarget(target: string): string {
  if (target === '' || target === '*') return ''
  return target.startsWith('/') ? target : `/${target}`
}

function redactedPath(path: string, max: number, redact: (query: string) => string): string {
  const question = path.indexOf('?')
  if (question === -1) return bounded(path, max)
  const query = redact(path.slice(question + 1))
  return bounded(query === '' ? path.slice(0, question) : `${path.slice(0, question)}?${query}`, max)
}
