import { computed } from '@preact/signals'
import type { LineRow, State } from '../api'
import { formatClock, formatCount } from './format'
import { Icon } from './icon'
import { hashOf } from './route'
import { copy } from './say'
import { allLines, state } from './store'

/** What has arrived so far and what has not, and the one thing to do next. */
export function Empty() {
  const now = state.value
  if (!now) return <main class="main" aria-label="Requests" aria-busy="true" />
  const next = nextStep(now)
  return (
    <main class="main" aria-label="Requests">
      <div class="scroll" tabIndex={0} role="region" aria-label="What has arrived">
        <div class="empty">
          <h1>{now.traces > 0 || now.dropped.traces > 0 ? 'No request is kept' : 'Waiting for the first request'}</h1>
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

interface Step {
  readonly why: string
  readonly title: string
  readonly command: string
  readonly hint: string
}

function nextStep(now: State): Step {
  if (now.command !== undefined && !now.running) {
    return {
      why: 'The command has ended, so no request can come.',
      title: 'Start it again',
      command: `npx spanlog dev -- ${now.command}`,
      hint: 'Its last lines say why it ended.',
    }
  }
  if (now.command === undefined && now.tracers.length === 0) {
    return {
      why: 'No command was given: any Datadog tracer on this machine can report here.',
      title: 'Start an application',
      command: `DD_TRACE_AGENT_URL=${now.agentUrl} node --require dd-trace/init app.js`,
      hint: 'The address is the agent of this page.',
    }
  }
  const why = now.tracers.length > 0 ? 'The application runs and its tracer reports here.' : 'The application runs.'
  return {
    why,
    title: 'Send one',
    command: `curl http://localhost:${port.value ?? 3000}/`,
    hint: port.value
      ? `Port ${port.value} is taken from a line of the application.`
      : 'Take the port of your application.',
  }
}

/** The port that a line of the application tells. */
const port = computed(() => {
  for (const line of allLines.value.slice(0, 200)) {
    const found = portIn(line)
    if (found) return found
  }
  return undefined
})

function portIn({ fields, message }: LineRow): string | undefined {
  const field = fields.port
  if (typeof field === 'number' || (typeof field === 'string' && /^\d{2,5}$/.test(field))) return String(field)
  return /(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\bport)\s*[:=]?\s*(\d{2,5})\b/i.exec(message)?.[1]
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
