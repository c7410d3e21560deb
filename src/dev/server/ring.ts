/** A list that grows at its end and is shortened at its start. Neither takes longer for a long list. */
export class Ring<T> {
  #items: (T | undefined)[] = []
  #start = 0

  get length(): number {
    return this.#items.length - this.#start
  }

  get first(): T | undefined {
    return this.#items[this.#start]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#start]
    if (this.length === 0) return undefined
    this.#items[this.#start++] = undefined
    if (this.#start > 1000 && this.#start > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
    return item
  }

  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#start + index]
  }

  slice(from = 0, to: number = this.length): T[] {
    return this.#items.slice(this.#start + Math.max(0, from), this.#start + Math.max(0, to)) as T[]
  }

  /**
   * The index of the first item for which `isAfter` is true; `length` if there is none. This is a binary search: `isAfter` must be true
   * for every later item, too.
   */
  search(isAfter: (item: T) => boolean): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAfter(this.at(middle) as T)) high = middle
      else low = middle + 1
    }
    return low
  }

  clear(): void {
    this.#items = []
    this.#start = 0
  }
}
