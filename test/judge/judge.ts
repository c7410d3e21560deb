import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { freePort } from '../free-port'
import { type ForwardedSpan, spansOf } from './payload'

const agent = '@datadog/serverless-compat-linux-x64'

/** Datadog's own trace agent, if there is one for this platform. */
export function findJudge(): string | undefined {
  try {
    const { resolve } = createRequire(join(__dirname, 'agent', 'package.json'))
    return join(dirname(resolve(`${agent}/package.json`)), 'bin', 'datadog-serverless-compat')
  } catch {
    return undefined
  }
}

/**
 * Datadog's trace agent between an application and Datadog: before it a relay that keeps what the tracer sent and what was
 * answered, behind it a server in the place of Datadog, which keeps what would have been sent there.
 */
export class Judge {
  readonly answers: number[] = []
  readonly received: Buffer[] = []
  readonly forwarded: ForwardedSpan[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'spanlog-judge-'))
  #relay!: Server
  #datadog!: Server
  #agent!: ChildProcess

  constructor(readonly binary: string) {}

  /** What to put into DD_TRACE_AGENT_URL. */
  get url(): string {
    return `http://127.0.0.1:${portOf(this.#relay)}`
  }

  async start(): Promise<void> {
    this.#datadog = await listen(async (path, body) => {
      if (path === '/api/v0.2/traces') this.forwarded.push(...spansOf(body))
      return { status: 200, body: Buffer.from('{}') }
    })
    const port = await freePort()
    const executable = join(this.#folder, 'agent')
    copyFileSync(this.binary, executable) // the package has lost the bit that lets it run
    chmodSync(executable, 0o755)
    this.#agent = spawn(executable, { env: this.#env(port), stdio: 'ignore' })
    this.#relay = await listen((path, body, headers) => this.#pass(port, path, body, headers))
    await answering(port)
  }

  async stop(): Promise<void> {
    this.#agent.kill()
    await once(this.#agent, 'exit')
    for (const server of [this.#relay, this.#datadog]) {
      server.close()
      server.closeAllConnections()
    }
    rmSync(this.#folder, { recursive: true })
  }

  /** The agent runs only if it finds the variables of a function. */
  #env(port: number): NodeJS.ProcessEnv {
    return {
      DD_API_KEY: 'none',
      DD_APM_RECEIVER_PORT: String(port),
      DD_APM_DD_URL: `http://127.0.0.1:${portOf(this.#datadog)}`,
      DD_USE_DOGSTATSD: 'false',
      DD_LOG_LEVEL: 'error',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_FUNCTION_NAME: 'local',
    }
  }

  async #pass(port: number, path: string, body: Buffer, headers: object) {
    const answer = await send(port, path, body, headers)
    if (path === '/v0.4/traces') {
      this.received.push(body)
      this.answers.push(answer.status)
    }
    return answer
  }
}

interface Answer {
  readonly status: number
  readonly body: Buffer
}

async function listen(handle: (path: string, body: Buffer, headers: object) => Promise<Answer>): Promise<Server> {
  const server = createServer(async (req, res) => {
    const sent = Buffer.concat(await req.toArray())
    const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    const answer = await handle(req.url as string, body, req.headers)
    res.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

async function send(port: number, path: string, body: Buffer, headers: object): Promise<Answer> {
  const req = request({ host: '127.0.0.1', port, path, method: 'PUT', headers: { ...headers } })
  const [res] = await once(req.end(body), 'response')
  return { status: res.statusCode, body: Buffer.concat(await res.toArray()) }
}

async function answering(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const info = await fetch(`http://127.0.0.1:${port}/info`).catch(() => undefined)
    if (info?.ok) return
    await sleep(50)
  }
  throw new Error(`the agent does not answer on port ${port}`)
}
