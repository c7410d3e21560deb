import { fromTurns } from './stats.mjs'

const two = value => value.toFixed(2)
const spread = ({ value, low, high }) => `${two(value)} (${two(low)}-${two(high)})`

export const report = {
  /** Each configuration's CPU and throughput against the bare framework with pino, and what it adds against the minimum. */
  table(turns) {
    return turns.map(({ name, configuration, cpu, took }) => {
      const beside = other => turns.find(turn => turn.name === name && turn.configuration === other)
      const bare = beside('bare + pino')
      const minimum = beside('minimum')
      return {
        name,
        configuration,
        cpu: fromTurns((own, base) => own / base, cpu, bare.cpu),
        throughput: fromTurns((own, base) => base / own, took, bare.took),
        added: fromTurns((own, base, least) => (own - base) / (least - base), cpu, bare.cpu, minimum.cpu),
      }
    })
  },

  /** For the README: the CPU of a request with three lines, against the bare framework with pino. */
  short({ results }) {
    const cell = ({ table }, configuration) =>
      spread(table.find(found => found.name === '3 lines' && found.configuration === configuration).cpu)
    const head = ({ framework, versions }) => `${names[framework]}, Node ${versions.node.replace(/^v?(\d+).*/, '$1')}`
    return [
      row(['CPU, × the framework with pino', ...results.map(head)]),
      row(['---', ...results.map(() => '---')]),
      ...shortened.map(name => row([name, ...results.map(result => cell(result, name))])),
    ].join('\n')
  },

  text(run) {
    return sectionsOf(run)
      .map(({ title, rows }) => [title, ...aligned(rows)].join('\n'))
      .join('\n\n')
  },

  markdown(run) {
    const sections = sectionsOf(run).map(({ title, rows: [head, ...rows] }) =>
      [`## ${title}`, '', row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n'),
    )
    return `${[introduction(run), ...sections].join('\n\n')}\n`
  },
}

const names = { express: 'Express', koa: 'Koa' }
const shortened = [
  'span only',
  'minimum',
  'spanlog',
  'OpenTelemetry + pino',
  'dd-trace automatic + pino',
  'dd-trace automatic + pino-http',
]

const row = cells => `| ${cells.join(' | ')} |`

function introduction({ date, seconds, loadGeneratorBusy, versions }) {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    '# What spanlog costs',
    '',
    `Written by \`npm run bench\` on ${date}, in ${seconds} seconds: do not edit. With ${others.join(', ')}.`,
    `The load generator was busy for at most ${Math.round(100 * loadGeneratorBusy)} % of a turn.`,
    '',
    'Ratios of one interleaved run; in parentheses how far apart the four quarters of its turns are. README.md says how to read them.',
  ].join('\n')
}

function sectionsOf({ results }) {
  return results.flatMap(({ versions, table, goals }) => {
    const title = Object.entries(versions)
      .map(([name, version]) => `${name} ${version.replace(/^v/, '')}`)
      .join(', ')
    return [
      {
        title,
        rows: [
          ['requests', 'configuration', 'CPU, × bare + pino', 'throughput, ×', 'adds, × minimum'],
          ...table.map(({ name, configuration, cpu, throughput, added }) => [
            name,
            configuration,
            spread(cpu),
            spread(throughput),
            configuration === 'bare' || configuration === 'bare + pino' ? '' : spread(added),
          ]),
        ],
      },
      {
        title: `Goals: ${title}`,
        rows: [
          ['goal', 'at most', 'found', ''],
          ...goals.map(goal => [goal.name, two(goal.most), spread(goal), goal.value <= goal.most ? 'met' : 'missed']),
        ],
      },
    ]
  })
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(cells => cells[column].length)))
  return rows.map(cells =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}
