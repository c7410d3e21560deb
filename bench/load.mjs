// The load generator, in a process of its own: sixteen keep-alive connections.
import { connect } from 'node:net'
import { bytesOf, Client, requestsFor, sendAll } from './client.mjs'

const connections = 16
const opened = new Map()
const prepared = new Map()

process.on('message', async ({ port, word, traced, count, disconnect }) => {
  if (disconnect) return process.send(disconnectAll(disconnect))
  const clients = opened.get(port) ?? (await connectAll(port))
  opened.set(port, clients)
  const key = `${word} ${traced}`
  if (!prepared.has(key)) prepared.set(key, requestsFor(word, traced).map(bytesOf))
  const cpu = process.cpuUsage()
  const start = performance.now()
  await sendAll(clients, prepared.get(key), count)
  const took = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  process.send({ took, busy: (user + system) / 1000 / took })
})

function connectAll(port) {
  return Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1')
      const client = new Client(request => socket.write(request))
      socket.on('close', () => {
        throw new Error(`The server on port ${port} closed a connection`)
      })
      socket.on('data', chunk => client.receive(chunk))
      await new Promise(resolve => socket.once('connect', resolve))
      client.end = () => socket.removeAllListeners('close').end()
      return client
    }),
  )
}

function disconnectAll(ports) {
  for (const port of ports) {
    for (const client of opened.get(port) ?? []) client.end()
    opened.delete(port)
  }
  return {}
}

process.on('disconnect', () => process.exit())
