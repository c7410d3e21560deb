// The least HTTP client that keeps one request under way on a connection: what it costs must not be what is measured.

const endOfHead = Buffer.from('\r\n\r\n')

/** One keep-alive connection. `send` writes to it; what comes back is handed to `receive`. */
export class Client {
  #waiting = Buffer.alloc(0)
  #answered

  constructor(send) {
    this.send = send
  }

  /** Sends a request; the promise is kept when its answer has come. */
  ask(request) {
    return new Promise(resolve => {
      this.#answered = resolve
      this.send(request)
    })
  }

  receive(chunk) {
    this.#waiting = this.#waiting.length ? Buffer.concat([this.#waiting, chunk]) : chunk
    const head = this.#waiting.indexOf(endOfHead)
    if (head < 0) return
    const text = this.#waiting.latin1Slice(0, head)
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`Expected a 200, got ${text.split('\r\n')[0]}`)
    const length = head + 4 + Number(/content-length: (\d+)/i.exec(text)[1])
    if (this.#waiting.length < length) return
    this.#waiting = this.#waiting.subarray(length)
    this.#answered()
  }
}

/** Sends `count` requests over the clients, each client's next when its last has been answered. */
export async function sendAll(clients, requests, count) {
  let next = 0
  await Promise.all(
    clients.map(async client => {
      while (next < count) await client.ask(requests[next++ % requests.length])
    }),
  )
}

/** Requests whose ids are of one length, so that every answer is as long. */
export function requestsFor(word, traced, count = 512) {
  return Array.from({ length: count }, () => ({
    url: `/${word}/${10_000 + Math.floor(Math.random() * 90_000)}`,
    headers: { host: 'shop.example', 'user-agent': 'bench/1.0', accept: '*/*', ...(traced && traceHeaders()) },
  }))
}

/** As bytes for a socket. */
export function bytesOf({ url, headers }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

/** What a service on dd-trace sends along. */
function traceHeaders() {
  const high = '6b0212ab00000000'
  const low = hex(16)
  const parent = `1${hex(15)}`
  return {
    'x-datadog-trace-id': String(BigInt(`0x${low}`)),
    'x-datadog-parent-id': String(BigInt(`0x${parent}`)),
    'x-datadog-sampling-priority': '1',
    'x-datadog-tags': `_dd.p.tid=${high},_dd.p.dm=-1`,
    traceparent: `00-${high}${low}-${parent}-01`,
    tracestate: `dd=s:1;p:${parent};t.dm:-1;t.tid:${high}`,
  }
}

const hex = digits => Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('')
