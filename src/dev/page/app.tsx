import { computed, effect } from '@preact/signals'
import { Empty } from './empty'
import { connected } from './feed'
import { isOver, read } from './file'
import { FilterBar } from './filter-box'
import { isFiltered, wantedLines } from './filter-state'
import { counted, formatCount } from './format'
import { HealthPane } from './health'
import { Help, showHelp } from './help'
import { visibleTraces } from './hold'
import { Icon } from './icon'
import { Lines } from './lines'
import { countText, Requests } from './requests'
import { Resources, summaries } from './resources'
import { hashOf, isTrace, route, type View, view, views } from './route'
import { said } from './say'
import { allLines, allTraces, findings, state } from './store'
import { flipTheme } from './theme'
import { full } from './trace/opened'
import { Trace } from './trace/trace'

const titles: Readonly<Record<View, string>> = {
  requests: 'Requests',
  lines: 'Lines',
  resources: 'Resources',
  health: 'Health',
}

export function App() {
  const open = isTrace(route.value)
  const isFull = open && full.value
  return (
    <>
      <Top />
      {!isFull && <FilterBar />}
      <div class={`views view-${view.value}${open ? ' with-trace' : ''}`}>
        {!isFull && <Main />}
        {open && <Trace />}
      </div>
      <Foot isFull={isFull} />
      <Help />
      {isOver.value && <div class="drop">Drop a saved trace to open it</div>}
    </>
  )
}

function Main() {
  if (view.value === 'lines') return <Lines />
  if (view.value === 'health') return <HealthPane />
  if (allTraces.value.length === 0) return <Empty />
  return view.value === 'resources' ? <Resources /> : <Requests />
}

const counts: Readonly<Record<View, () => number>> = {
  requests: () => allTraces.value.length,
  lines: () => state.value?.lines ?? allLines.value.length,
  resources: () => summaries.value.length,
  health: () => findings.value.length,
}

function Top() {
  return (
    <header class="top">
      <h1 class="word-mark">spanlog</h1>
      <nav aria-label="Views">
        {views.map(name => (
          <a key={name} href={hashOf(name)} aria-current={view.value === name ? 'page' : undefined}>
            {titles[name]}
            {counts[name]() > 0 && (
              <span class={`count${name === 'health' ? ' amber' : ''}`}>{formatCount(counts[name]())}</span>
            )}
          </a>
        ))}
      </nav>
      <Running />
      <button type="button" class="icon-button" aria-label="Light or dark" title="Light or dark" onClick={flipTheme}>
        <Icon name="theme" />
      </button>
      <button
        type="button"
        class="icon-button wide-only"
        aria-label="Keys and filters"
        title="Keys and filters (?)"
        onClick={showHelp}
      >
        ?
      </button>
    </header>
  )
}

function Running() {
  const now = state.value
  if (!now) return <div class="running" />
  const { command, running, exitCode, pid, agentUrl } = now
  return (
    <div class="running">
      <i class={`light${connected.value && (running || command === undefined) ? ' on' : ''}`} />
      {connected.value ? (
        <>
          {command !== undefined && (
            <code class="cut" title={command}>
              {command}
            </code>
          )}
          <span class="muted cut wide-only">
            {now.saved && 'a saved trace · '}
            {command !== undefined &&
              `${running ? (pid ? `pid ${pid}` : 'running') : `ended with ${exitCode ?? '?'}`} · `}
            agent and page on {agentUrl.replace(/^https?:\/\//, '')}
          </span>
        </>
      ) : (
        <span class="amber">spanlog has stopped; the page keeps what it has</span>
      )}
    </div>
  )
}

function Foot({ isFull }: { isFull: boolean }) {
  return (
    <footer class="foot">
      <span class={`cut${isFull ? ' wide-only' : ''}`}>
        {isFull ? 'Drag across the time axis to zoom; the lines follow' : footText.value}
      </span>
      <span role="status" class="said">
        {said.value}
      </span>
      <label class="open-file">
        Open a file
        <input type="file" accept=".json,application/json" onChange={event => openChosen(event.currentTarget)} />
      </label>
      <span class="keys" aria-hidden="true">
        <kbd>j</kbd>
        <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>e</kbd> next error <kbd>l</kbd> lines <kbd>?</kbd> all keys
      </span>
    </footer>
  )
}

function openChosen(input: HTMLInputElement): void {
  const file = input.files?.[0]
  if (file) void read(file)
  input.value = ''
}

const footText = computed(() => {
  if (view.value === 'lines')
    return countText(
      isFiltered.value ? wantedLines.value.length : allLines.value.length,
      state.value?.lines ?? allLines.value.length,
      'lines',
    )
  if (view.value === 'resources') return counted(summaries.value.length, 'resource')
  if (view.value === 'health') return counted(findings.value.length, 'finding')
  const dropped = state.value?.dropped.traces ?? 0
  return (
    countText(visibleTraces.value.length, allTraces.value.length, 'requests') +
    (dropped > 0 ? `; ${formatCount(dropped)} older ones dropped` : '')
  )
})

/** Shows errors in the title of the browser's tab, so that you see them while you work in another window. */
export function followTitle(): void {
  effect(() => {
    document.title = `${titles[view.value]} · spanlog`
  })
}
