import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LogLine } from '../agent/lines'
import { agentHandler, createHiddenServer } from '../agent/server'
import type { State } from '../api'
import { version } from '../version'
import { isPanel, panelHandler } from './answers'
import { EventStream } from './events'
import { forProgramsOnly } from './guard'
import { HealthWatch } from './health'
import { intakeHandler, isIntake } from './intake'
import { readPage } from './page'
import { type Bounds, defaultBounds, Store } from './store'

/** The command that runs beside the panel. */
type Run = Pick<State, 'command' | 'running' | 'exitCode' | 'pid' | 'saved'>

/** A Datadog agent and the page that shows what it receives, on one port of the loopback interface. */
export interface PanelServer {
  readonly url: string
  readonly port: number
  readonly store: Store
  /** Sets the command that the page shows. */
  setRun(run: Run): void
  /** Calls `listener` with each line that a program posts. */
  onIntake(listener: (line: LogLine) => void): void
  /** Sends the last changes to the pages, and stops. */
  close(): Promise<void>
}

export interface PanelOptions {
  /** @default 0, a free port */
  port?: number
  bounds?: Bounds
}

/** @throws if it cannot listen there */
export async function startPanel({ port = 0, bounds = defaultBounds }: PanelOptions = {}): Promise<PanelServer> {
  const tracers = new Set<string>()
  let run: Run = { running: false, saved: false }
  let url = ''
  const store = new Store(bounds, () => events.changed())
  const state = () => stateOf(store, run, url, tracers)
  const events = new EventStream(store, state)
  const answerPanel = panelHandler({ store, events, state, health: new HealthWatch(store), page: readPage() })
  const listeners: ((line: LogLine) => void)[] = []
  const answerIntake = intakeHandler(line => {
    store.addLine(line, 'intake')
    for (const listener of listeners) listener(line)
  })
  const answerAgent = agentHandler((spans, headers) => {
    if (tracers.size < 20) tracers.add(tracerOf(headers))
    store.addSpans(spans)
  }, largestBody)
  const answerProgram = forProgramsOnly((request, response) => {
    if (isIntake(pathOf(request))) answerIntake(request, response)
    else answerAgent(request, response)
  })
  const server = createHiddenServer((request, response) => {
    if (isPanel(pathOf(request))) answerPanel(request, response)
    else answerProgram(request, response)
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address() as AddressInfo
  url = `http://127.0.0.1:${address.port}`
  return {
    url,
    port: address.port,
    store,
    setRun(now) {
      run = now
      events.changed()
    },
    onIntake: listener => void listeners.push(listener),
    close: () => {
      events.close()
      return new Promise(resolve => {
        server.close(() => resolve())
        setTimeout(() => server.closeAllConnections(), patience).unref()
        server.closeIdleConnections()
      })
    },
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

/** Bytes, as in Datadog's agent. */
const largestBody = 50 * 1024 * 1024

/** Milliseconds in which a page may read the last changes. */
const patience = 100

function stateOf(store: Store, run: Run, agentUrl: string, tracers: Set<string>): State {
  const { counts, lines, bounds, services } = store
  return {
    version: version(),
    ...run,
    agentUrl,
    tracers: [...tracers],
    services,
    traces: counts.traces,
    spans: counts.spans,
    lines,
    linked: counts.linked,
    dropped: { traces: counts.droppedTraces, lines: counts.droppedLines },
    bounds,
  }
}

/** Language and version of a tracer, such as `nodejs v20.20.0, tracer 5.132.0`. */
function tracerOf(headers: IncomingHttpHeaders): string {
  const header = (name: string) => String(headers[`datadog-meta-${name}`] ?? '?')
  return `${header('lang')} ${header('lang-version')}, tracer ${header('tracer-version')}`
}
