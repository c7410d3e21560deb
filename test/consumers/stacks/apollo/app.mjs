import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import tracer from 'dd-trace'
import express from 'express'
import { spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const server = new ApolloServer({
  typeDefs: 'type Query { post(id: ID!): String }',
  resolvers: {
    Query: {
      async post(_parent, _args, { log }) {
        log.info('loading')
        return 'ok'
      },
    },
  },
})
await server.start()

const app = express()
app.use(spanlog())
app.use('/graphql', express.json(), expressMiddleware(server, { context: async ({ req }) => ({ log: req.log }) }))

const body = JSON.stringify({ query: '{ post(id: 7) }' })
const query = { path: '/graphql', method: 'POST', headers: { 'content-type': 'application/json' }, body }
console.log(JSON.stringify({ spans: await serve(app, [query]) }))
await server.stop()
