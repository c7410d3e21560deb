const { once } = require('node:events')
const { startAgent } = require('spanlog/agent')

/** Sends one request to an application, and returns the resource that arrives at an agent. */
module.exports = async function serve(app) {
  const agent = await startAgent()
  require('dd-trace').setUrl(agent.url)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${server.address().port}/posts/7`)
  if ((await response.text()) !== 'ok') throw new Error(`The application answered ${response.status}.`)
  const { root } = await agent.waitForTrace(trace => trace.root !== undefined)
  server.close()
  await agent.close()
  return root.resource
}
