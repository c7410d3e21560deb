/** A line without what the machinery between the program and the reader put around it. */
export interface Envelope {
  /** What the program wrote, without a line break at its end. */
  readonly text: string
  /** What stood in front of it or around it; absent where there was nothing. */
  readonly prefix?: string
  /** Who put it there: `docker`, `cri` and `compose` are taken off again by Datadog's agent or were never in the container's log. */
  readonly by?: 'docker' | 'cri' | 'compose' | 'runner'
  /** `stdout` or `stderr`, where the wrapper tells. */
  readonly stream?: string
  /** The container's runtime has split a long line here: the rest of it comes in the next one of the same stream. */
  readonly partial?: boolean
}

/**
 * Takes a line out of its wrapper: Docker's json-file (`{"log":"…","stream":"stdout","time":"…"}`), Kubernetes' CRI
 * (`2026-11-27T10:00:00.0Z stdout F …`), `docker compose` (`web-1  | …`), and what starts several programs in one terminal:
 * concurrently (`[0] …`), foreman (`10:00:00 web.1 | …`) and pm2 (`0|app  | …`). Anything else is returned as it is.
 */
export function unwrap(raw: string): Envelope {
  const first = raw.charCodeAt(0)
  // `{`: most lines are JSON, and most of that is the program's own.
  if (first === 123) return raw.startsWith('{"log":"') ? (dockerLine(raw) ?? { text: raw }) : { text: raw }
  const [, prefix, stream, flag, cri] = criLine.exec(raw) ?? []
  if (prefix !== undefined && cri !== undefined) return { text: cri, prefix, by: 'cri', stream, partial: flag === 'P' }
  for (const [by, form] of prefixes) {
    const [, before, text] = form.exec(raw) ?? []
    if (before !== undefined && text !== undefined) return { text, prefix: before, by }
  }
  return { text: raw }
}

const criLine = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?::\S+)? )(.*)$/s

const prefixes: readonly ['compose' | 'runner', RegExp][] = [
  ['runner', /^(\d\d:\d\d:\d\d [\w.-]+\.\d+ +\| )(.*)$/s],
  ['runner', /^(\d+\|[\w.-]+ +\| )(.*)$/s],
  ['compose', /^([\w.-]+[-_]\d+ +\| )(.*)$/s],
  // Only in front of JSON or of ids: in front of words, brackets are the logger's own.
  ['runner', /^(\[[\w.:-]{1,40}\] )(\{.*|\[[^\]]*dd\.trace_id=.*)$/s],
]

/** Docker writes these keys and no others; a shipper's record that also has a `log` is not Docker's. */
const dockerKeys = new Set(['log', 'stream', 'time', 'attrs'])

function dockerLine(raw: string): Envelope | undefined {
  const record = parse(raw)
  if (typeof record?.log !== 'string' || typeof record.stream !== 'string') return undefined
  if (!Object.keys(record).every(key => dockerKeys.has(key))) return undefined
  // Docker cuts at 16,384 bytes; a short line without a line break is a program's last words.
  const partial = !record.log.endsWith('\n') && record.log.length > 16_000
  return { text: record.log.replace(/\r?\n$/, ''), prefix: '{"log":…}', by: 'docker', stream: record.stream, partial }
}

function parse(raw: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}
