import type { IncomingMessage, RequestListener } from 'node:http'
import { Refusal } from '../agent/msgpack'
import { refuse } from '../agent/server'

/**
 * Refuses requests of web pages of another origin. A browser names the page in `Origin` and `Sec-Fetch-Site`. Tracers, loggers and
 * command-line programs send neither.
 *
 * @throws {Refusal}
 */
export function refuseOtherPages({ headers }: IncomingMessage): void {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers
  const own = origin === undefined || (isLoopback(host) && origin === `http://${host}`)
  if (!own || (site !== 'none' && site !== 'same-origin'))
    throw new Refusal(403, 'only the page of this panel may ask this')
}

/** For addresses to which only tracers and loggers send, not web pages. These programs may use any name of this machine. */
export function forProgramsOnly(listener: RequestListener): RequestListener {
  return (request, response) => {
    try {
      refuseOtherPages(request)
      listener(request, response)
    } catch (error) {
      request.resume()
      refuse(response, error)
    }
  }
}

/**
 * Refuses a host name that is not of this machine (DNS rebinding). A page can make its own name resolve to 127.0.0.1; the browser then
 * lets it read the panel.
 *
 * @throws {Refusal}
 */
export function refuseOtherHosts({ headers: { host } }: IncomingMessage): void {
  if (!isLoopback(host)) throw new Refusal(403, 'the panel is asked for by 127.0.0.1 or localhost only')
}

function isLoopback(host = ''): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)
}

/** Whether a link in another page opens the panel. That is allowed, but not in a frame of that page. */
export function isNavigation({ headers }: IncomingMessage): boolean {
  return (
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && headers.origin === undefined
  )
}
