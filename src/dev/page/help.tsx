import { Icon } from './icon'
import { editor, editorNames } from './stack'

const keys: readonly (readonly [string, string])[] = [
  ['j k', 'next, previous row'],
  ['Enter', 'open; again: full width'],
  ['Esc', 'close, clear, back'],
  ['/', 'filter'],
  ['e E', 'next, previous error'],
  ['l', 'to the lines and back'],
  ['s', 'scope: span, subtree, trace'],
  ['h ← →', 'fold, unfold a span'],
  ['z', 'zoom to the span and back'],
  ['p', 'pause, go on'],
  ['?', 'this help'],
]

const filters: readonly (readonly [string, string])[] = [
  ['status:5xx', 'by status; also status:404'],
  ['route:/users', 'part of the route'],
  ['dur:>50ms', 'longer than; also < and s'],
  ['service:web', 'by service'],
  ['level:error', 'with a line of this level'],
  ['user:7', 'by any tag or field'],
  ['is:aborted', 'also error, unfinished, repeated, missing, unlinked'],
  ['why:no-ids', 'lines that are not linked, by reason'],
  ['"free text"', 'anywhere'],
  ['-route:/health', 'all but these'],
]

export function showHelp(): void {
  document.querySelector<HTMLDialogElement>('#help')?.showModal()
}

export function Help() {
  const close = () => document.querySelector<HTMLDialogElement>('#help')?.close()
  return (
    <dialog id="help" aria-labelledby="help-title">
      <header>
        <h2 id="help-title">Keys and filters</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="help-columns">
        <dl>
          {keys.map(([key, text]) => (
            <Key key={key} keys={key} text={text} />
          ))}
        </dl>
        <dl>
          {filters.map(([term, text]) => (
            <div key={term}>
              <dt>
                <code>{term}</code>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </div>
      <p class="soft">
        A pasted trace id, span id or traceparent opens the trace. A click on a value sets the filter; with Alt it takes
        away what has this value. Drag across the time of a trace to zoom. A saved trace opens when it is dropped on the
        page.
      </p>
      <p>
        <label>
          Paths in a stack open in{' '}
          <select value={editor.value} onChange={event => (editor.value = event.currentTarget.value)}>
            {editorNames.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </p>
    </dialog>
  )
}

function Key({ keys: names, text }: { keys: string; text: string }) {
  return (
    <div>
      <dt>
        {names.split(' ').map(name => (
          <kbd key={name}>{name}</kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </div>
  )
}
