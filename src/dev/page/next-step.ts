import { computed } from '@preact/signals'
import type { LineRow, State } from '../api'
import { allLines } from './store'

/** The next step, after which a request will arrive. */
interface Step {
  readonly why: string
  readonly title: string
  readonly command: string
  readonly hint: string
}

export function nextStep(now: State): Step {
  if (now.command !== undefined && !now.running) return startAgain(now.command)
  if (now.command === undefined && now.tracers.length === 0) return startOne(now)
  const why = now.tracers.length > 0 ? 'The application runs and its tracer reports here.' : 'The application runs.'
  const { command, hint } = request.value
  return { why, title: 'Send one', command, hint }
}

function startAgain(command: string): Step {
  return {
    why: 'The command has ended, so no request can come.',
    title: 'Start it again',
    command: command.includes(' (the script ') ? 'npx spanlog dev' : `npx spanlog dev -- ${command}`,
    hint: 'Its last lines say why it ended.',
  }
}

function startOne({ agentUrl }: State): Step {
  return {
    why: 'No command was given: any Datadog tracer on this machine can report here.',
    title: 'Start an application',
    command: `DD_TRACE_AGENT_URL=${agentUrl} node --require dd-trace/init app.js`,
    hint: 'The address is the agent of this page.',
  }
}

/** A request to the address that is named in the first 200 lines. */
const request = computed(() => {
  for (const line of allLines.value.slice(0, 200)) {
    const address = addressIn(line)
    if (address) return { command: `curl ${address}`, hint: 'The address is taken from a line of the application.' }
  }
  return { command: 'curl http://localhost:3000/', hint: 'Take the port of your application.' }
})

function addressIn({ fields, message }: LineRow): string | undefined {
  const address = /\bhttps?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:\w/.-]*/.exec(message)?.[0]
  if (address) return address
  const port =
    fields.port ?? /(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\bport)\s*[:=]?\s*(\d{2,5})\b/i.exec(message)?.[1]
  return /^\d{2,5}$/.test(String(port)) ? `http://localhost:${port}/` : undefined
}
