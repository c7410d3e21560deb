import { isAscii } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** An input that cannot be read. The message is one sentence with the reason, and often the correction. */
export class BadInput extends Error {}

/** Takes each line of a log, with its number from 1. */
export interface LineTaker {
  add(line: string, n: number): void
}

/**
 * Reads a file of lines, gzipped or not, of any size, and passes each line to the taker. It keeps one chunk in memory at a time.
 *
 * @throws {BadInput} if the file does not exist or is no text, or if a line is longer than 64 MB
 */
export async function readFileOfLines(path: string, taker: LineTaker): Promise<void> {
  const stream = createReadStream(path, { highWaterMark: 1 << 20 })
  try {
    await readLines(stream, path, taker)
  } catch (error) {
    throw error instanceof BadInput ? error : new BadInput(whatFailed(error as NodeJS.ErrnoException, path))
  } finally {
    stream.destroy()
  }
}

/** Like `readFileOfLines`, for standard input and other streams. */
export async function readLines(stream: Readable, name: string, taker: LineTaker): Promise<void> {
  const lines = new Lines(name, taker)
  for await (const chunk of await unzipped(stream)) lines.take(chunk)
  lines.end()
}

async function unzipped(stream: Readable): Promise<Readable> {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()
  const { value: first = Buffer.alloc(0), done } = await chunks.next()
  const whole = async function* () {
    if (!done) yield first
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  const source = Readable.from(whole(), { objectMode: false, highWaterMark: 1 << 20 })
  if (first[0] !== 0x1f || first[1] !== 0x8b) return source
  const gunzip = createGunzip({ chunkSize: 1 << 18 })
  source.once('error', error => gunzip.destroy(error))
  return source.pipe(gunzip)
}

function whatFailed({ code, message }: NodeJS.ErrnoException, path: string): string {
  if (code === 'ENOENT') return `There is no file \`${path}\`.`
  if (code === 'EACCES') return `This user may not read \`${path}\`.`
  if (code?.startsWith('Z_')) return `\`${path}\` is a broken gzip file: only the lines before the break were read.`
  return `\`${path}\` cannot be read: ${message}.`
}

/** Cuts chunks of bytes into lines. */
class Lines {
  #n = 0
  /** The beginning of a line whose end has not come. At most one chunk more than Datadog would read of it is kept. */
  #rest: Buffer[] = []
  #restBytes = 0
  #started = false

  constructor(
    private readonly name: string,
    private readonly taker: LineTaker,
  ) {}

  take(chunk: Buffer): void {
    this.#check(chunk)
    const first = chunk.indexOf(newLine)
    const last = chunk.lastIndexOf(newLine)
    if (first >= 0) {
      this.#keep(chunk.subarray(0, first))
      this.#flush()
      this.#each(textOf(chunk.subarray(first + 1, last + 1)))
    }
    this.#keep(chunk.subarray(last + 1))
  }

  end(): void {
    if (this.#restBytes) this.#flush()
  }

  #each(text: string): void {
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      this.#take(text.slice(from, end))
      from = end + 1
    }
  }

  #take(line: string): void {
    this.taker.add(line.charCodeAt(line.length - 1) === carriageReturn ? line.slice(0, -1) : line, ++this.#n)
  }

  #flush(): void {
    this.#take(textOf(Buffer.concat(this.#rest)))
    this.#rest = []
    this.#restBytes = 0
  }

  #keep(part: Buffer): void {
    if (this.#restBytes <= enough) this.#rest.push(part)
    this.#restBytes += part.length
    if (this.#restBytes <= endless) return
    throw new BadInput(`Line ${this.#n + 1} of \`${this.name}\` does not end within 64 MB: is it a log?`)
  }

  #check(chunk: Buffer): void {
    if (!this.#started && isUtf16(chunk)) {
      throw new BadInput(
        `\`${this.name}\` is UTF-16. Convert it first: iconv -f UTF-16 -t UTF-8 ${this.name} | spanlog doctor`,
      )
    }
    this.#started = true
    if (chunk.includes(0)) {
      throw new BadInput(`\`${this.name}\` is not text: there is a zero byte after line ${this.#n}.`)
    }
  }
}

const newLine = 10
const carriageReturn = 13
/** Bytes of a line that are kept. Datadog reads 1 MB of a line. */
const enough = 1_000_001
/** Bytes. A longer line would fill the memory, and no log has one. */
const endless = 64 * 1024 * 1024

/** Nearly all logs are ASCII. For ASCII, latin1 gives the same string as utf8, and decodes a chunk of 1 MB several times faster. */
function textOf(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString('latin1') : bytes.toString()
}

function isUtf16(start: Buffer): boolean {
  const mark = start.length > 1 ? start.readUInt16BE(0) : 0
  return mark === 0xfffe || mark === 0xfeff
}
