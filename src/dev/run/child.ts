import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { OutputReader, type OutputSink } from './output'

/** Called for each line of the command. `passed` is true for `noteLine`; else the result is that of `takeLine`. See `OutputSink`. */
export type TakeLine = (text: string, stream: 'stdout' | 'stderr', passed: boolean) => boolean

/** A command that runs with its output read. */
export interface Command {
  readonly pid: number | undefined
  /**
   * The exit code, or 128 plus the number of the signal that ended the command. Resolves when all output has been read, or when no
   * output has come for one second. Rejects if the command cannot be started.
   */
  readonly ended: Promise<number>
}

/** Passes on the bytes of lines that `takeLine` does not keep. */
export type Pass = (bytes: Buffer, stream: 'stdout' | 'stderr') => void

/** Runs a command. Its stdin, signals and exit code are as without us, and so is all output that `takeLine` does not keep. */
export function runCommand(program: string[], env: NodeJS.ProcessEnv, takeLine: TakeLine, pass: Pass): Command {
  const [command = '', ...rest] = program
  const child = spawn(command, rest, {
    env,
    stdio: ['inherit', 'pipe', 'pipe'],
    shell: process.platform === 'win32' || isLine(program),
    // Without a terminal, `detached` makes a process group, so that a signal reaches all of its processes. Shells and npm do not pass
    // signals on.
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

/** Whether the command is one text for a shell, as in `-- "node app.js"`: it has a space, and no file has this name. */
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

/** Resolves when the stream has ended. If the reader of our output is slow, the command must wait, as it would without us. */
function readStream(source: Readable, target: Writable, sink: OutputSink, quiet: { since: number }): Promise<void> {
  const reader = new OutputReader(sink)
  source.on('data', (chunk: Buffer) => {
    quiet.since = Date.now()
    reader.write(chunk)
    if (target.writableNeedDrain) source.pause()
  })
  target.on('drain', () => source.resume())
  // Our output was closed. Close the command's output, too, so that its next write fails as it would without us.
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
  // The terminal itself sends Ctrl-C to the command. If we passed it on, it would come twice.
  process.on('SIGINT', () => sharesTerminal() || send(child, 'SIGINT'))
}

function send(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid && !sharesTerminal() && process.platform !== 'win32') process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // The command has ended itself.
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

/** Resolves when no output has come for a second. A process that the command has left running may keep its output open without end. */
async function untilQuiet(quiet: { since: number }): Promise<void> {
  quiet.since = Date.now()
  while (Date.now() - quiet.since < 1000) {
    await new Promise(resolve => setTimeout(resolve, 100).unref())
    if (process.stdout.writableNeedDrain || process.stderr.writableNeedDrain) quiet.since = Date.now()
  }
}
