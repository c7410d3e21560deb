export interface Run {
  readonly lines: number
}
