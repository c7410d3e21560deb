import type { Finding } from '../api'
import type { Place } from './project/place'
import type { Example } from './seen'

/** A finding of any kind: in lines, in a run, or at places of a project. */
export interface DoctorFinding extends Omit<Finding, 'example'> {
  readonly example?: Example & { readonly file?: string }
  /** The unit of `lines`. */
  readonly unit: 'line' | 'place'
  /** All places in source and configuration. */
  readonly places?: readonly Place[]
}

/** The result of one call of the doctor. */
export interface Report {
  readonly findings: readonly DoctorFinding[]
  readonly lines: number
  readonly linked: number
  readonly outside: number
  /** Other results that are good, one sentence each. */
  readonly fine: readonly string[]
  /** Questions that this kind of input does not answer. */
  readonly notKnowable: readonly string[]
  /** The parts that were left out on purpose. */
  readonly notLookedAt: readonly string[]
  /** The inputs that could not be read, with the reason: one sentence each. */
  readonly problems: readonly string[]
}

/** The report for programs. Its names do not change. */
export function reportAsJson(report: Report): string {
  const { findings, lines, linked, outside, fine, notKnowable, notLookedAt, problems } = report
  return JSON.stringify(
    { findings: findings.map(forPrograms), lines, linked, outside, fine, notKnowable, notLookedAt, problems },
    null,
    2,
  )
}

function forPrograms({ unit: _, example, ...finding }: DoctorFinding): object {
  if (!example) return finding
  const { logger: _logger, ...rest } = example
  return { ...finding, example: rest }
}

/** The report for people, `width` columns wide. */
export function reportAsText(report: Report, known: ReadonlySet<string>, { colour, width }: Look): string {
  const paint = painter(colour)
  const { findings } = report
  const parts = [
    ...findings.filter(({ code }) => !known.has(code)).map(finding => findingAsText(finding, paint, width)),
    knownAsText(
      findings.filter(({ code }) => known.has(code)),
      paint,
      width,
    ),
    listAsText('Fine', fineOf(report), paint.green, '✓', width),
    listAsText('Cannot be known here', report.notKnowable, paint.dim, '·', width),
    listAsText('Not looked at', [...report.notLookedAt, ...report.problems], paint.yellow, '·', width),
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

export interface Look {
  readonly colour: boolean
  /** Columns. */
  readonly width: number
}

function findingAsText(finding: DoctorFinding, paint: Paint, width: number): string {
  const { code, title, why, fix, example } = finding
  return [
    `${paint.red('✗')} ${paint.bold(title)}  ${paint.dim(code)}`,
    `  ${share(finding)}${example ? `, ${placeOf(example)}:` : ''}`,
    ...(example ? exampleAsText(example, paint, width) : []),
    ...(finding.places ?? []).slice(1, 6).map(({ file, line }) => `  ${paint.dim(`also in ${file}:${line}`)}`),
    '',
    ...wrapped(why, width - 2).map(line => `  ${line}`),
    '',
    ...fix.split('\n').map(line => `    ${paint.cyan(line)}`),
  ].join('\n')
}

function share({ lines, of, share, unit }: DoctorFinding): string {
  if (unit === 'place') return lines === 1 ? 'one place' : `${lines} places`
  const percent = share * 100
  const rounded = percent > 0 && percent < 0.1 ? 'less than 0.1' : percent.toFixed(percent < 10 ? 1 : 0)
  return `${count(lines)} of ${count(of)} lines (${rounded} %)`
}

function placeOf({ file, line }: NonNullable<DoctorFinding['example']>): string {
  return file ? `first in ${file}:${line}` : `first in line ${count(line)}`
}

/** The line around the marked words, and a row of tildes below them. */
function exampleAsText({ line, text, mark }: Example, paint: Paint, width: number): string[] {
  const number = `  ${line} │ `
  const at = mark ? text.indexOf(mark) : -1
  const [shown, start] = windowOf(printable(text), at, width - number.length)
  if (!mark || at < 0) return [`${paint.dim(number)}${shown}`]
  const end = Math.min(start + mark.length, shown.length)
  const painted = `${shown.slice(0, start)}${paint.red(shown.slice(start, end))}${shown.slice(end)}`
  const below = `${' '.repeat(number.length + start)}${paint.red('~'.repeat(Math.max(1, end - start)))}`
  return [`${paint.dim(number)}${painted}`, below]
}

/** A part of the text that fits into `width` columns and contains the marked words, and the column at which they begin. */
function windowOf(text: string, at: number, width: number): [text: string, start: number] {
  const from = at > width / 2 ? Math.max(0, at - 20) : 0
  const head = from ? '…' : ''
  const cut = text.slice(from, from + width - 2)
  const tail = from + cut.length < text.length ? '…' : ''
  return [`${head}${cut}${tail}`, Math.max(0, at - from) + head.length]
}

/** Replaces control characters. Otherwise a line of a log could move the cursor of the terminal. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
}

function knownAsText(findings: readonly DoctorFinding[], paint: Paint, width: number): string {
  const items = findings.map(finding => `${finding.title} (${finding.code}): ${share(finding)}`)
  return listAsText('Known from the baseline', items, paint.dim, '·', width)
}

function fineOf({ linked, outside, fine }: Report): string[] {
  return [
    ...(linked ? [`${plural(linked, 'line is', 'lines are')} linked to a trace.`] : []),
    ...(outside
      ? [`${plural(outside, 'line is', 'lines are')} probably outside of any request, where no ids are needed.`]
      : []),
    ...fine,
  ]
}

function listAsText(
  title: string,
  items: readonly string[],
  paint: (text: string) => string,
  sign: string,
  width: number,
): string {
  if (items.length === 0) return ''
  const rows = items.flatMap(item =>
    wrapped(item, width - 4).map((line, n) => (n ? `    ${line}` : `  ${paint(sign)} ${line}`)),
  )
  return [title, ...rows].join('\n')
}

/** Breaks a paragraph into lines of at most `width` columns. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, line]
}

/** `12,345` for 12345. */
export function count(n: number): string {
  return n.toLocaleString('en-US')
}

export function plural(n: number, one: string, many: string): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

type Paint = Record<'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim', (text: string) => string>

function painter(colour: boolean): Paint {
  const codes = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 }
  const paints = Object.entries(codes).map(([name, code]) => [
    name,
    (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text),
  ])
  return Object.fromEntries(paints) as Paint
}
