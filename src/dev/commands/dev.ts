import { relative } from 'node:path'
import { type Follower, followTraces } from '../agent/follow'
import { lowHalf, parseLine } from '../agent/lines'
import type { Trace } from '../agent/traces'
import { openBrowser } from '../run/browser'
import { type Pass, runCommand, type TakeLine } from '../run/child'
import { environmentFor } from '../run/environment'
import { findScript } from '../run/script'
import { Terminal } from '../run/terminal'
import { type PanelServer, startPanel } from '../server/index'
import { agentPort, startOnFreePort } from '../server/port'
import { announce } from '../server/running'
import { type Bounds, defaultBounds } from '../server/store'
import { readArguments, say, UsageError, wholeNumber } from './arguments'
import { untilAskedToEnd } from './wait'

const help = `Usage: spanlog dev [options] [-- <command> [arguments]]

Runs a command with a local Datadog agent, prints each trace with its log lines, and shows them on a web page.

  spanlog dev                     runs the \`dev\`, else the \`start\` script of package.json
  spanlog dev -- node app.js      runs this command
  spanlog dev --listen            runs nothing: any Datadog tracer of this machine can report

Options
  --open        open the page in the browser
  --stay        keep the page after the command has ended, until Ctrl-C
  --port N      port of agent and page; 8126 where it is free, else another
  --traces N    traces that are kept; 2000 by default
  --lines N     log lines that are kept; 50000 by default
  --memory N    megabytes for both; 64 by default

At more than 20 traces a second, lines are printed as they come, and the traces are on the page only.
The command runs with DD_TRACE_AGENT_URL set to the agent. Lines that carry no trace id are
printed as they come. The exit code is the command's.
`

/** `spanlog dev`. */
export async function dev(args: string[]): Promise<number> {
  const { values, positionals, program } = readArguments(args, {
    listen: { type: 'boolean' },
    open: { type: 'boolean' },
    stay: { type: 'boolean' },
    port: { type: 'string' },
    traces: { type: 'string' },
    lines: { type: 'string' },
    memory: { type: 'string' },
  })
  if (values.help) return say(help)
  if (positionals.length > 0)
    throw new UsageError(`Put \`--\` before the command: \`spanlog dev -- ${positionals.join(' ')}\`.\n`)
  if (values.listen && program) throw new UsageError('`--listen` runs nothing: leave out `--` and the command.\n')
  const task = values.listen ? undefined : taskOf(program)
  const { panel, note } = await start(wholeNumber('port', values.port, 0, 65535), boundsOf(values))
  const forget = announce(panel.url)
  // Listen for signals before the address is printed: a program that reads it may end us at once, and `forget` must run then, too.
  const asked = task ? undefined : untilAskedToEnd()
  process.stderr.write(`spanlog: ${panel.url}${note}, ${task ? `running ${task.title}` : 'listening'}\n`)
  if (values.open) openBrowser(panel.url)
  try {
    return task ? await run(panel, task, values.stay === true) : await listen(panel, asked)
  } finally {
    forget()
    await panel.close()
  }
}

interface Task {
  readonly program: string[]
  readonly title: string
}

function taskOf(program: string[] | undefined): Task {
  if (program) {
    if (!program[0]) throw new UsageError('No command was given. Put it after `--`: `spanlog dev -- node app.js`.\n')
    return { program, title: program.join(' ') }
  }
  const script = findScript(process.cwd())
  if (!script)
    throw new UsageError(
      'No package.json with a `dev` or `start` script is here. Type what should run: `spanlog dev -- node app.js`.\n',
    )
  const file = relative(process.cwd(), script.packageFile)
  return { program: script.program, title: `${script.program.join(' ')} (the script \`${script.name}\` of ${file})` }
}

