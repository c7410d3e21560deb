import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { isOn } from './env'

interface ClientRequest {
  headers: IncomingHttpHeaders
  socket?: { remoteAddress?: string } | null
}

/** The headers in which proxies send the address of the client, in dd-trace's order. */
const headerNames = [
  'x-forwarded-for',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'forwarded',
  'forwarded-for',
  'x-cluster-client-ip',
  'fastly-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
]

/** Private addresses. Such an address is usually that of a proxy, not of the client. */
const privateSubnets = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fec0::/10',
  'fe80::/10',
  'fc00::/7',
]

/** A limit for the time that a long list costs. No request passes this many proxies. */
const maxAddresses = 64

/**
 * Makes the function that reads `http.client_ip`: the first public address in the headers that proxies set, else the first private
 * one, else the peer of the socket. With `DD_TRACE_CLIENT_IP_HEADER` only that header counts. Anyone can send these headers, so the
 * tag is no proof.
 *
 * @returns `undefined` for no tag, unless `DD_TRACE_CLIENT_IP_ENABLED=true`
 */
export function clientIpReader(env: NodeJS.ProcessEnv): ((req: ClientRequest) => string | undefined) | undefined {
  if (!isOn(env.DD_TRACE_CLIENT_IP_ENABLED)) return undefined
  const isPrivate = privateAddresses()
  const onlyHeader = env.DD_TRACE_CLIENT_IP_HEADER?.trim().toLowerCase()
  if (onlyHeader) return req => firstAddress(req.headers, [onlyHeader], isPrivate)
  return req => firstAddress(req.headers, headerNames, isPrivate) ?? req.socket?.remoteAddress
}

function firstAddress(
  headers: IncomingHttpHeaders,
  names: readonly string[],
  isPrivate: (address: string) => boolean,
): string | undefined {
  let firstPrivate: string | undefined
  for (const name of names) {
    const value = headers[name]
    if (typeof value !== 'string') continue
    for (const item of value.split(',', maxAddresses)) {
      const address = addressOf(name === 'forwarded' ? forParameter(item) : item)
      if (address === undefined) continue
      if (!isPrivate(address)) return address
      firstPrivate ??= address
    }
  }
  return firstPrivate
}

/** RFC 7239: `for=192.0.2.60;proto=http;by=203.0.113.43`. */
function forParameter(item: string): string {
  const parameter = item.split(';').find(part => /^\s*for=/i.test(part))
  return parameter === undefined ? item : parameter.slice(parameter.indexOf('=') + 1)
}

function addressOf(item: string): string | undefined {
  const address = withoutPort(unquoted(item.trim()))
  return isIP(address) ? address : undefined
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text
}

/** Removes the port of `192.0.2.1:80` and `[2001:db8::1]:80`. An IPv6 address without brackets has no port. */
function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']')).trim()
  const colon = text.indexOf(':')
  return colon > 0 && colon === text.lastIndexOf(':') ? text.slice(0, colon).trim() : text
}

/** Made only where the tag is on, because building this list takes longer than loading the rest of spanlog. */
function privateAddresses(): (address: string) => boolean {
  const list = new BlockList()
  for (const subnet of privateSubnets) {
    const [address = '', prefix] = subnet.split('/')
    list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return address => list.check(address, familyOf(address))
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
