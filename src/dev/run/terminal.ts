/** Our own standard output, where the command's bytes and our trees meet. */
export class Terminal {
  #midLine = false
  #unprinted = 0
  /** Texts of ours that are written together: a busy application has thousands in a second. */
  #texts = ''

  /** Bytes of the command, unchanged. */
  pass(bytes: Buffer): void {
    this.#write()
    this.#midLine = bytes.at(-1) !== 0x0a
    process.stdout.write(bytes)
  }

  /** A text of ours, on lines of its own. One that the reader of our output has no time for is left out: traces do not wait for it. */
  print(text: string): void {
    if (process.stdout.writableLength + this.#texts.length > mostWaiting) {
      this.#unprinted++
      return
    }
    const before = this.#midLine ? '\n' : ''
    const missed = this.#unprinted
      ? `spanlog: ${this.#unprinted} traces were not printed, for want of time; the page has them\n\n`
      : ''
    this.#unprinted = 0
    this.#midLine = false
    if (this.#texts === '') process.nextTick(() => this.#write())
    this.#texts += `${before}${missed}${text}\n`
  }

  #write(): void {
    if (this.#texts !== '') process.stdout.write(this.#texts)
    this.#texts = ''
  }
}

/** Characters. */
const mostWaiting = 4 * 1024 * 1024
