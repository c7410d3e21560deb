/** Runs the whole matrix, and writes its table to docs/compatibility.md: `npm run matrix`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../packed'
import { apps, type Combination, combinations, nameOf, partsOf, titleOf, versionIn } from './combination'
import { makeHome, Smoke } from './smoke'

/** How one row of the table went: a runtime with a dd-trace. */
interface Row {
  readonly title: string
  /** How many processes ran. */
  processes: number
  /** In how many of them an application did what it must. */
  readonly passed: { [app: string]: number }
}

const rows = new Map<string, Row>()
const failures: string[] = []

async function runAll(home: string): Promise<void> {
  const left = [...combinations]
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await runOne(next, home)
  }
  await Promise.all([worker(), worker()])
}

async function runOne(combination: Combination, home: string): Promise<void> {
  const smoke = new Smoke(combination)
  try {
    await smoke.start(home)
    const row = await rowOf(smoke)
    row.processes++
    for (const app of apps) if (await passes(smoke, app)) row.passed[app] = (row.passed[app] ?? 0) + 1
  } finally {
    await smoke.stop()
  }
}

async function rowOf({ combination, runtime }: Smoke): Promise<Row> {
  const { ddTrace } = await partsOf(combination)
  const title = `${combination.node === 'bun' ? 'Bun' : 'Node'} ${runtime}, dd-trace ${versionIn(ddTrace)}`
  if (!rows.has(title)) rows.set(title, { title, processes: 0, passed: {} })
  return rows.get(title) as Row
}

async function passes(smoke: Smoke, app: string): Promise<boolean> {
  try {
    await smoke.check(app)
    return true
  } catch (error) {
    failures.push(`- ${nameOf(app)} on ${titleOf(smoke.combination)}: ${(error as Error).message.split('\n')[0]}`)
    return false
  }
}

function table(): string {
  const head = ['', ...apps.map(nameOf)]
  const body = [...rows.values()]
    .sort((one, other) => (one.title < other.title ? -1 : 1))
    .map(({ title, processes, passed }) => [title, ...apps.map(app => `${passed[app] ?? 0} of ${processes}`)])
  const widths = head.map((_, column) => Math.max(...[head, ...body].map(row => row[column].length)))
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}

async function write(): Promise<void> {
  const home = await makeHome()
  await runAll(home).finally(() => rmSync(home, { recursive: true }))
  const path = join(root, 'docs', 'compatibility.md')
  const text = `<!-- matrix -->\n\n${[table(), ...failures].join('\n\n')}\n\n<!-- /matrix -->`
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/<!-- matrix -->[\s\S]*<!-- \/matrix -->/, () => text),
  )
  console.log(text)
  process.exitCode = failures.length ? 1 : 0
}

write()
