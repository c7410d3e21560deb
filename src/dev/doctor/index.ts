import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import type { Finding } from '../api'
import { wrongOption } from '../commands/arguments'
import { explain } from './explain'
import { findingOf, Health } from './judge'
import { BadInput, readFileOfLines, readLines } from './log'
import type { Place } from './project/place'
import { count, type DoctorFinding, type Look, plural, type Report, reportAsJson, reportAsText } from './report'
import { type Rule, ruleOf, rules } from './rules/index'
import { inShell, misplacedOptions } from './run/misplaced'
import { readUrls } from './run/requests'
import { isEntry, type Run } from './run/run'
import { watch } from './run/watch'

const help = `Usage: spanlog doctor [options] <file or directory>...
       … | spanlog doctor [options]
       spanlog doctor [options] -- <command> [arguments]

Finds out why log lines are not linked to their trace in Datadog, and what to change.

  spanlog doctor app.log             reads lines, also gzipped or in the wrapper of Docker or Kubernetes
  kubectl logs shop | spanlog doctor
  spanlog doctor -- npm start        runs the application, and compares its lines with its traces
  spanlog doctor .                   reads source and configuration; runs nothing

Options
  --json             prints JSON, for programs
  --baseline FILE    an earlier output of --json: only new findings make the exit code 1
  --explain CODE     prints all about one finding
  --requests WHAT    a URL, or a file of URLs: sends these requests to the command, then ends it
  --for TIME         ends the command after this time, such as 30s or 5m
  --help             this text

The exit code is 0 without findings, 1 with findings, and 2 if an input could not be read.
`

/**
 * \`spanlog doctor …\`: writes what it finds to standard output.
 *
 * @param args the arguments after `doctor` on the command line
 * @returns the exit code
 */
export async function runDoctor(args: string[]): Promise<number> {
  try {
    return await doctor(readArguments(args))
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    process.stderr.write(`spanlog doctor: ${error.message}\n`)
    return 2
  }
}

type Arguments = ReturnType<typeof readArguments>

async function doctor({ values, own, subjects, program }: Arguments): Promise<number> {
  if (values.help) return say(help)
  if (values.explain !== undefined) return say(`${explain(knownRule(values.explain))}\n`)
  const known = values.baseline === undefined ? new Map<string, Finding>() : readBaseline(values.baseline)
  const misplaced = program && misplacedOptions(own, program)
  if (misplaced) process.stderr.write(`spanlog doctor: ${misplaced}\n`)
  const report = program ? await lookAtRun(program, values) : await lookAt(subjects)
  const old = new Set(report.findings.filter(finding => isKnown(finding, known)).map(({ code }) => code))
  for (const problem of report.problems) process.stderr.write(`spanlog doctor: ${problem}\n`)
  say(values.json ? `${reportAsJson(report)}\n` : reportAsText(report, old, look()))
  if (report.problems.length) return 2
  return report.findings.length > old.size ? 1 : 0
}

function readArguments(args: string[]) {
  const end = args.indexOf('--')
  const own = end < 0 ? args : args.slice(0, end)
  const options = {
    json: { type: 'boolean' },
    baseline: { type: 'string' },
    explain: { type: 'string' },
    requests: { type: 'string', multiple: true },
    for: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    const { values, positionals: subjects } = parseArgs({ args: own, options, allowPositionals: true })
    return { values, own, subjects, program: end < 0 ? undefined : args.slice(end + 1) }
  } catch (error) {
    throw new BadInput(wrongOption(error as Error))
  }
}

function knownRule(code: string) {
  const rule = ruleOf(code)
  if (rule) return rule
  throw new BadInput(`There is no finding \`${code}\`. There are: ${rules.map(each => each.code).join(', ')}.`)
}

function readBaseline(path: string): Map<string, Finding> {
  const wanted = 'make it by `spanlog doctor --json … > doctor.json`'
  try {
    const { findings } = JSON.parse(readFileSync(path, 'utf8'))
    return new Map(findings.map((finding: Finding) => [finding.code, finding]))
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new BadInput(`\`${path}\` is ${missing ? 'not there' : 'no baseline'}: ${wanted}.`)
  }
}

/**
 * Whether the baseline has this finding. Line counts change with the traffic, so they are not compared. Places in files are compared:
 * more places than before are a new finding.
 */
function isKnown({ code, unit, lines }: DoctorFinding, known: ReadonlyMap<string, Finding>): boolean {
  const before = known.get(code)
  return before !== undefined && (unit === 'line' || lines <= before.lines)
}

async function lookAt(subjects: readonly string[]): Promise<Report> {
  if (subjects.length === 0 && process.stdin.isTTY) throw new BadInput(whatToType)
  const health = new Health()
  const { problems, found, skipped, fine }: Looked = { problems: [], found: [], skipped: [], fine: [] }
  for (const subject of subjects.length ? subjects : ['-']) {
    try {
      if (isDirectory(subject)) lookAtProject(subject, { problems, found, skipped, fine })
      else await readLog(subject, health)
    } catch (error) {
      if (!(error instanceof BadInput)) throw error
      problems.push(error.message)
    }
  }
  const notKnowable = health.lines ? ofLines : []
  return {
    ...countsOf(health),
    fine,
    findings: sorted([...inLines(health), ...found]),
    notKnowable,
    notLookedAt: health.lines || skipped.length || fine.length || problems.length ? skipped : [noLine],
    problems,
  }
}

interface Looked {
  readonly problems: string[]
  readonly found: DoctorFinding[]
  readonly skipped: string[]
  readonly fine: string[]
}

