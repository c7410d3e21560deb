import { idsNotRead } from './ids-not-read'
import { newerNode } from './newer-node'
import { noIds } from './no-ids'
import type { Rule } from './rule'
import { startUp } from './start-up'
import { surroundings } from './surroundings'
import { traceDiffers } from './trace-differs'
import { traceMissing } from './trace-missing'

export type { Rule } from './rule'

/** All rules, in the order of docs/doctor.md. */
export const rules: readonly Rule[] = [
  ...noIds,
  ...startUp,
  newerNode,
  ...surroundings,
  ...idsNotRead,
  ...traceDiffers,
  ...traceMissing,
]

const byCode = new Map(rules.map(rule => [rule.code, rule]))

export function ruleOf(code: string): Rule | undefined {
  return byCode.get(code)
}

/** The rules that read a single line. */
export const lineRules = rules.filter(rule => rule.line !== undefined) as readonly (Rule & {
  line: NonNullable<Rule['line']>
})[]
