/** The rank of each level name, from the least severe to the most severe. */
const ranks: Record<string, number> = {
  ...{ silly: 5, trace: 10, verbose: 15, debug: 20, info: 30, http: 30, log: 30, success: 30, notice: 35 },
  ...{
    warn: 40,
    warning: 40,
    err: 50,
    error: 50,
    critical: 60,
    crit: 60,
    alert: 60,
    emerg: 60,
    emergency: 60,
    fatal: 60,
  },
}

/** The severity of a level, in pino's numbers: 50 is an error. 0 for a word that is no level. */
export function levelRank(level: string): number {
  return ranks[level.toLowerCase()] ?? 0
}
