import { type Agent, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Sends one request to a server on this machine, its path as it is, and resolves with the status. */
export function ask(
  server: Server,
  line: string,
  headers: Record<string, string> = {},
  agent?: Agent,
): Promise<number> {
  const [method, path] = line.split(' ')
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, agent } // a name would be looked up, and tried by IPv6 first
    const sent = request({ ...to, method, path, headers: { host: 'localhost', ...headers } }, response => {
      response.resume().on('end', () => resolve(response.statusCode as number))
    })
    sent.on('error', reject).end()
  })
}

export async function listening(server: Server): Promise<Server> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}
