import { basename } from 'node:path'
import type { TextFile } from './text-file'

/** An environment variable that a file sets. */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly text: string
}

/**
 * Reads DD_ variables and NODE_OPTIONS from a Dockerfile, compose file, Kubernetes or serverless YAML, .env file, Procfile, app.json,
 * shell script or npm script. Each writes them as `NAME=value`, `NAME: value`, or `name: NAME` with `value:` in the next line.
 */
export function settingsOf({ path, text }: TextFile): Setting[] {
  if (isLock(path) || isForTests(path)) return []
  const lines = text.split('\n')
  return lines.flatMap((line, n) => {
    if (/^\s*(?:#|\/\/)/.test(line)) return []
    const place = { file: path, line: n + 1, text: line.trim() }
    return [...inOneLine(line), ...inTwoLines(line, lines[n + 1] ?? '')].map(found => ({ ...found, ...place }))
  })
}

const names = '(?:DD_[A-Z0-9_]+|NODE_OPTIONS)'

function inOneLine(line: string): { name: string; value: string }[] {
  const form = new RegExp(
    `(?<![\\w$.{])["']?(${names})["']?\\s*(?:=|:\\s)\\s*(?:\\\\?"([^"\\\\]*)\\\\?"|'([^']*)'|([^\\s,;&]+))`,
    'g',
  )
  // In YAML a value may have spaces without quotes.
  const yaml = new RegExp(`^\\s*(${names}): ([^"'#]+)$`).exec(line)
  if (yaml) return [{ name: yaml[1] as string, value: (yaml[2] as string).trim() }]
  return [...line.matchAll(form)].map(([, name = '', double, single, bare]) => ({
    name,
    value: unquoted(double ?? single ?? bare ?? ''),
  }))
}

/** Reads `name: NAME` with `value:` in the next line, as Kubernetes writes it. */
function inTwoLines(line: string, next: string): { name: string; value: string }[] {
  const name = new RegExp(`^\\s*-?\\s*"?name"?: ["']?(${names})["']?,?$`).exec(line)?.[1]
  const value = /^\s*"?value"?: (.*?),?$/.exec(next)?.[1]
  return name && value !== undefined ? [{ name, value: unquoted(value.trim()) }] : []
}

function unquoted(value: string): string {
  return value.replace(/^["']|["']$/g, '')
}

function isLock(path: string): boolean {
  return /(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml)$/.test(path)
}

function isForTests(path: string): boolean {
  return /\btest\b|\bci\b/.test(basename(path)) || /^\.env\.(?:test|example|sample)/.test(basename(path))
}

/** Whether a variable of Datadog is off. */
export function isOff(value: string): boolean {
  return /^(?:false|0)$/i.test(value)
}
