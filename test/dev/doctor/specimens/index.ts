import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a specimen shows: the code of the rule that must find it, or that it is well. */
export interface Specimen {
  name: string
  code: string
  sick: boolean
  lines: string[]
}

/** Runs a program that writes `>>> code sick` or `>>> code well` before the lines of each specimen. */
export function specimensOf(program: string): Specimen[] {
  const output = execFileSync(process.execPath, [join(__dirname, program)], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: {
      ...process.env,
      NO_COLOR: '1',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    },
  })
  return output
    .split('>>> ')
    .slice(1)
    .map(part => {
      const [name = '', ...lines] = part.split('\n')
      const [code = '', state] = name.split(' ')
      return { name, code, sick: state === 'sick', lines: lines.filter(Boolean) }
    })
}

const dd = { trace_id: '6b02cac80000000072ed2db9f17da9fe', span_id: '8281325566447954430' }
const json = JSON.stringify({ level: 30, time: 1795770826074, pid: 1, hostname: 'h', msg: 'loading', dd })
const long = JSON.stringify({
  level: 30,
  time: 1795770826074,
  pid: 1,
  hostname: 'h',
  body: 'x'.repeat(20_000),
  msg: 'loading',
  dd,
})
const docker = (log: string) => JSON.stringify({ log, stream: 'stdout', time: '2026-11-27T10:00:00.000000000Z' })
const lambda = (text: string) => [
  'START RequestId: 8f5e1c2d-3e4f-4a6b-9d5c-2f1f4c1e9d5c Version: $LATEST',
  `2026-11-27T10:00:00.000Z\t8f5e1c2d-3e4f-4a6b-9d5c-2f1f4c1e9d5c\tINFO\t${text}`,
  'END RequestId: 8f5e1c2d-3e4f-4a6b-9d5c-2f1f4c1e9d5c',
]
const nest = (text: string) => `[Nest] 4711  - 11/27/2026, 10:00:00 AM     LOG [PostsController] ${text}`

/** Lines that went through a tool. */
export function throughTools(): Specimen[] {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'))
  writeFileSync(join(directory, 'app.log'), `${json}\n`)
  const concurrently = join('node_modules', 'concurrently', 'dist', 'bin', 'concurrently.js')
  const run = (args: string[], input?: string) =>
    execFileSync(process.execPath, args, { encoding: 'utf8', input, env: { ...process.env, NO_COLOR: '1' } })
      .split('\n')
      .filter(line => line && !line.includes('exited with code'))
  const command = `cat ${join(directory, 'app.log')}`
  const specimens = [
    sick('text-before-json', 'by concurrently', ...run([concurrently, command])),
    well('text-before-json', 'by concurrently --raw', ...run([concurrently, '--raw', command])),
    sick('many-lines', 'by pino-pretty', ...run([join('node_modules', 'pino-pretty', 'bin.js')], `${json}\n`)),
  ]
  rmSync(directory, { recursive: true })
  return specimens
}

/** Lines in the form that their makers document: the tools are not at hand, or need a cluster. */
export const recorded: Specimen[] = [
  sick('cut-at-16k', 'by Docker, read as it came through a pipe', long.slice(0, 16_384)),
  well(
    'cut-at-16k',
    "by Docker's json-file, in two entries",
    docker(long.slice(0, 16_384)),
    docker(`${long.slice(16_384)}\n`),
  ),
  well(
    'cut-at-16k',
    "by Kubernetes' CRI, in two entries",
    `2026-11-27T10:00:00.0Z stdout P ${long.slice(0, 16_384)}`,
    `2026-11-27T10:00:00.0Z stdout F ${long.slice(16_384)}`,
  ),
  sick('broken-json', 'by two processes in one pipe', `${json.slice(0, 60)}${json}`),
  well('broken-json', 'whole', json),
  sick('text-before-json', 'by foreman', `10:00:00 web.1  | ${json}`),
  sick('text-before-json', 'by pm2', `0|app  | ${json}`),
  well('text-before-json', 'by docker compose', `web-1  | ${json}`),
  sick('json-in-string', 'by Fluent Bit', JSON.stringify({ log: `${json}\n`, kubernetes: { pod_name: 'shop' } })),
  well('json-in-string', "by Docker's json-file", docker(`${json}\n`)),
  sick('lambda-lines', 'without the layer', ...lambda('loading')),
  well('lambda-lines', 'with the layer', ...lambda(`[dd.trace_id=${dd.trace_id} dd.span_id=${dd.span_id}] loading`)),
  sick('unsupported-logger', "by Nest's logger", nest('GET /posts/7')),
  well('unsupported-logger', "by Nest's logger at start", nest('Nest application successfully started'), json),
]

function sick(code: string, how: string, ...lines: string[]): Specimen {
  return { name: `${code} sick ${how}`, code, sick: true, lines }
}

function well(code: string, how: string, ...lines: string[]): Specimen {
  return { name: `${code} well ${how}`, code, sick: false, lines }
}
