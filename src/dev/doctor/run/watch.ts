import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, startAgent } from '../../agent/index'
import { quietTracer } from '../../run/environment'
import { Health } from '../judge'
import { BadInput } from '../log'
import { sendRequests, unsent } from './requests'
import { joinRun, type Run, type RunLine, readRunLine, type SentRequest } from './run'

/** The end of a run. */
export interface WatchOptions {
  /** Requests that are sent one after the other. The command is ended after the last one. */
  readonly urls: readonly string[]
  /** Milliseconds after which the command is ended. Without it and without `urls` the command runs until it ends itself. */
  readonly time?: number
}

/** The result of a run. */
export interface Watched {
  readonly run: Run
  readonly health: Health
  readonly problems: readonly string[]
}

/**
 * Runs a command with a local agent, and reads its lines and traces. The output of the command goes to standard error.
 *
 * @throws {BadInput} if the command cannot be run
 */
export async function watch(program: readonly string[], options: WatchOptions): Promise<Watched> {
  const agent = await startAgent({ keep: 5000 })
  const child = start(program, agent)
  const output = readOutput(child)
  try {
    await once(child, 'spawn').catch(error => {
      throw new BadInput(`\`${program[0]}\` cannot be run: ${error.message}.`)
    })
    const stopPassing = passSignals(child)
    const requests = options.urls.map(unsent)
    await untilEnd(child, agent, options, requests)
    stopPassing()
    const problems = requests
      .filter(({ status, open }) => status === undefined && !open)
      .map(({ url }) => `\`${url}\` was not answered.`)
    return { run: joinRun(output.lines, agent.traces, requests), health: output.health, problems }
  } finally {
    end(child, 'SIGKILL')
    await agent.close()
  }
}

function start([command = '', ...rest]: readonly string[], agent: Agent): ChildProcess {
  const env = { ...quietTracer, ...process.env, DD_TRACE_AGENT_URL: agent.url }
  // `detached` makes a process group, so that programs that npm or a shell has started are ended with the command.
  return spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
}

interface Output {
  readonly lines: RunLine[]
  readonly health: Health
}

function readOutput(child: ChildProcess): Output {
  const output: Output = { lines: [], health: new Health() }
  let n = 0
  const take = (raw: string) => {
    process.stderr.write(`${raw}\n`)
    output.health.add(raw, ++n)
    output.lines.push(readRunLine(raw, n, Date.now()))
    if (output.lines.length > mostLines) output.lines.splice(0, mostLines / 10)
  }
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', take)
  return output
}

/** Lines that are compared with traces. Older ones are dropped, but the rules for lines have judged them already. */
const mostLines = 50_000

async function untilEnd(
  child: ChildProcess,
  agent: Agent,
  { urls, time }: WatchOptions,
  requests: SentRequest[],
): Promise<void> {
  const ended = once(child, 'close')
  const late = new AbortController()
  const first: Promise<unknown>[] = [ended]
  if (time !== undefined) first.push(sleep(time, undefined, late).catch(() => undefined))
  if (urls.length) first.push(sendRequests(urls, requests, child).then(() => quiet(agent)))
  await Promise.race(first)
  late.abort()
  await stop(child, ended)
}

/** Waits until no span has come for 800 ms, but at most 5 s: some applications send spans all the time. */
async function quiet(agent: Agent): Promise<void> {
  const begin = Date.now()
  let last = begin
  const stopListening = agent.onTrace(() => {
    last = Date.now()
  })
  while (Date.now() - last < quietTime && Date.now() - begin < longest) await sleep(50)
  stopListening()
}

// Milliseconds.
const quietTime = 800
const longest = 5000

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  end(child, 'SIGTERM')
  const patience = new AbortController()
  await Promise.race([ended, sleep(5000, undefined, patience).catch(() => undefined)])
  patience.abort()
  end(child, 'SIGKILL')
  await ended
}

function end({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The process has just ended by itself.
  }
}

/** Passes Ctrl-C to the command. When that has ended, the doctor prints its report. */
function passSignals(child: ChildProcess): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const pass = (signal: NodeJS.Signals) => end(child, signal)
  for (const signal of signals) process.on(signal, pass)
  return () => {
    for (const signal of signals) process.off(signal, pass)
  }
}
