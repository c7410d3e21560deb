// Makes the pictures of the panel in docs/images, light and dark: npm run screenshots
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { smallPng } from './small-png.mjs'

// The helpers of the tests are in TypeScript: package.json starts this script with a hook for `require`.
const require = createRequire(import.meta.url)
const { launchChromium } = require('../test/dev/page/chromium.ts')
const { openPanel } = require('../test/dev/page/panel.ts')
const { abortedReport, failedOrder, Ids, product, repeatedQueries, unfinished } = require('../test/dev/page/sample.ts')

const folder = join(import.meta.dirname, '../docs/images')
const ids = new Ids()

const kinds = [
  { for: 18.1 },
  { for: 16.7, user: 12 },
  { method: 'POST', route: '/baskets/:id/items', status: 201, for: 24.9 },
  { status: 404, for: 17.3 },
  { service: 'inventory', route: '/stock/:sku', for: 13.9 },
  { route: '/search', for: 61.2 },
  { status: 304, for: 4.2 },
  { method: 'DELETE', route: '/baskets/:id/items/:item', status: 204, for: 22.6 },
  { for: 15.2, user: 31 },
  { route: '/users/:id/orders', status: 403, for: 8.8 },
  { service: 'inventory', method: 'POST', route: '/stock/:sku/recount', status: 202, for: 331.4 },
]

const panel = await openPanel()
const empty = await openPanel()
const browser = await launchChromium()
try {
  mkdirSync(folder, { recursive: true })
  await fill()
  for (const colorScheme of ['light', 'dark']) {
    await shoot(`panel-list-${colorScheme}`, { colorScheme }, openReport)
    await shoot(`panel-trace-${colorScheme}`, { colorScheme }, openOrder)
  }
  await shoot('panel-lines-light', {}, page => page.goto(`${panel.url}/#/lines`))
  await shoot('panel-resources-dark', { colorScheme: 'dark' }, page => page.goto(`${panel.url}/#/resources`))
  await shoot('panel-empty-light', {}, page => page.goto(empty.url))
  await shoot('panel-phone-light', { viewport: { width: 390, height: 844 } }, page => page.goto(panel.url))
} finally {
  await browser.close()
  await Promise.all([panel.close(), empty.close()])
}

async function fill() {
  const run = { command: 'node app.js', running: true, pid: 41207, saved: false }
  const now = Date.now()
  const start = [
    { level: 'info', msg: 'connected to postgres', service: 'shop', pool: 10, time: now - 92_000 },
    { level: 'info', msg: 'shop listens on http://localhost:3000/', service: 'shop', time: now - 91_000 },
  ]
  for (const each of [panel, empty]) {
    each.setRun(run)
    await each.log(...start)
  }
  const requests = Array.from({ length: 60 }, (_, at) => requestAt(at, now - 3000 - (60 - at) * 1370))
  for (const request of requests) await panel.send(request)
  const rounded = { trace_id: 7482291040663559000, span_id: '3361270054480192013', service: 'mailer' }
  await panel.log({
    level: 'warn',
    msg: 'mail not sent, trying again in 30 s',
    to: 'u-7',
    time: now - 9600,
    dd: rounded,
  })
  await panel.log({ level: 'info', msg: 'queue checked', jobs: 0, time: now - 2000, dd: rounded })
}

function requestAt(at, start) {
  if (at === 56) return abortedReport(start, ids)
  if (at === 55 || at === 20) return failedOrder(start, ids)
  if (at === 51) return repeatedQueries(start, ids)
  if (at === 48) return unfinished(start, ids)
  return product(start, ids, kinds[(at * 7) % kinds.length])
}

async function openReport(page) {
  await page.goto(panel.url)
  await page.locator('.request', { hasText: '/report' }).getByRole('link').click()
  await page.locator('.line').first().waitFor()
  await page.mouse.move(10, 890)
}

async function openOrder(page) {
  await page.goto(panel.url)
  await page.locator('.request', { hasText: '/orders/:sku' }).first().getByRole('link').click()
  await page.getByRole('button', { name: 'Full width' }).click()
  await page.locator('.line', { hasText: 'id=25' }).hover()
}

async function shoot(name, options, show) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC', ...options })
  const page = await context.newPage()
  await show(page)
  await page.waitForTimeout(400)
  const png = await smallPng(await browser.newPage(), await page.screenshot())
  writeFileSync(join(folder, `${name}.png`), png)
  console.log(`${name}.png ${Math.round(png.length / 1024)} kB`)
  await context.close()
}
