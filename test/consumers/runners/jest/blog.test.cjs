require('dd-trace').init({ plugins: false })
const { once } = require('node:events')
const { consoleLogger } = require('spanlog')
const { app } = require('./blog.cjs')

// In Jest dd-trace makes no spans: it stands aside where there is a global `jest`.
it('serves and logs, although nothing is traced', async () => {
  const lines = []
  const server = app({ logger: consoleLogger({ stream: { write: line => lines.push(JSON.parse(line)) } }) }).listen(0)
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${server.address().port}/posts/7`)
  expect(await response.text()).toBe('ok')
  expect(lines).toMatchObject([{ message: 'loading' }])
  expect(lines[0].dd).toBeUndefined()
  server.close()
  server.closeAllConnections()
})
