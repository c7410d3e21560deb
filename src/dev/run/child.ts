import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { OutputReader, type OutputSink } from './output'

/** What happens to the lines of one stream of the command, see `OutputSink`. */
export type TakeLine = (text: string, stream: 'stdout' | 'stderr', passed: boolean) => boolean

/** A command that runs with its output read. */
export interface Command {
  readonly pid: number | undefined
  /** The exit code, 128 and the number of the signal that ended it, once all output has been read. Rejects where it cannot be run. */
  readonly ended: Promise<number>
}

/** Where the bytes go that nobody keeps. */
export type Pass = (bytes: Buffer, stream: 'stdout' | 'stderr') => void

/** Runs a command: stdin, signals and exit code are as without us, and so is each byte of output that `takeLine` does not keep. */
export function runCommand(program: string[], env: NodeJS.ProcessEnv, takeLine: TakeLine, pass: Pass): Command {
  const [command = '', ...rest] = program
  const child = spawn(command, rest, {
    env,
    stdio: ['inherit', 'pipe', 'pipe'],
    shell: process.platform === 'win32' || isLine(program),
    // Without a terminal to share, a group of its own lets a signal reach all of it: shells and npm do not pass signals on.
    detached: !sharesTerminal(),
  })
  const quiet = { since: Date.now() }
  const open = [
    readStream(child.stdout, process.stdout, sinkOf('stdout', takeLine, pass), quiet),
    readStream(child.stderr, process.stderr, sinkOf('stderr', takeLine, pass), quiet),
  ]
  passSignals(child)
  return { pid: child.pid, ended: endOf(child, command, Promise.all(open), quiet) }
}

/** `-- "node app.js"`: one text that a shell has to read, since no file has this name. */
function isLine([command = '', ...rest]: string[]): boolean {
  return rest.length === 0 && /\s/.test(command) && !existsSync(command)
}

function sinkOf(stream: 'stdout' | 'stderr', takeLine: TakeLine, pass: Pass): OutputSink {
  return {
    takeLine: text => takeLine(text, stream, false),
    noteLine: text => void takeLine(text, stream, true),
    pass: bytes => pass(bytes, stream),
  }
}

/** Resolves when the stream has ended. Waits for a reader of ours that is slow, as the command itself would have to. */
function readStream(source: Readable, target: Writable, sink: OutputSink, quiet: { since: number }): Promise<void> {
  const reader = new OutputReader(sink)
  source.on('data', (chunk: Buffer) => {
    quiet.since = Date.now()
    reader.write(chunk)
    if (target.writableNeedDrain) source.pause()
  })
  target.on('drain', () => source.resume())
  // Nobody reads us any more: the command shall know, too.
  target.on('error', () => source.destroy())
  return new Promise(resolve => {
    source.once('close', () => {
      reader.end()
      resolve()
    })
  })
}

function passSignals(child: ChildProcess): void {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => send(child, signal))
  // From a terminal, Ctrl-C reaches the command by itself; passed on, it would come twice.
  process.on('SIGINT', () => sharesTerminal() || send(child, 'SIGINT'))
}

function send(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid && !sharesTerminal() && process.platform !== 'win32') process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // It has ended by itself.
  }
}

function sharesTerminal(): boolean {
  return process.stdin.isTTY === true
}

function causeOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such program'
  return code === 'EACCES' ? 'it is not executable' : message
}

function endOf(
  child: ChildProcess,
  command: string,
  read: Promise<unknown>,
  quiet: { since: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', error => reject(new Error(`cannot run \`${command}\`: ${causeOf(error)}`)))
    child.once('exit', async (code, signal) => {
      await Promise.race([read, untilQuiet(quiet)])
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM'])
    })
  })
}

/** A process that the command left behind may hold its output open for ever. */
async function untilQuiet(quiet: { since: number }): Promise<void> {
  quiet.since = Date.now()
  while (Date.now() - quiet.since < 1000) {
    await new Promise(resolve => setTimeout(resolve, 100).unref())
    if (process.stdout.writableNeedDrain || process.stderr.writableNeedDrain) quiet.since = Date.now()
  }
}
