import { spawn } from 'node:child_process'

/** Opens an address in the user's browser. If that fails, prints a message. */
export function openBrowser(url: string): void {
  const [command, ...args] = openerOf(url)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  const report = (what: string) => process.stderr.write(`spanlog: ${what}: open ${url} yourself\n`)
  child.once('error', () => report(`cannot run \`${command}\``))
  child.once('exit', code => code && report(`\`${command}\` has opened no browser`))
  child.unref()
}

function openerOf(url: string): [string, ...string[]] {
  if (process.env.BROWSER) return [process.env.BROWSER, url]
  if (process.platform === 'darwin') return ['open', url]
  return process.platform === 'win32' ? ['cmd', '/c', 'start', '', url] : ['xdg-open', url]
}
