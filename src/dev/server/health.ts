import type { Health as HealthAnswer } from '../api'
import { Health } from '../doctor/judge'
import type { Store } from './store'

/** The doctor's findings for the lines of the store. It reads the lines only when the findings are requested. */
export class HealthWatch {
  #health = new Health()
  #seen = 0

  constructor(private readonly store: Store) {}

  /**
   * Reads new lines for at most 50 ms, then returns the findings so far. The next call reads on. Without the limit 50,000 lines would block
   * the server.
   */
  read(): HealthAnswer {
    const deadline = Date.now() + moment
    if (this.#seen < this.store.firstLine - 1) this.#seen = this.store.firstLine - 1
    for (const { n, raw } of this.store.linesAfter(this.#seen)) {
      this.#health.add(raw, n)
      this.#seen = n
      if (Date.now() > deadline) break
    }
    return { findings: this.#health.findings(), unread: this.store.lastLine - this.#seen }
  }

  /** Forgets the counts. */
  clear(): void {
    this.#health = new Health()
  }
}

/** Milliseconds. */
const moment = 50
