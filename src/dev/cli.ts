#!/usr/bin/env node
import { say, UsageError } from './commands/arguments'
import { version } from './version'

const help = `Usage: spanlog <command>

  dev       run a program with a local Datadog agent, and see its traces with their log lines
  traces    list the requests of the running \`spanlog dev\`
  show      print one of its traces
  open      show a saved trace
  doctor    say why log lines are not linked to their traces

  spanlog dev -- node app.js

\`spanlog <command> --help\` has the details. \`spanlog --version\` prints the version.
`

type Command = (args: string[]) => Promise<number>

/** Each command is loaded only when it is called. Loading all of them would slow down the start of each. */
const commands: Record<string, () => Promise<Command>> = {
  dev: async () => (await import('./commands/dev.js')).dev,
  traces: async () => (await import('./commands/traces.js')).traces,
  show: async () => (await import('./commands/show.js')).show,
  open: async () => (await import('./commands/open.js')).open,
  doctor: async () => (await import('./doctor/index.js')).runDoctor,
}

async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return say(help)
  if (name === '--version' || name === '-v') return say(`${version()}\n`)
  if (name === undefined) throw new UsageError(help)
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load) return (await load())(args)
  throw new UsageError(
    `Unknown command \`${name}\`. Type \`spanlog dev -- ${[name, ...args].join(' ')}\` to run it, or \`spanlog --help\`.\n`,
  )
}

// If the reader of our output closes it, as `head` does, go on: a page may be open, and the command may still run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  error => {
    process.stderr.write(error instanceof UsageError ? error.message : `spanlog: ${error.message}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  },
)
