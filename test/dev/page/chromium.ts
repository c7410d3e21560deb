import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** A Chromium that comes from npm alone, or the one that `SPANLOG_CHROME` names. */
export async function launchChromium(): Promise<Browser> {
  const own = process.env.SPANLOG_CHROME
  const { executablePath, env } = own ? { executablePath: own, env: process.env } : await unpack()
  // Its first start on a busy machine may take long.
  return chromium.launch({ executablePath, env: env as Record<string, string>, args, timeout: 120_000 })
}

const args = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
]

const folder = path.join(os.tmpdir(), 'npm-chromium-143.0.4')
const marker = path.join(folder, 'ok')

async function unpack() {
  // A half-written binary would be used again.
  if (!fs.existsSync(marker)) fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  const executablePath = await inLambda(async () => {
    const { default: pack } = await import('@sparticuz/chromium')
    pack.setGraphicsMode = false
    return pack.executablePath()
  })
  fs.writeFileSync(marker, '')
  return { executablePath, env: { ...process.env, ...fonts(), ...libraries() } }
}

/** The package unpacks its own copies of NSS, NSPR and expat only where it believes to be on Lambda. */
async function inLambda(run: () => Promise<string>): Promise<string> {
  const names = ['TMPDIR', 'AWS_LAMBDA_JS_RUNTIME', 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH']
  const before = names.map(name => process.env[name])
  Object.assign(process.env, { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' })
  try {
    return await run()
  } finally {
    names.forEach((name, at) => {
      if (before[at] === undefined) delete process.env[name]
      else process.env[name] = before[at]
    })
  }
}

/** Chromium ends where fontconfig finds no font at all. */
function fonts() {
  const file = path.join(folder, 'fonts.conf')
  const folders = ['/usr/share/fonts', `${folder}/fonts`].map(dir => `<dir>${dir}</dir>`).join('')
  fs.writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders}<cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
  )
  return { FONTCONFIG_FILE: file }
}

function libraries() {
  const system = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64']
  if (system.some(dir => fs.existsSync(`${dir}/libnss3.so`))) return {}
  return { LD_LIBRARY_PATH: [`${folder}/al2023/lib`, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') }
}
