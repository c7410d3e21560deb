/** A file that is not source code. */
export interface TextFile {
  /** Relative to the root of the project. */
  readonly path: string
  readonly text: string
}

/** The number of the line, from 1, that contains a position. */
export function lineAt(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** A line by its number, without the space around it. */
export function lineOf(text: string, line: number): string {
  return text.split('\n', line)[line - 1]?.trim() ?? ''
}