function boundsOf(values: { traces?: string; lines?: string; memory?: string }): Bounds {
  const megabytes = wholeNumber('memory', values.memory, 1, 100_000)
  return {
    traces: wholeNumber('traces', values.traces, 1, 1e9) ?? defaultBounds.traces,
    lines: wholeNumber('lines', values.lines, 1, 1e9) ?? defaultBounds.lines,
    memory: megabytes ? megabytes * 1024 * 1024 : defaultBounds.memory,
  }
}

async function start(port: number | undefined, bounds: Bounds): Promise<{ panel: PanelServer; note: string }> {
  if (port !== undefined)
    return { panel: await startPanel({ port, bounds }).catch(error => refuse(error, port)), note: '' }
  const { panel, taken } = await startOnFreePort({ bounds })
  return { panel, note: taken ? ` (port ${agentPort} is held by ${taken})` : '' }
}

function refuse(error: NodeJS.ErrnoException, port: number): never {
  if (error.code !== 'EADDRINUSE') throw error
  throw new Error(`port ${port} is taken. Leave out \`--port\` for a free one.`)
}

async function run(panel: PanelServer, task: Task, stay: boolean): Promise<number> {
  const terminal = new Terminal()
  const follower = follow(panel, terminal)
  const pass: Pass = (bytes, stream) => (stream === 'stdout' ? terminal.pass(bytes) : process.stderr.write(bytes))
  const command = runCommand(task.program, environmentOf(panel), lineTaker(panel, follower), pass)
  const info = { command: task.title, pid: command.pid, saved: false }
  panel.setRun({ ...info, running: true })
  const code = await command.ended
  follower.flush()
  panel.setRun({ ...info, running: false, exitCode: code })
  // Only after exit code 0: a command that failed has printed its own error.
  if (code === 0 && panel.store.counts.spans === 0) process.stderr.write(`\nspanlog: ${noTrace}\n`)
  if (stay) await stayOpen(panel, code)
  return code
}

function environmentOf(panel: PanelServer): NodeJS.ProcessEnv {
  const { env, cleared } = environmentFor(panel.url, process.env, coloursOf(process.stdout))
  const notes = cleared.map(setting => `spanlog: ${setting} would keep traces away: unset for the command\n`)
  process.stderr.write(`${notes.join('')}\n`)
  return env
}

function lineTaker(panel: PanelServer, follower: Follower): TakeLine {
  return (text, stream, passed) => {
    const line = parseLine(text)
    panel.store.addLine(line, stream)
    if (passed || !line.traceId || lowHalf(line.traceId) === undefined) return false
    follower.takeLine(line)
    return true
  }
}

const noTrace =
  "the command ended, and no trace arrived. Does the application start the tracer, `require('dd-trace').init()`? Was its port free, and was a request made?"

function coloursOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.getColorDepth() : 1
}

function follow(panel: PanelServer, terminal: Terminal): Follower {
  const onTrace = (listener: (trace: Trace) => void) => {
    panel.store.onTraces(traces => traces.forEach(listener))
    return () => {}
  }
  const link = ({ traceId }: Trace) => `${panel.url}/#/trace/${traceId}`
  return followTraces({ onTrace }, { print: text => terminal.print(text), link, rows: mostRows, treesPerSecond })
}

/** Rows of one trace in the terminal. */
const mostRows = 200
/** Under load nobody reads the terminal, and printing trees would slow down the application. */
const treesPerSecond = 20

async function listen(panel: PanelServer, asked: Promise<void> | undefined): Promise<number> {
  const hint = panel.port === agentPort ? '' : `Start the application with DD_TRACE_AGENT_URL=${panel.url}\n`
  process.stderr.write(`${hint}\n`)
  const follower = follow(panel, new Terminal())
  panel.onIntake(line => line.traceId && follower.takeLine(line))
  await asked
  follower.flush()
  return 0
}

async function stayOpen(panel: PanelServer, code: number): Promise<void> {
  const asked = untilAskedToEnd()
  process.stderr.write(`\nspanlog: the command ended with ${code}. The page stays on ${panel.url} until Ctrl-C.\n`)
  await asked
}
