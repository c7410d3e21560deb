import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port for a program that cannot choose one itself. From below the range that the system gives out: a port from that range may
 * belong to another test's socket by the time the program listens.
 */
export async function freePort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 20_000)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  await new Promise(resolve => server.close(resolve))
  return port
}
