// The same in TypeScript, for tsx.
import tracer from 'dd-trace'
import express from 'express'
import pino from 'pino'

tracer.init({ service: 'blog', env: 'dev' })
const logger: pino.Logger = pino()
const app = express()

app.get('/posts/:id', (req, res) => {
  logger.info({ id: req.params.id, requestId: '1' }, 'loading')
  res.json({ id: req.params.id })
})

app.listen(process.env.PORT, () => logger.info('listening'))
