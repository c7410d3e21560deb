/** A place in a file of the project. */
export interface Place {
  /** Relative to the root of the project. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly text: string
  /** The words to mark. */
  readonly mark?: string
}
