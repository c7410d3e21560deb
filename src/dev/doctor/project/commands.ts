import { basename } from 'node:path'
import type { TextFile } from './text-file'

/** A command that starts the application. */
export interface Command {
  /** As the shell would see it. */
  readonly text: string
  readonly file: string
  readonly line: number
  /** Name of an npm script; empty for others. */
  readonly script: string
}

/** What starts the application, according to this file. */
export function commandsOf(file: TextFile): Command[] {
  const name = basename(file.path)
  if (name === 'package.json') return file.path === 'package.json' ? ofScripts(file) : []
  if (/Dockerfile/i.test(name)) return ofLines(file, /^\s*(?:CMD|ENTRYPOINT)\s+(.*)$/i)
  if (/^Procfile/.test(name)) return ofLines(file, /^[\w-]+:\s*(.*)$/)
  if (/^(?:docker-)?compose.*\.ya?ml$/.test(name)) return ofLines(file, /^\s*(?:command|entrypoint):\s*(\S.*)$/)
  return []
}

/** Scripts that start something and keep it running; `build`, `test`, `lint` and `db:seed` do not. */
function startsApplication(script: string): boolean {
  return /^(?:start|dev|serve|server|prod|production|worker|web|watch)(?:[:.-]|$)/.test(script)
}

function ofScripts({ path, text }: TextFile): Command[] {
  const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> }
  const lines = text.split('\n')
  return Object.entries(scripts)
    .filter(([script]) => startsApplication(script))
    .map(([script, command]) => ({
      text: command,
      file: path,
      line: lines.findIndex(line => line.includes(`"${script}":`) && line.includes(JSON.stringify(command))) + 1 || 1,
      script,
    }))
}

function ofLines({ path, text }: TextFile, form: RegExp): Command[] {
  return text.split('\n').flatMap((line, n) => {
    const found = form.exec(line)?.[1]
    return found ? [{ text: asShell(found), file: path, line: n + 1, script: '' }] : []
  })
}

/** `["node", "app.js"]` as `node app.js`. */
function asShell(command: string): string {
  const text = command.trim()
  return text.startsWith('[') ? [...text.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b).join(' ') : text
}
