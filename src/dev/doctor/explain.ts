import { type Logger, loggerNames } from './loggers'
import { type Rule, rules } from './rules/index'

/** The long text of a rule, as docs/doctor.md has it. */
export function explain(rule: Rule): string {
  const { code, title, why, looks, sources } = rule
  return [
    `### \`${code}\``,
    `**${title}.** ${why}`,
    `Found ${howFound(rule)}. It looks like this:`,
    block(looks),
    'What to change:',
    ...fixes(rule),
    `Sources: ${sources.map(source => `<${source}>`).join(', ')}`,
  ].join('\n\n')
}

/** The part of docs/doctor.md that is made from the rules. */
export function explainAll(): string {
  return `${rules.map(explain).join('\n\n')}\n`
}

/** In which of the three kinds of look a rule finds its cause. */
export function howFound({ line, lines, run, project }: Rule): string {
  const ways = [
    line || lines ? 'in a log' : '',
    run ? 'in a run' : '',
    project ? 'in source or configuration' : '',
  ].filter(Boolean)
  return ways.length > 1 ? `${ways.slice(0, -1).join(', ')} and ${ways[ways.length - 1]}` : (ways[0] ?? '')
}

function fixes({ fix }: Rule): string[] {
  const { any, ...perLogger } = fix
  const others = Object.entries(perLogger).filter(([, text]) => text !== any) as [Logger, string][]
  return [block(any), ...others.flatMap(([logger, text]) => [`With ${loggerNames[logger]}:`, block(text)])]
}

function block(text: string): string {
  return ['```', text, '```'].join('\n')
}
