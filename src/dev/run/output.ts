import { stripVTControlCharacters } from 'node:util'
import { prettyHead } from '../agent/lines'

/** Where a program's output goes. */
export interface OutputSink {
  /** A whole line, without its end. True keeps it from being passed on: it will be shown in another way. */
  takeLine(text: string): boolean
  /** A line that was passed on already, in parts, since its end was long in coming. */
  noteLine(text: string): void
  /** Bytes for the terminal, as they came. */
  pass(bytes: Buffer): void
}

/**
 * Cuts a program's output into lines without changing a byte of what is passed on. What has no line break yet, such as a prompt or a
 * progress bar, waits 30 ms for one. The lines of one pretty-printed record are joined.
 */
export class OutputReader {
  /** The line that has not ended: for reading, as much as a line may have. */
  #open: Buffer[] = []
  #openSize = 0
  /** Whether the start of that line was passed on, so that the rest has to be, too. */
  #passed = false
  /** A pretty-printed record whose fields may follow. */
  #record?: { text: string; bytes: Buffer[] }
  #out: Buffer[] = []
  #timer?: NodeJS.Timeout

  constructor(private readonly sink: OutputSink) {}

  write(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(lineBreak); end >= 0; end = chunk.indexOf(lineBreak, start)) {
      this.#endLine(chunk.subarray(start, end + 1))
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    this.#send()
    if (this.#openSize > 0 || this.#record) this.#timer ??= setTimeout(() => this.#lateEnd(), patience)
  }

  /** The program has ended: nothing waits any more. */
  end(): void {
    clearTimeout(this.#timer)
    if (this.#openSize > 0) this.#endLine(Buffer.alloc(0))
    this.#endRecord()
    this.#send()
  }

  #keep(bytes: Buffer): void {
    if (this.#passed) this.#out.push(bytes)
    if (this.#openSize < longestLine) this.#open.push(bytes)
    this.#openSize += bytes.length
    if (this.#openSize > longestLine) this.#passOpen()
  }

  #endLine(rest: Buffer): void {
    const bytes = this.#open.length > 0 ? Buffer.concat([...this.#open, rest]) : rest
    const text = textOf(bytes)
    if (this.#passed) {
      this.#out.push(rest)
      this.sink.noteLine(text)
    } else if (!this.#joins(text, bytes)) {
      this.#endRecord()
      if (this.#startsRecord(text)) this.#record = { text, bytes: [bytes] }
      else if (!this.sink.takeLine(text)) this.#out.push(bytes)
    }
    this.#open = []
    this.#openSize = 0
    this.#passed = false
  }

  #startsRecord(text: string): boolean {
    return prettyHead.test(text.includes('\u001b') ? stripVTControlCharacters(text) : text)
  }

  #joins(text: string, bytes: Buffer): boolean {
    const record = this.#record
    if (!record || !text.startsWith('    ') || record.text.length > longestRecord) return false
    record.text += `\n${text}`
    record.bytes.push(bytes)
    return true
  }

  #endRecord(): void {
    const record = this.#record
    this.#record = undefined
    if (record && !this.sink.takeLine(record.text)) this.#out.push(...record.bytes)
  }

  #lateEnd(): void {
    this.#timer = undefined
    this.#endRecord()
    if (this.#openSize > 0) this.#passOpen()
    this.#send()
  }

  #passOpen(): void {
    if (this.#passed) return
    this.#endRecord()
    this.#passed = true
    this.#out.push(...this.#open)
  }

  #send(): void {
    const out = this.#out
    this.#out = []
    if (out.length > 0) this.sink.pass(out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out))
  }
}

const lineBreak = 0x0a
/** Milliseconds. */
const patience = 30
/** Bytes of a line that are read: what Datadog takes. */
const longestLine = 1024 * 1024
/** Characters of a pretty-printed record. */
const longestRecord = 64 * 1024

function textOf(bytes: Buffer): string {
  let end = Math.min(bytes.length, longestLine)
  if (bytes[end - 1] === lineBreak) end--
  if (bytes[end - 1] === 0x0d) end--
  return bytes.toString('utf8', 0, end)
}
