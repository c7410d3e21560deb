#!/usr/bin/env node
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { type Agent, followTraces, startAgent } from './agent/index'

const help = `Usage: spanlog dev [--port N] -- <command> [arguments]

Runs a command with a local Datadog agent, and prints each trace with its log lines.

  spanlog dev -- node app.js

Options
  --port N     port of the agent; a free one by default
  --help       this text
  --version    the version of spanlog

The command runs with DD_TRACE_AGENT_URL set to that agent. Lines that carry no trace id are
printed as they come. Its exit code is the command's.
`

/** What the tracer is told unless the environment says otherwise: send soon, and talk of traces only. */
const quietTracer = {
  DD_TRACE_FLUSH_INTERVAL: '100',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_RUNTIME_METRICS_ENABLED: 'false',
  DD_TRACE_STARTUP_LOGS: 'false',
}

class UsageError extends Error {}

async function main(args: string[]): Promise<number> {
  const { values, command, program } = readArguments(args)
  if (values.help) return say(help)
  if (values.version) return say(`${version()}\n`)
  if (command === undefined) throw new UsageError(help)
  if (command !== 'dev')
    throw new UsageError(
      `Unknown command \`${command}\`. Type \`spanlog dev -- node app.js\`, or \`spanlog --help\`.\n`,
    )
  if (!program[0]) throw new UsageError('What should run? Put it after `--`: `spanlog dev -- node app.js`.\n')
  return dev(program, portOf(values.port))
}

function readArguments(args: string[]) {
  const end = args.indexOf('--')
  const own = end < 0 ? args : args.slice(0, end)
  const options = {
    port: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: own, options, allowPositionals: true })
    const [command, stray] = positionals
    if (command === 'dev' && stray) {
      throw new Error(`Put \`--\` before the command: \`spanlog dev -- ${positionals.slice(1).join(' ')}\`.`)
    }
    return { values, command, program: end < 0 ? [] : args.slice(end + 1) }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n`)
  }
}

function portOf(text = '0'): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port < 65536) return port
  throw new UsageError(`\`--port\` must be a number from 0 to 65535, not \`${text}\`.\n`)
}

async function dev(program: string[], port: number): Promise<number> {
  const agent = await startAgent({ port })
  process.stderr.write(`spanlog: agent on ${agent.url}, running ${program.join(' ')}\n\n`)
  try {
    const code = await follow(agent, program)
    if (agent.traces.length === 0) process.stderr.write(`\nspanlog: ${noTrace}\n`)
    return code
  } finally {
    await agent.close()
  }
}

const noTrace =
  "no trace arrived. Does the application start the tracer, `require('dd-trace').init()`, and was a request made?"

async function follow(agent: Agent, program: string[]): Promise<number> {
  const follower = followTraces(agent, { print: text => process.stdout.write(`${text}\n`) })
  const [command = '', ...rest] = program
  const env = { ...quietTracer, ...process.env, DD_TRACE_AGENT_URL: agent.url }
  const child = spawn(command, rest, { env, stdio: ['inherit', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', follower.takeLine)
  passSignals(child)
  const code = await exitOf(child, command)
  follower.flush()
  return code
}

function passSignals(child: ChildProcess): void {
  process.on('SIGTERM', signal => child.kill(signal))
  process.on('SIGHUP', signal => child.kill(signal))
  // From a terminal, Ctrl-C reaches the command by itself; passed on, it would come twice.
  process.on('SIGINT', signal => process.stdin.isTTY || child.kill(signal))
}

function exitOf(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
    child.once('error', error => reject(new Error(`cannot run \`${command}\`: ${error.message}`)))
  })
}

function version(): string {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')).version
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  error => {
    process.stderr.write(error instanceof UsageError ? error.message : `spanlog: ${error.message}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  },
)
