// Takes what tracers send and forgets it.
import { createServer } from 'node:http'

const answer = JSON.stringify({ rate_by_service: {} })
const server = createServer((req, res) => {
  req.resume().on('end', () => res.writeHead(200, { 'content-type': 'application/json' }).end(answer))
})
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit())
