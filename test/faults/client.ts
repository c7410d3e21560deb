import { connect as connectH2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from './fault'
import { clientTls } from './tls'

const arrivals = new Map<string, { done: Promise<void>; tell: () => void }>()

function arrival(id: string) {
  let tell = () => {}
  const made = arrivals.get(id) ?? { done: new Promise<void>(done => (tell = done)), tell }
  arrivals.set(id, { ...made, tell: arrivals.has(id) ? made.tell : tell })
  return arrivals.get(id) as { done: Promise<void>; tell: () => void }
}

/** When the server of a fault has been given a request: only then a client counts the time until it leaves. */
const arrived = (id: string): Promise<void> => arrival(id).done
export const forgetArrivals = (): void => arrivals.clear()
export const tellArrived = (id: string): void => arrival(id).tell()

/** When the client leaves, and how: closes, resets, or only says that it will send no more. */
export interface Leave {
  after: RegExp | number
  how?: 'destroy' | 'reset' | 'end'
}

/** Sends text over a new socket and resolves to all that came back until the socket closed. */
export function talk({ port, id }: Target, text: string | Buffer, leave?: Leave): Promise<string> {
  return new Promise(resolve => {
    let got = ''
    let seen = Number.POSITIVE_INFINITY
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => socket.destroy(), 6000)
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      got += chunk
      const at = leave?.after instanceof RegExp ? leave.after.exec(got) : undefined
      if (!at || !leave) return
      seen = at.index + at[0].length // how much more comes before it is gone is chance
      go(socket, leave)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(typeof leave?.after === 'number' ? 'left' : normal(got.slice(0, seen))) // what came by then is chance
    })
    socket.write(text)
    if (typeof leave?.after === 'number')
      void arrived(id).then(() => setTimeout(go, leave.after as number, socket, leave))
  })
}

function go(socket: Socket, { how = 'destroy' }: Leave): void {
  if (how === 'reset') socket.resetAndDestroy()
  else if (how === 'end') socket.end()
  else socket.destroy()
}

/** Removes what differs between two runs: the date, and the ids in the path. */
const normal = (text: string) => text.replace(/^Date: .*$/gm, 'Date').replace(/f\d+-[\w-]+/g, 'ID')

/** The head of a request; the connection closes after it unless `keep`. */
export function head(path: string, { method = 'GET', headers = {}, keep = false }: Head = {}): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map(one => `${name}: ${one}\r\n`))
  return `${method} ${path} HTTP/1.1\r\nHost: app.test\r\n${lines.join('')}${keep ? '' : 'Connection: close\r\n'}\r\n`
}
export interface Head {
  method?: string
  headers?: { [name: string]: string | string[] }
  keep?: boolean
}

export const get =
  (options: Head = {}) =>
  (to: Target) =>
    talk(to, head(to.path, options))

/** A client that leaves. */
export const leaving =
  (leave: Leave, options: Head = {}, body: string | Buffer = '') =>
  (to: Target) =>
    talk(to, head(to.path, { keep: true, ...options }) + body, leave)

/** Several requests, written at once. */
export const pipelined =
  (count: number, leave?: Leave) =>
  (to: Target): Promise<string> => {
    const requests = Array.from({ length: count }, (_, i) =>
      head(`${to.path}?n=${i}`, { keep: leave !== undefined || i < count - 1 }),
    )
    return talk(to, requests.join(''), leave)
  }

interface H2 {
  method?: string
  body?: Buffer
  /** When the body ends, in milliseconds. */
  ends?: number
  headers?: { [name: string]: string }
  /** What the client does after its first byte of answer, or after so many milliseconds. */
  leave?: { after: number; how: (stream: any, session: any) => void }
}

/** One request over HTTP/2; resolves to status, body and the code it was closed with. */
export const h2 =
  ({ method = 'GET', body, ends, leave, headers = {} }: H2 = {}) =>
  async (to: Target): Promise<string> => {
    const secure = to.id.includes('-koa-over-h2-')
    const session = connectH2(`${secure ? 'https' : 'http'}://localhost:${to.port}`, secure ? clientTls : {})
    session.on('error', () => {})
    const stream = session.request(
      { ':method': method, ':path': to.path, ...headers },
      { endStream: body === undefined && method !== 'POST' },
    )
    let text = ''
    stream.on('response', fields => (text += `${fields[':status']} ${fields['content-type'] ?? ''} `))
    stream.on('data', chunk => (text += chunk))
    stream.on('error', () => {})
    if (body) stream.write(body)
    if (ends !== undefined) setTimeout(() => stream.end(), ends)
    if (leave) void arrived(to.id).then(() => setTimeout(() => leave.how(stream, session), leave.after))
    await Promise.race([new Promise(done => stream.on('close', done)), sleep(5000, undefined, { ref: false })])
    if (!session.destroyed) session.close()
    session.destroy()
    return leave ? 'left' : normal(`${text} ${stream.rstCode}`)
  }
