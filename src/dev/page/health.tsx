import type { Finding } from '../api'
import { filterText } from './filter-state'
import { counted, formatCount } from './format'
import { Icon } from './icon'
import { goTo, view } from './route'
import { copy } from './say'
import { findings, state } from './store'

export function HealthPane() {
  const Box = view.value === 'health' ? 'main' : 'aside'
  return (
    <Box class={`pane health${view.value === 'health' ? ' own' : ''}`} aria-label="Health">
      <div class="section-head">
        <h2>Health</h2>
        <span class="soft cut">{summary()}</span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Findings">
        {findings.value.map(finding => (
          <FindingView key={finding.code} finding={finding} />
        ))}
        {findings.value.length === 0 && (
          <p class="note muted">Nothing to mend: every line of a request carries the ids of its span.</p>
        )}
        <p class="note muted">Lines of plain text and lines outside a request carry no ids and are not counted.</p>
      </div>
    </Box>
  )
}

function summary(): string {
  const unlinked = findings.value.reduce((sum, { lines }) => sum + lines, 0)
  if (unlinked === 0) return `${counted(state.value?.linked ?? 0, 'line')} linked`
  return `${counted(findings.value.length, 'reason')} why ${counted(unlinked, 'line is', 'lines are')} not linked`
}

function FindingView({ finding }: { finding: Finding }) {
  const { code, title, lines, of, why, example, fix } = finding
  return (
    <section class="finding">
      <h3>
        <Icon name="warn" />
        <span>
          {counted(lines, 'line')}: {title}
        </span>
      </h3>
      <p class="soft">
        {why} {share(lines, of)}
      </p>
      {example && (
        <>
          <p class="label">The first one{example.line > 0 ? `, line ${formatCount(example.line)}` : ''}</p>
          <pre class="code" tabIndex={0}>
            {example.text}
          </pre>
        </>
      )}
      <p class="label">To change</p>
      <pre class="code" tabIndex={0}>
        {fix.split('\n').map((row, at) => (
          <span key={at} class={/^\+ /.test(row) ? 'green' : /^- /.test(row) ? 'red' : ''}>{`${row}\n`}</span>
        ))}
      </pre>
      <p class="buttons">
        <button type="button" class="button" onClick={() => showLines(code)}>
          Show these lines
        </button>
        <button type="button" class="button quiet" onClick={() => copy(fix, 'the fix')}>
          <Icon name="copy" />
          Copy the fix
        </button>
      </p>
    </section>
  )
}

function share(lines: number, of: number): string {
  return of > 0 ? `These are ${((lines / of) * 100).toFixed(1)} % of ${counted(of, 'line')}.` : ''
}

function showLines(code: string): void {
  filterText.value = `why:${code}`
  goTo('lines')
}
