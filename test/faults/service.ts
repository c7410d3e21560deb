import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent as HttpAgent, request } from 'node:http'
import { join } from 'node:path'
import { quietTracer } from '../quiet-tracer'

/** How the process of faults/process.ts is set up. */
export interface Service {
  set: 'express4-koa2' | 'express5-koa3'
  /** When the tracer is initialised: before anything, on demand, or never. */
  tracer: 'early' | 'late'
  timeout?: number
  namespace?: boolean
  /** Another copy of spanlog, mounted before the first. */
  dist?: string
  /** Another copy of dd-trace, which the application loads and initialises. */
  ddTrace?: string
}

export class RunningService {
  printed = ''
  #child!: ChildProcess
  /** The ports of Express and of Koa. */
  ports: number[] = []
  readonly #keepAlive = new HttpAgent({ keepAlive: true, maxSockets: 20 })

  static async start(service: Partial<Service>, env: NodeJS.ProcessEnv, args: string[] = []): Promise<RunningService> {
    const running = new RunningService()
    const settings = { set: 'express5-koa3', tracer: 'early', ...service }
    running.#child = fork(join(__dirname, 'process.ts'), [JSON.stringify(settings)], {
      execArgv: ['--require', 'sucrase/register/ts', ...args],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ...quietTracer,
        ...env,
      },
    })
    for (const stream of [running.#child.stdout, running.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', chunk => (running.printed += chunk))
    }
    const [message] = await once(running.#child, 'message')
    running.ports = message.ports
    return running
  }

  /** Sends a request to each framework, and resolves to their answers. */
  async get(path: string): Promise<string[]> {
    return Promise.all(this.ports.map(port => this.getFrom(port, path)))
  }

  getFrom(port: number, path: string): Promise<string> {
    return new Promise(resolve => {
      const req = request({ host: '127.0.0.1', port, path, agent: this.#keepAlive }, res => {
        let text = ''
        res.on('data', chunk => (text += chunk)).on('close', () => resolve(text))
      })
      req.on('error', error => resolve(String(error)))
      req.end()
    })
  }

  async ask(what: string): Promise<any> {
    this.#child.send({ ask: what })
    const [answer] = await once(this.#child, 'message')
    return answer
  }

  /** Sends SIGTERM; resolves to what the process said last, when it has ended. */
  async terminate(): Promise<{ bye: number; took: number }> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [message] = await once(this.#child, 'message')
    await ended
    this.#keepAlive.destroy()
    return message
  }

  stop(): void {
    this.#keepAlive.destroy()
    this.#child.kill('SIGKILL')
  }
}
