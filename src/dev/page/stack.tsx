import { signal } from '@preact/signals'

/** For each editor, the link that opens a file at a line. */
const editors: Readonly<Record<string, (path: string, line: string, column: string) => string>> = {
  'VS Code': (path, line, column) => `vscode://file${path}:${line}:${column}`,
  Cursor: (path, line, column) => `cursor://file${path}:${line}:${column}`,
  Zed: (path, line, column) => `zed://file${path}:${line}:${column}`,
  WebStorm: (path, line, column) => `webstorm://open?file=${path}&line=${line}&column=${column}`,
}
export const editorNames = Object.keys(editors)

const remembered = localStorage.getItem('editor') ?? ''
export const editor = signal(remembered in editors ? remembered : 'VS Code')
editor.subscribe(name => localStorage.setItem('editor', name))

/** `/app/src/a.js:41:11`, `file:///app/src/a.js:41:11`, `C:\app\a.js:41:11`. */
const place = /(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^\s():*?"<>|]+):(\d+)(?::(\d+))?/

/** A stack with a link for each path, and the frames of libraries folded into one row. */
export function Stack({ stack }: { stack: string }) {
  return (
    <pre class="stack">
      {rowsOf(stack).map((row, at) =>
        typeof row === 'string' ? <Frame key={at} text={row} /> : <More key={at} frames={row} />,
      )}
    </pre>
  )
}

function Frame({ text }: { text: string }) {
  const found = place.exec(text)
  if (!found) return <span>{`${text}\n`}</span>
  const [whole, path = '', line = '', column = '1'] = found
  return (
    <span>
      {text.slice(0, found.index)}
      <a href={linkTo(path, line, column)} title={`Open in ${editor.value}`}>
        {shorten(path)}:{line}
        {found[3] ? `:${column}` : ''}
      </a>
      {`${text.slice(found.index + whole.length)}\n`}
    </span>
  )
}

function More({ frames }: { frames: string[] }) {
  return (
    <details>
      <summary>{frames.length} more in node_modules and Node.js</summary>
      {frames.map((text, at) => (
        <Frame key={at} text={text} />
      ))}
    </details>
  )
}

function linkTo(path: string, line: string, column: string): string {
  const slashes = encodeURI(path.replaceAll('\\', '/'))
  return (editors[editor.value] as (typeof editors)[string])(
    slashes.startsWith('/') ? slashes : `/${slashes}`,
    line,
    column,
  )
}

/** The frames without the message. Neighbouring frames of libraries are one row. */
function rowsOf(stack: string): (string | string[])[] {
  const rows: (string | string[])[] = []
  for (const text of stack.trimEnd().split('\n').slice(0, 200)) {
    const last = rows.at(-1)
    if (!isFromLibrary(text)) rows.push(text.replace(/^ {4}/, ''))
    else if (Array.isArray(last)) last.push(text.replace(/^ {4}/, ''))
    else rows.push([text.replace(/^ {4}/, '')])
  }
  return rows
}

function isFromLibrary(text: string): boolean {
  return /^\s+at /.test(text) && /node_modules|node:|<anonymous>/.test(text)
}

/** Shortens a path to its last part, which begins with the source folder. The link contains the whole path. */
function shorten(path: string): string {
  const parts = path.split(/[\\/]/)
  const from = parts.findLastIndex(part => /^(src|lib|app|dist|server|test|examples)$/.test(part))
  return parts.slice(from > 0 ? from : -3).join('/')
}
