import { basename } from 'node:path'
import type { TextFile } from './text-file'

/** A command that starts the application. */
export interface Command {
  /** The command as a shell runs it. */
  readonly text: string
  readonly file: string
  readonly line: number
  /** The name of the npm script; `''` for other commands. */
  readonly script: string
}

/** The commands in this file that start the application. */
export function commandsOf(file: TextFile): Command[] {
  const name = basename(file.path)
  if (name === 'package.json') return file.path === 'package.json' ? ofScripts(file) : []
  if (/Dockerfile/i.test(name)) return ofLines(file, /^\s*(?:CMD|ENTRYPOINT)\s+(.*)$/i)
  if (/^Procfile/.test(name)) return ofLines(file, /^[\w-]+:\s*(.*)$/)
  if (/^(?:docker-)?compose.*\.ya?ml$/.test(name)) return ofLines(file, /^\s*(?:command|entrypoint):\s*(\S.*)$/)
  return []
}

/** Whether a script starts a program that keeps running: not `build`, `test`, `lint` or `db:seed`. */
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

/** Makes `node app.js` of `["node", "app.js"]`. */
function asShell(command: string): string {
  const text = command.trim()
  return text.startsWith('[') ? [...text.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b).join(' ') : text
}
