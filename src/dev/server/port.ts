import { connect } from 'node:net'
import { fetchJson } from './fetch-json'
import { type PanelOptions, type PanelServer, startPanel } from './index'

/** The port to which tracers send by default. */
export const agentPort = 8126

/** A panel. `taken` names the program that uses the agent's port; absent if the port was free. */
export interface Started {
  readonly panel: PanelServer
  readonly taken?: string
}

/** Starts the panel on the agent's port, or on another one if a program listens there already. */
export async function startOnFreePort(options: Omit<PanelOptions, 'port'>): Promise<Started> {
  const taken = await holderOf(agentPort)
  for (const port of [...(taken ? [] : [agentPort]), ...nextPorts, 0]) {
    try {
      return {
        panel: await startPanel({ ...options, port }),
        taken: port === agentPort ? undefined : (taken ?? 'another program'),
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port === 0) throw error
    }
  }
  throw new Error('no port is free')
}

/** Fixed ports to try after 8126, so that a bookmark of the page still works after a restart. */
const nextPorts = Array.from({ length: 8 }, (_, at) => agentPort + 1 + at)

/**
 * The program that listens on a port; `undefined` if there is none. On macOS, listening succeeds if the other one listens on all
 * addresses.
 */
async function holderOf(port: number): Promise<string | undefined> {
  if (!(await answers(port))) return undefined
  const url = `http://127.0.0.1:${port}`
  if ((await json(`${url}/api/state`))?.agentUrl) return 'another `spanlog dev`'
  return (await json(`${url}/info`))?.endpoints ? 'a Datadog agent' : 'another program'
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
    socket.setTimeout(500, () => end(true))
  })
}

async function json(url: string): Promise<Record<string, unknown> | undefined> {
  try {
    return (await fetchJson(url, 500)) as Record<string, unknown>
  } catch {
    return undefined
  }
}
