import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves the applications of a test's own process, each on a port, and tells the test which. */
export async function serveApps(apps: { [name: string]: unknown }): Promise<void> {
  const ports: { [name: string]: number } = {}
  for (const [name, app] of Object.entries(apps)) ports[name] = await listen(app as RequestListener)
  process.send?.(ports)
}

async function listen(app: RequestListener): Promise<number> {
  const server = createServer(app)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}
