import { levelRank } from '../levels'
import { formatCount } from './format'

/** The class of a level. There are four; any other level name gets the class of its rank. */
export function levelClass(level: string): string {
  const rank = levelRank(level)
  if (rank >= 50) return 'error'
  if (rank >= 40) return 'warn'
  return rank > 0 && rank < 30 ? 'debug' : 'info'
}

/** The level of a line, or of the worst of several. */
export function Level({ level, count }: { level: string; count?: number }) {
  return (
    <span class={`level level-${levelClass(level)}`}>
      {count === undefined ? (
        level || '–'
      ) : (
        <>
          {formatCount(count)}
          <span class="hidden"> lines, the worst {level || 'without a level'}</span>
        </>
      )}
    </span>
  )
}

export function worseLevel(one: string, other: string): string {
  return levelRank(other) > levelRank(one) ? other : one
}
