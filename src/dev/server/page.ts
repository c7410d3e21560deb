import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'

/** The web page, as it is sent. */
export interface Page {
  readonly html: string
  readonly headers: OutgoingHttpHeaders
}

/** Reads the page that the build has made: one file, whose scripts and styles are known to the browser by their hashes. */
export function readPage(file: string = join(__dirname, '..', 'page.html')): Page {
  if (!existsSync(file)) return { html: notBuilt, headers: headersFor('') }
  const html = readFileSync(file, 'utf8')
  return { html, headers: headersFor(html) }
}

const notBuilt =
  '<!doctype html><title>spanlog</title><p>The page is not in this build. The API is: <a href="/api/traces">/api/traces</a>.'

function headersFor(html: string): OutgoingHttpHeaders {
  const policy = {
    'default-src': "'none'",
    'script-src': hashesOf(html, 'script'),
    'style-src': hashesOf(html, 'style'),
    'img-src': "'self' data:",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  }
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'cache-control': 'no-store',
  }
}

function hashesOf(html: string, tag: 'script' | 'style'): string {
  const inline = [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>(.*?)</${tag}>`, 'gs'))]
  const hashes = inline.map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  return hashes.join(' ') || "'none'"
}
