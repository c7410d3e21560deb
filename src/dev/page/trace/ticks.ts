import { formatDuration } from '../format'
import type { Range } from './rows'

export interface Tick {
  /** Milliseconds from the start of the trace. */
  readonly at: number
  readonly label: string
}

/** Round times within a range. Their number is near to `about`. */
export function ticksOf({ from, to }: Range, about: number): Tick[] {
  const step = roundStep((to - from) / about)
  const ticks: Tick[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push({ at, label: labelOf(at, step) })
  return ticks
}

function roundStep(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length))
  const share = length / power
  return (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10) * power
}

function labelOf(at: number, step: number): string {
  if (at < step / 2) return '0'
  if (at < 1000) return `${at.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} ms`
  if (at < 60_000) return `${(at / 1000).toFixed(step < 100 ? 2 : step < 1000 ? 1 : 0)} s`
  return formatDuration(at)
}
