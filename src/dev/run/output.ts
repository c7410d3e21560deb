import { stripVTControlCharacters } from 'node:util'
import { prettyHead } from '../agent/lines'

/** Receives the output of a program. */
export interface OutputSink {
  /** Receives a whole line, without its line break. If it returns true, the line is not passed on. */
  takeLine(text: string): boolean
  /** Receives a line that was passed on already, in parts, because its end did not come in time. */
  noteLine(text: string): void
  /** Receives the bytes for the terminal, unchanged. */
  pass(bytes: Buffer): void
}

/**
 * Splits a program's output into lines. Bytes that are passed on do not change. Text without a line break, such as a prompt or a
 * progress bar, is passed on after 30 ms. The lines of one pretty-printed record are joined.
 */
export class OutputReader {
  /** The beginning of the line that has not ended. It is not kept beyond `longestLine`. */
  #open: Buffer[] = []
  #openSize = 0
  /** Whether the beginning of that line was passed on. Then the rest is passed on, too. */
  #passed = false
  /** A pretty-printed record, while more lines of it may come. */
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

  /** Call this when the program has ended. Passes on all that is held. */
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
/** Bytes of a line that are read. Datadog cuts longer lines at 1 MB. */
const longestLine = 1024 * 1024
/** Most characters of a pretty-printed record. */
const longestRecord = 64 * 1024

function textOf(bytes: Buffer): string {
  let end = Math.min(bytes.length, longestLine)
  if (bytes[end - 1] === lineBreak) end--
  if (bytes[end - 1] === 0x0d) end--
  return bytes.toString('utf8', 0, end)
}
