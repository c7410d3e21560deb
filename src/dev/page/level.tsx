/** Four looks; what a logger calls otherwise takes the nearest. */
export function levelClass(level: string): string {
  if (/^(error|err|fatal|crit|critical|alert|emerg|emergency|panic)$/.test(level)) return 'error'
  if (/^warn/.test(level)) return 'warn'
  if (/^(debug|trace|silly|verbose|finest|finer|fine)$/.test(level)) return 'debug'
  return level ? 'info' : 'none'
}

export function Level({ level }: { level: string }) {
  return <span class={`level level-${levelClass(level)}`}>{level || '–'}</span>
}

const worst = ['none', 'debug', 'info', 'warn', 'error']

export function worseLevel(a: string, b: string): string {
  return worst.indexOf(levelClass(b)) > worst.indexOf(levelClass(a)) ? b : a
}
