// The goals of the package, each a ratio of what one thing adds to what another adds.
import { fromTurns } from './stats.mjs'

const share = (one, base, other) => (one - base) / (other - base)

/** What each goal compares, and how much it may be. */
const goals = [
  {
    name: 'spanlog adds, of what the hand-written minimum adds',
    most: 0.7,
    of: ['spanlog', 'bare + pino', 'minimum'],
    ratio: share,
  },
  {
    name: 'of what dd-trace automatic + pino-http adds',
    most: 0.3,
    of: ['spanlog', 'bare + pino', 'dd-trace automatic + pino-http'],
    ratio: share,
  },
  {
    name: 'of what dd-trace automatic + pino adds',
    most: 0.35,
    of: ['spanlog', 'bare + pino', 'dd-trace automatic + pino'],
    ratio: share,
  },
  {
    name: 'with a namespace, of what spanlog and the namespace alone add',
    most: 1.25,
    of: ['spanlog + namespace', 'bare + pino', 'spanlog', 'cls-hooked'],
    ratio: (both, bare, spanlog, namespace) => (both - bare) / (spanlog - bare + namespace - bare),
  },
  {
    name: 'adopting, of what dd-trace automatic + pino adds',
    most: 0.25,
    of: ['spanlog adopting', 'dd-trace automatic + pino', 'bare + pino'],
    ratio: (adopting, automatic, bare) => (adopting - automatic) / (automatic - bare),
  },
]

export function goalsOf(turns) {
  const cpuOf = (configuration, name = '3 lines') =>
    turns.find(turn => turn.configuration === configuration && turn.name === name)?.cpu
  const found = goals
    .filter(({ of }) => of.every(item => cpuOf(item)))
    .map(({ name, most, of, ratio }) => ({ name, most, ...fromTurns(ratio, ...of.map(item => cpuOf(item))) }))
  const [few, many] = ['3 lines', '30 lines']
  if (!cpuOf('spanlog', many)) return found
  const line = (more, less, bareMore, bareLess) => (more - less) / (bareMore - bareLess)
  const series = [cpuOf('spanlog', many), cpuOf('spanlog', few), cpuOf('bare + pino', many), cpuOf('bare + pino', few)]
  return [
    ...found,
    {
      name: 'each further line, of a line of the bare logger',
      most: 1.1,
      ...fromTurns(line, ...series),
    },
  ]
}
