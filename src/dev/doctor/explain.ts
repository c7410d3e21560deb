import { type Logger, loggerNames } from './loggers'
import { type Rule, rules } from './rules/index'

/** The long text of a rule, as in docs/doctor.md. */
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

It checks any Node application with dd-trace. It also checks lines of other languages, as far as the same rules apply. Each finding has a
code, the number of lines, the first of these lines with the words marked, the reason, and the change for your logger. No data leaves the
machine.

**A log.** It may have any size: only one chunk is in memory at a time. A line outside of a request needs no ids. So lines without ids are
a finding only if one of them is from a request, or if there are 50 or more and no line has ids.

**A run.** The doctor runs the command with a local agent. Either the doctor makes the requests, or you do:

\`\`\`
npx spanlog doctor --requests http://localhost:3000/posts/7 -- node app.js
npx spanlog doctor --for 30s -- npm start
\`\`\`

\`--requests\` takes a URL or a file of URLs, sends these requests one after the other, and then ends the command. Without it, the command
runs until it ends, until Ctrl-C, or for the time of \`--for\`. The options of the doctor stand before \`--\`. The output of the command goes
to standard error.

**Source and configuration.** The doctor parses JavaScript and TypeScript. It reads package.json, lock files, Dockerfile, compose, Kubernetes
and serverless YAML, Procfile, .env, pm2 and bundler configuration.

**In CI.** \`--json\` prints \`{ findings, lines, linked, outside, fine, notKnowable, notLookedAt, problems }\`, and a finding is \`{ code, title,
lines, of, share, example: { line, text, mark, file }, why, fix }\`. With \`--baseline doctor.json\`, an earlier output of \`--json\`, only
new findings count: a new code, or more places of the same code. The exit code is 0 without such findings, 1 with findings, and 2 if an
input could not be read.

**What it cannot know:** whether the account's reserved attributes or pipelines were changed; whether the lines were sent to Datadog, and not
dropped by a quota, a filter or a role; whether they were older than 18 hours when they arrived.`

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

/** Where a rule finds its cause: in a log, in a run, or in the source. */
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
