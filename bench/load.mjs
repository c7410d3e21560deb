// The load generator, a process of its own: sixteen keep-alive connections with one request under way on each. It reads no more of
// an answer than it must, since it must not be slower than what is measured.
import { once } from 'node:events'
import { connect } from 'node:net'
import { requestsFor } from './requests.mjs'

const connections = 16
const endOfHead = Buffer.from('\r\n\r\n')
const opened = new Map()
const prepared = new Map()

class Client {
  #waiting = Buffer.alloc(0)
  #answered

  constructor(port) {
    this.socket = connect(port, '127.0.0.1').on('data', chunk => this.#receive(chunk))
    this.socket.on('close', () => {
      opened.delete(port)
      if (this.#answered) throw new Error(`The server on port ${port} closed a connection before it had answered`)
    })
  }

  ask(request) {
    return new Promise(resolve => {
      this.#answered = resolve
      this.socket.write(request)
    })
  }

  #receive(chunk) {
    this.#waiting = this.#waiting.length ? Buffer.concat([this.#waiting, chunk]) : chunk
    const head = this.#waiting.indexOf(endOfHead)
    if (head < 0) return
    const text = this.#waiting.latin1Slice(0, head)
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`Expected a 200, got ${text.split('\r\n')[0]}`)
    const length = head + 4 + Number(/content-length: (\d+)/i.exec(text)[1])
    if (this.#waiting.length < length) return
    this.#waiting = this.#waiting.subarray(length)
    const answered = this.#answered
    this.#answered = undefined
    answered()
  }
}

async function connectAll(port) {
  const clients = Array.from({ length: connections }, () => new Client(port))
  await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
  opened.set(port, clients)
}

function bytesOf({ url, headers }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

process.on('message', async ({ port, word, traced, count }) => {
  if (!opened.has(port)) await connectAll(port)
  const key = `${word} ${traced}`
  if (!prepared.has(key)) prepared.set(key, requestsFor(word, traced).map(bytesOf))
  const requests = prepared.get(key)
  let next = 0
  const sendNext = async client => {
    while (next < count) await client.ask(requests[next++ % requests.length])
  }
  await Promise.all(opened.get(port).map(sendNext))
  process.send({})
})
process.on('disconnect', () => process.exit())
