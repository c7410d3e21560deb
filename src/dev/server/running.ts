import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { State } from '../api'
import { fetchJson } from './fetch-json'
import { agentPort } from './port'

interface Address {
  readonly url: string
  readonly pid: number
}

/** Writes the panel's address to a file, where the user's other commands find it. Returns a function that removes the file. */
export function announce(url: string): () => void {
  const before = readAddress()
  write({ url, pid: process.pid })
  return () => {
    if (readAddress()?.pid !== process.pid) return
    remove(fileName())
    // Write the address of the panel that was started before, if it still runs. Otherwise it would no longer be found.
    if (before && isAlive(before.pid)) write(before)
  }
}

function write(address: Address): void {
  const file = fileName()
  try {
    rmSync(file, { force: true })
    // O_EXCL and 0600: other users can write to the temp folder. Without O_EXCL we would write through a symlink that one of them has
    // put there.
    const descriptor = openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600)
    writeSync(descriptor, JSON.stringify(address))
    closeSync(descriptor)
  } catch {
    // Without the file the panel is found only if it has the default port.
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // The folder is no longer writable. The file may stay: its reader checks that the address answers.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The address of the running panel; `undefined` if there is none. */
export async function findRunning(): Promise<string | undefined> {
  const url = readAddress()?.url
  // The panel in the file runs, but on a busy machine its answer may take long.
  if (url && (await isPanel(url, 20_000))) return url
  const usual = `http://127.0.0.1:${agentPort}`
  return (await isPanel(usual, 2000)) ? usual : undefined
}

function readAddress(): Address | undefined {
  try {
    const descriptor = openSync(fileName(), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    try {
      const ours = fstatSync(descriptor).uid === (process.getuid?.() ?? fstatSync(descriptor).uid)
      const { url, pid } = JSON.parse(readFileSync(descriptor, 'utf8'))
      return ours && /^http:\/\/127\.0\.0\.1:\d+$/.test(url) ? { url, pid } : undefined
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}

function fileName(): string {
  return join(process.env.XDG_RUNTIME_DIR || tmpdir(), `spanlog-${process.getuid?.() ?? userInfo().username}.json`)
}

async function isPanel(url: string, milliseconds: number): Promise<boolean> {
  try {
    const state = (await fetchJson(`${url}/api/state`, milliseconds)) as State
    return state.agentUrl === url
  } catch {
    return false
  }
}
