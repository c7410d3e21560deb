const { once } = require('node:events')
const { startAgent } = require('spanlog/agent')

/**
 * Serves an application, sends it requests one after the other, and prints what arrived of each at an agent: status, resource, trace,
 * and the tags that tell of trouble.
 */
module.exports = async function serve(app, requests = [{ path: '/posts/7' }]) {
  const agent = await startAgent()
  require('dd-trace').setUrl(agent.url)
  const server = app.listen(0, '127.0.0.1')
  if (!server.listening) await once(server, 'listening')
  const spans = []
  for (const request of requests) spans.push(await ask(`http://127.0.0.1:${server.address().port}`, request, agent))
  server.close()
  server.closeAllConnections?.()
  await agent.close()
  return spans
}

async function ask(url, { path, ...init }, agent) {
  const response = await fetch(url + path, init)
  const body = await response.text()
  return { status: response.status, body, ...(await told(agent, url + path.split('?')[0])) }
}

/** What the server span of a request says. */
async function told(agent, url) {
  const { resource, traceId, error, meta } = await agent.waitForSpan(
    ({ meta }) => meta['span.kind'] === 'server' && meta['http.url']?.startsWith(url),
  )
  return { resource, traceId, error, unfinished: meta['http.unfinished'] }
}

module.exports.told = told
