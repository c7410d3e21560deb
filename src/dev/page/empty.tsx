import type { State } from '../api'
import { formatClock, formatCount } from './format'
import { Icon } from './icon'
import { nextStep } from './next-step'
import { hashOf } from './route'
import { copy } from './say'
import { allLines, state } from './store'

/** Shows which things have arrived so far, and the next step. */
export function Empty() {
  const now = state.value
  if (!now) return <main class="main" aria-label="Requests" aria-busy="true" />
  const next = nextStep(now)
  return (
    <main class="main" aria-label="Requests">
      <div class="scroll" tabIndex={0} role="region" aria-label="What has arrived">
        <div class="empty">
          <h2>{now.traces > 0 || now.dropped.traces > 0 ? 'No request is kept' : 'Waiting for the first request'}</h2>
          <p class="soft">{next.why}</p>
          <ul class="checks">
            {checksOf(now).map(check => (
              <li key={check.name}>
                <span class={check.done ? 'green' : 'muted'}>
                  <Icon name={check.done ? 'done' : 'wait'} />
                  <span class="hidden">{check.done ? 'done' : 'not yet'}</span>
                </span>
                <span>{check.name}</span>
                <span class="soft">{check.text}</span>
              </li>
            ))}
          </ul>
          <h2>{next.title}</h2>
          <Command text={next.command} />
          <p class="muted">{next.hint} You can also drop a saved trace on this page.</p>
          <LastLines />
        </div>
      </div>
    </main>
  )
}

interface Check {
  readonly name: string
  readonly done: boolean
  readonly text: preact.ComponentChildren
}

function checksOf(now: State): Check[] {
  const { tracers, traces, lines, linked } = now
  return [
    ...(now.command === undefined ? [] : [commandCheck(now)]),
    {
      name: 'Tracer',
      done: tracers.length > 0,
      text:
        tracers.length > 0
          ? `${tracers.join(', ')} reports here`
          : 'not seen yet: it reports when it starts or with the first trace',
    },
    {
      name: 'Traces',
      done: traces > 0,
      text: traces > 0 ? formatCount(traces) : 'none yet: a trace is sent when a request ends',
    },
    { name: 'Lines', done: lines > 0, text: lines > 0 ? `${formatCount(lines)} read` : 'none yet' },
    {
      name: 'Ids on lines',
      done: linked > 0,
      text:
        lines > 0
          ? `${formatCount(linked)} of ${formatCount(lines)}${linked === 0 ? ': expected before the first request' : ''}`
          : 'none yet',
    },
  ]
}

function commandCheck({ command, running, exitCode, pid }: State): Check {
  const how = running
    ? `is running${pid ? `, pid ${pid}` : ''}`
    : `has ended${exitCode === undefined ? '' : ` with code ${exitCode}`}`
  return {
    name: 'Command',
    done: running,
    text: (
      <>
        <code>{command}</code> {how}
      </>
    ),
  }
}

function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code>
        <span class="muted">$ </span>
        {text}
      </code>
      <button type="button" class="button quiet" onClick={() => copy(text, 'the command')}>
        <Icon name="copy" />
        Copy
      </button>
    </div>
  )
}

function LastLines() {
  const lines = allLines.value
  if (lines.length === 0) return null
  return (
    <section class="tail">
      <h2>
        Last lines <a href={hashOf('lines')}>All {formatCount(lines.length)}</a>
      </h2>
      <pre>
        {lines.slice(-6).map(line => (
          <span key={line.n} class={line.stream === 'stderr' ? 'amber' : ''}>
            <span class="muted">{formatClock(line.time)}</span> {`${line.message.slice(0, 300)}\n`}
          </span>
        ))}
      </pre>
    </section>
  )
}
