/** Our own standard output, where the command's bytes and our trees meet. */
export class Terminal {
  #midLine = false
  #unprinted = 0

  /** Bytes of the command, unchanged. */
  pass(bytes: Buffer): void {
    this.#midLine = bytes.at(-1) !== 0x0a
    process.stdout.write(bytes)
  }

  /** A text of ours, on lines of its own. One that the reader of our output has no time for is left out: traces do not wait for it. */
  print(text: string): void {
    if (process.stdout.writableLength > mostWaiting) {
      this.#unprinted++
      return
    }
    const before = this.#midLine ? '\n' : ''
    const missed = this.#unprinted
      ? `spanlog: ${this.#unprinted} traces were not printed, for want of time; the page has them\n\n`
      : ''
    this.#unprinted = 0
    this.#midLine = false
    process.stdout.write(`${before}${missed}${text}\n`)
  }
}

/** Characters. */
const mostWaiting = 4 * 1024 * 1024
