import assert from 'node:assert/strict'
import { type Parts, runNode } from './projects'

/** An application that stands on Express or Koa with something else, and what its requests must tell. */
export interface Stack {
  readonly title: string
  readonly parts: Parts
  /** What follows `node`. */
  readonly args: string[]
  /** Of each request: status, resource, whether it is an error. */
  readonly spans: [status: number, resource: string, error?: 'error'][]
  /** How many lines its handlers log. */
  readonly lines: number
}

const stack = (name: string, ours: string[]): Parts => ({
  folder: `stacks/${name}`,
  files: ['serve.cjs'],
  ours,
  packages: name === 'serverless-http' ? undefined : name,
})

export const stacks: Stack[] = [
  {
    title: 'serverless-http',
    parts: stack('serverless-http', ['express', 'serverless-http']),
    args: ['app.mjs'],
    spans: [[200, 'GET /posts/:id']],
    lines: 1,
  },
  {
    title: 'Nest 11',
    parts: stack('nest', ['tsx']),
    args: ['--import', 'tsx', 'app.ts'],
    spans: [
      [200, 'GET /posts/:id'],
      [403, 'GET /posts/:id/drafts'],
      [500, 'GET /posts/:id/broken', 'error'],
    ],
    lines: 3,
  },
  {
    title: 'Apollo 5',
    parts: stack('apollo', ['express']),
    args: ['app.mjs'],
    spans: [[200, 'POST /graphql']],
    lines: 1,
  },
  {
    title: 'tRPC 11',
    parts: stack('trpc', ['express']),
    args: ['app.mjs'],
    spans: [
      [200, 'GET /trpc'],
      [500, 'GET /trpc', 'error'],
    ],
    lines: 2,
  },
  {
    title: 'Feathers 5 on Express, whose own router tells no route',
    parts: stack('feathers', []),
    args: ['express.mjs'],
    spans: [
      [200, 'GET'],
      [500, 'GET', 'error'],
    ],
    lines: 2,
  },
  {
    title: 'Feathers 5 on Koa, whose own router tells no route',
    parts: stack('feathers', []),
    args: ['koa.mjs'],
    spans: [
      [200, 'GET'],
      [500, 'GET', 'error'],
    ],
    lines: 2,
  },
  {
    title: 'Fastify 5, by @fastify/middie and by @fastify/express, with two hooks',
    parts: stack('fastify', []),
    args: ['app.mjs'],
    spans: [
      [200, 'GET /posts/:id'],
      [500, 'GET /posts/:id', 'error'],
      [404, 'GET'],
      [200, 'GET /posts/:id'],
      [500, 'GET /posts/:id', 'error'],
      [404, 'GET'],
    ],
    lines: 4,
  },
  {
    title: 'socket.io on the server of Express',
    parts: stack('socket.io', ['express']),
    args: ['app.mjs'],
    spans: [[200, 'GET /posts/:id']],
    lines: 1,
  },
  {
    title: 'Koa with session, body, static files, compression and WebSockets',
    parts: stack('koa-middlewares', ['koa', '@koa/router']),
    args: ['app.mjs'],
    spans: [
      [200, 'POST /posts/:id'],
      [200, 'GET'],
      [200, 'GET /socket'],
    ],
    lines: 2,
  },
]

/** Runs an application that prints its lines and then what arrived of its requests; each line must be linked to one of them. */
export async function checkOutput(args: string[], cwd: string, { spans, lines }: Pick<Stack, 'spans' | 'lines'>) {
  const stdout = await runNode(args, cwd)
  const printed = stdout.trim().split('\n').map(parsed)
  const told = printed.pop().spans as Told[]
  assert.deepEqual(
    told.map(({ status, resource, error, unfinished }) => ({ status, resource, error, unfinished })),
    spans.map(([status, resource, error]) => ({ status, resource, error: error ? 1 : 0, unfinished: undefined })),
  )
  const own = printed.filter(line => line?.message === 'loading')
  assert.equal(own.length, lines, stdout)
  for (const { dd } of own)
    assert.ok(
      told.some(({ traceId }) => traceId === dd.trace_id),
      stdout,
    )
}

interface Told {
  status: number
  resource: string
  traceId: string
  error: 0 | 1
  unfinished?: string
}

function parsed(line: string) {
  return line.startsWith('{') ? JSON.parse(line) : undefined
}
