/** Our standard output. The command's output and our own texts are written to it. */
export class Terminal {
  #midLine = false
  #unprinted = 0
  /** Texts that are written together, because a busy application has thousands per second. */
  #texts = ''

  /** Writes bytes of the command, unchanged. */
  pass(bytes: Buffer): void {
    this.#write()
    this.#midLine = bytes.at(-1) !== 0x0a
    process.stdout.write(bytes)
  }

  /**
   * Prints a text on its own lines. If over 4 MB of output are unread, the text is dropped and counted. Otherwise a slow terminal would
   * fill the memory.
   */
  print(text: string): void {
    if (process.stdout.writableLength + this.#texts.length > mostWaiting) {
      this.#unprinted++
      return
    }
    const before = this.#midLine ? '\n' : ''
    const missed = this.#unprinted
      ? `spanlog: ${this.#unprinted} traces were not printed because there was too much output; they are on the page\n\n`
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
