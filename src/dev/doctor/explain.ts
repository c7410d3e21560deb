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

/** The whole of docs/doctor.md. */
export function doctorDocs(): string {
  return [introduction, table(), ...rules.map(explain)].join('\n\n').concat('\n')
}

const introduction = `# \`spanlog doctor\`: why is this line not linked to its trace?

<!-- Made from src/dev/doctor/rules by \`npm run docs:doctor\`. -->

\`\`\`
npx spanlog doctor app.log             # lines: also gzipped, or as Docker or Kubernetes keep them
kubectl logs shop | npx spanlog doctor
npx spanlog doctor -- npm start        # a run: lines and traces, compared
npx spanlog doctor .                   # source and configuration: nothing is executed
\`\`\`

It judges any Node application with dd-trace, and the lines of other languages as far as the same rules hold. Each finding has a code,
the number of lines, the first of them with the words marked, the reason, and the code to change for the logger at hand. Nothing leaves
the machine.

**A log.** Any size: one chunk is kept at a time. A line without ids is right outside of a request, so that it is a finding only if it
speaks of a request, or if the logger can never carry ids.

**A run.** The command runs with a local agent. \`--requests\` takes a URL or a file of URLs, sends them one after the other, and ends the
command; else it ends with the command, with Ctrl-C, or after \`--for 30s\`. What the command writes goes to standard error.

**Source and configuration.** JavaScript and TypeScript are parsed; package.json, lock files, Dockerfile, compose, Kubernetes and serverless
YAML, Procfile, .env, pm2 and bundler configuration are read.

**In CI.** \`--json\` prints \`{ findings, lines, linked, outside, fine, notKnowable, notLookedAt, problems }\`, and a finding is \`{ code, title,
lines, of, share, example: { line, text, mark, file }, why, fix }\`. With \`--baseline doctor.json\`, an earlier output of \`--json\`, only
what is new counts: a code that was not there, or more places of the same code. The exit code is 0 when all is well, 1 when something was
found, 2 when something could not be looked at.

**What it cannot know:** whether the account's reserved attributes or pipelines were changed; whether the lines were shipped, or dropped by
a quota, a filter or a role; whether they were older than 18 hours when they came.`

function table(): string {
  const sign = (found: unknown) => (found ? '✓' : '')
  const rows = rules.map(({ code, title, line, lines, run, project }) => [
    `[\`${code}\`](#${code})`,
    title,
    ...[line ?? lines, run, project].map(sign),
  ])
  return aligned([['code', 'what was found', 'log', 'run', 'source'], ...rows])
}

function aligned([head = [], ...rows]: string[][]): string {
  const widths = head.map((cell, n) => Math.max(cell.length, ...rows.map(row => row[n]?.length ?? 0)))
  const line = (cells: string[]) => `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** In which of the three kinds of look a rule finds its cause. */
function howFound({ line, lines, run, project }: Rule): string {
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
