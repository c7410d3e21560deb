import type { IncomingMessage, RequestListener } from 'node:http'
import { Refusal } from '../agent/msgpack'
import { refuse } from '../agent/server'

/**
 * Refuses what a web page of another origin sends. A browser names its page in `Origin` and `Sec-Fetch-Site`; tracers, loggers and command
 * lines send neither.
 *
 * @throws {Refusal}
 */
export function refuseOtherPages({ headers }: IncomingMessage): void {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers
  const own = origin === undefined || (isLoopback(host) && origin === `http://${host}`)
  if (!own || (site !== 'none' && site !== 'same-origin'))
    throw new Refusal(403, 'only the page of this panel may ask this')
}

/** What tracers and loggers send to, and no web page. They may know this machine by any name. */
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
 * Refuses a name that is not one of this machine: a page whose own name was made to point here is of the same origin.
 *
 * @throws {Refusal}
 */
export function refuseOtherHosts({ headers: { host } }: IncomingMessage): void {
  if (!isLoopback(host)) throw new Refusal(403, 'the panel is asked for by 127.0.0.1 or localhost only')
}

function isLoopback(host = ''): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)
}

/** A link in another page may open the panel, but not within a frame of that page. */
export function isNavigation({ headers }: IncomingMessage): boolean {
  return (
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && headers.origin === undefined
  )
}
