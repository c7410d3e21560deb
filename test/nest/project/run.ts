import tracer from 'dd-trace'
import { type Agent, startAgent } from 'spanlog/agent'

/** Sends requests one after the other, and prints what arrived of each. */
async function run(): Promise<void> {
  const agent = await startAgent()
  tracer.init({ plugins: false, url: agent.url, flushInterval: 0, startupLogs: false })
  const { createApp } = await import(process.argv[2] as './main.js')
  const app = await createApp()
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  const spans = []
  for (const [path, query] of requests) spans.push(await ask(agent, url + path, query))
  await app.close()
  console.log(JSON.stringify({ spans }))
  process.exit()
}

async function ask(agent: Agent, url: string, query: string | undefined) {
  const body = query && JSON.stringify({ query })
  const headers = { 'content-type': 'application/json' }
  agent.clear()
  const { status } = await fetch(url, body ? { method: 'POST', headers, body } : {})
  const { resource, error, meta, traceId } = await agent.waitForSpan(({ type }) => type === 'web')
  return { status, resource, error: error ? `${meta['error.type']}: ${meta['error.message']}` : '', traceId }
}

const requests: [path: string, query?: string][] = [
  ['/posts/7'],
  ['/posts/7/drafts'],
  ['/posts/7/broken'],
  ['/nowhere'],
  ['/graphql', 'query ReadPost { post(id: 7) }'],
  ['/graphql', '{ draft }'],
  ['/graphql', 'query Fail { broken }'],
]

run()
