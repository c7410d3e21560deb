/** A line without the wrapper that Docker, Kubernetes or a process runner has put around it. */
export interface Envelope {
  /** The program's own text, without a line break at its end. */
  readonly text: string
  /** The wrapper, or its beginning; absent if there was none. */
  readonly prefix?: string
  /**
   * The program that put it there. Datadog's agent removes the wrappers of `docker` and `cri`. That of `compose` is never in the
   * container's log.
   */
  readonly by?: 'docker' | 'cri' | 'compose' | 'runner'
  /** `stdout` or `stderr`, if the wrapper contains it. */
  readonly stream?: string
  /** The container's runtime has split a long line here: the rest of it is in the next line of the same stream. */
  readonly partial?: boolean
}

/**
 * Takes a line out of its wrapper: Docker's json-file (`{"log":"…","stream":"stdout","time":"…"}`), Kubernetes' CRI
 * (`2026-11-27T10:00:00.0Z stdout F …`), `docker compose` (`web-1  | …`), and those of the runners concurrently (`[0] …`), foreman
 * (`10:00:00 web.1 | …`) and pm2 (`0|app  | …`). Any other line is returned as it is.
 */
export function unwrap(raw: string): Envelope {
  const first = raw.charCodeAt(0)
  // `{`: most lines are JSON, and most of these are the program's own. So this quick test comes first.
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
  // Only before JSON or ids: brackets before other text are the logger's own.
  ['runner', /^(\[[\w.:-]{1,40}\] )(\{.*|\[[^\]]*dd\.trace_id=.*)$/s],
]

/** Docker writes these keys only. A record with other keys and a `log` comes from another program, such as a log shipper. */
const dockerKeys = new Set(['log', 'stream', 'time', 'attrs'])

function dockerLine(raw: string): Envelope | undefined {
  const record = parse(raw)
  if (typeof record?.log !== 'string' || typeof record.stream !== 'string') return undefined
  if (!Object.keys(record).every(key => dockerKeys.has(key))) return undefined
  // Docker splits lines at 16,384 bytes. A shorter line without a line break was not split: the program ended in the middle of it.
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