const whatToType =
  'There is nothing to look at. Name a file or a directory, or a command after `--`: see `spanlog doctor --help`.'

const noLine = 'There was no line to look at.'

/** Questions that lines alone do not answer. */
const ofLines = [
  "Whether the account's reserved attributes or pipelines were changed. See Logs, Configuration, Pipelines; then Standard Attributes.",
  'Whether the lines were sent to Datadog, and not dropped by a quota, an exclusion filter or a role. See Logs, Configuration, Indexes.',
  'Whether a line was older than 18 hours when it reached Datadog. Datadog refuses such lines.',
  'Whether the traces of the linked lines were kept. `spanlog doctor -- <command>` compares lines and traces.',
]

async function lookAtRun(program: readonly string[], values: Arguments['values']): Promise<Report> {
  if (!program[0]) throw new BadInput('There is no command to run. Put it after `--`: `spanlog doctor -- npm start`.')
  const urls = readUrls(values.requests ?? [])
  const { run, health, problems } = await watch(program, { urls, time: millisecondsOf(values.for) })
  const compared = rules.flatMap(rule => {
    const count = rule.run?.(run)
    return count ? [{ ...findingOf(rule, count, health.lines, count.example?.logger), unit: 'line' as const }] : []
  })
  const findings = sorted(mostOf([...inLines(health), ...compared]))
  return {
    ...countsOf(health),
    fine: fineInRun(run),
    findings,
    notKnowable: ofLines.slice(0, 3),
    notLookedAt: [...(health.lines ? [] : [noLine]), ...(isIdle(run) ? [noRequest(program)] : [])],
    problems,
  }
}

/** Whether nobody made a request, as far as the doctor can see: no trace of a request arrived, and no line has ids. */
function isIdle({ lines, traces, requests }: Run): boolean {
  return requests.length === 0 && !traces.some(({ entry }) => isEntry(entry)) && !lines.some(({ low }) => low)
}

function noRequest(program: readonly string[]): string {
  const command = inShell(['spanlog', 'doctor', '--requests', 'http://localhost:3000/', '--', ...program])
  return `No trace of a request arrived, so lines and traces were not compared. Let the doctor make a request: \`${command}\`.`
}

/** Reads `30s`, `5m` or `500ms`. A number without a unit is seconds. */
function millisecondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? []
  if (number) return Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm']
  throw new BadInput(`\`--for\` must be a time such as 30s or 5m, not \`${text}\`.`)
}

function fineInRun({ traces, requests }: Run): string[] {
  const silent = traces.filter(({ lines }) => lines.length === 0).length
  const answered = requests.filter(({ status }) => status !== undefined).length
  return [
    ...(answered ? [`${plural(answered, 'request was', 'requests were')} answered.`] : []),
    ...(traces.length
      ? [
          `${plural(traces.length, 'trace', 'traces')} arrived${silent ? `, ${count(silent)} of them without a line` : ''}.`,
        ]
      : []),
  ]
}

function countsOf({ lines, linked, outside }: Health) {
  return { lines, linked, outside }
}

function inLines(health: Health): DoctorFinding[] {
  return health.findings().map(finding => ({ ...finding, unit: 'line' as const }))
}

/**
 * If lines and run show the same cause, the finding with more lines stays. If no trace came at all, `no-ids` is left out: its cause is
 * already reported as `no-traces`.
 */
function mostOf(findings: readonly DoctorFinding[]): DoctorFinding[] {
  const most = new Map<string, DoctorFinding>()
  for (const finding of findings) {
    if ((most.get(finding.code)?.lines ?? 0) < finding.lines) most.set(finding.code, finding)
  }
  if (most.has('no-traces')) most.delete('no-ids')
  return [...most.values()]
}

/** Findings with more lines come first. With the same number, they stay in the order of the rules. */
function sorted(findings: readonly DoctorFinding[]): DoctorFinding[] {
  return [...findings].sort((a, b) => b.lines - a.lines)
}

/** Loads the parser of source code only here: a doctor that reads lines starts faster without it. */
function lookAtProject(root: string, { found, skipped, fine }: Looked): void {
  const { readProject } = require('./project/project') as typeof import('./project/project')
  const project = readProject(root)
  skipped.push(...project.notLookedAt)
  const files = project.sources.length + project.configs.length
  fine.push(`${plural(files, 'file', 'files')} of source and configuration could be read.`)
  for (const rule of rules) {
    const places = rule.project?.(project) ?? []
    if (places.length) found.push(inPlaces(rule, places, files))
  }
}

function inPlaces(rule: Rule, places: readonly Place[], files: number): DoctorFinding {
  const finding = findingOf(rule, { lines: places.length, example: places[0] }, files)
  return { ...finding, share: Math.min(1, finding.share), unit: 'place', places }
}

async function readLog(subject: string, health: Health): Promise<void> {
  if (subject === '-') return readLines(process.stdin, 'standard input', health)
  if (isSource(subject) && isFile(subject)) {
    throw new BadInput(
      `\`${subject}\` is source and no log: type \`spanlog doctor .\` for source, or \`cat ${subject} | spanlog doctor\` if it really is a log.`,
    )
  }
  return readFileOfLines(subject, health)
}

function isSource(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path) || basename(path) === 'package.json'
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The width of the report, and whether it has colours. */
function look(): Look {
  const { isTTY, columns = 100 } = process.stdout
  const { NO_COLOR, FORCE_COLOR } = process.env
  return {
    colour: FORCE_COLOR ? FORCE_COLOR !== '0' : Boolean(isTTY) && !NO_COLOR,
    width: Math.min(Math.max(columns, 60), 120),
  }
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}
