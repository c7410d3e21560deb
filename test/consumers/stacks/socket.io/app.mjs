import { createServer } from 'node:http'
import tracer from 'dd-trace'
import express from 'express'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = express()
app.use(spanlog())
app.get('/posts/:id', async (req, res) => {
  req.log.info('loading')
  res.send(await echo(server.address().port))
})

const server = createServer(app)
const sockets = new Server(server)
sockets.on('connection', socket => socket.on('echo', (word, answer) => answer(word)))

/** A message to the server and back. */
async function echo(port) {
  const client = io(`http://127.0.0.1:${port}`)
  const word = await client.timeout(5000).emitWithAck('echo', 'ok')
  client.close()
  return word
}

const spans = await serve(server)
await sockets.close()
console.log(JSON.stringify({ spans }))
