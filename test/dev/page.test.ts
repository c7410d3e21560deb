import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { launchChromium } from './page/chromium'
import { openPanel, type Panel } from './page/panel'
import {
  abortedReport,
  failedOrder,
  Ids,
  large,
  longNames,
  product,
  repeatedQueries,
  type Sample,
  unfinished,
} from './page/sample'
import { runtimeFolder } from './spanlog'
import { replay, ruby } from './tracers/replay'

let browser: Browser
let panel: Panel
let context: BrowserContext
let page: Page
/** What the browser complains of: errors of the page, and what its policy has blocked. */
let complaints: string[]

const ids = new Ids()
const ago = (seconds: number) => Date.now() - seconds * 1000

before(async () => {
  browser = await launchChromium()
  panel = await openPanel()
})
after(async () => {
  await browser.close()
  await panel.close()
})

beforeEach(async () => {
  // The store and the health.
  await fetch(`${panel.url}/api/clear`, { method: 'POST' })
  panel.setRun({ command: 'node app.js', running: true, pid: 41207, saved: false })
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    acceptDownloads: true,
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  page = await context.newPage()
  page.setDefaultTimeout(30_000)
  complaints = []
  page.on('pageerror', error => complaints.push(String(error.stack)))
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
})
afterEach(async () => {
  await context.close()
  assert.deepEqual(complaints, [])
})

async function open(hash = ''): Promise<void> {
  await page.goto(`${panel.url}/${hash}`)
  await page.locator('.top').waitFor()
}

const requests = () => page.locator('#list .request')
const requestOf = (text: string) => requests().filter({ hasText: text })
const spans = () => page.locator('.span')
const spanOf = (text: string) => spans().filter({ hasText: text }).first()
const lines = () => page.locator('#trace-lines .line')
const filterBox = () => page.getByLabel('Filter', { exact: true })

/** Sends samples and opens the page with all of them in the list. */
async function openWith(...samples: Sample[]): Promise<void> {
  await panel.send(...samples)
  await open()
  await requests()
    .nth(samples.length - 1)
    .waitFor()
}

async function openOrder(): Promise<Sample> {
  const order = failedOrder(ago(10), ids)
  await openWith(order)
  await requestOf('/orders/:sku').getByRole('link').click()
  await spanOf('reserve.allocate').waitFor()
  return order
}

async function textsOf(locator: Locator): Promise<string[]> {
  return (await locator.allInnerTexts()).map(text => text.replace(/\s+/g, ' ').trim())
}

async function textOf(locator: Locator): Promise<string> {
  return (await textsOf(locator))[0] ?? ''
}

/** Waits until a question about the page is answered as it should be. */
async function until<T>(ask: () => Promise<T>, is: T): Promise<void> {
  const end = Date.now() + 30_000
  let now = await ask()
  while (!isSame(now, is) && Date.now() < end) {
    await page.waitForTimeout(20)
    now = await ask()
  }
  assert.deepEqual(now, is)
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function clipboard(): Promise<string> {
  return page.evaluate('navigator.clipboard.readText()')
}

const hash = () => page.evaluate<string>('location.hash')
const focusedText = () => page.evaluate<string>('document.activeElement.innerText')

describe('the page of spanlog dev, with an application', () => {
  it('waits for the first request, says what to type, and shows the request when it comes', async () => {
    const { child, url } = await startApplication()
    try {
      await page.goto(url)
      await page.getByRole('heading', { name: 'Waiting for the first request' }).waitFor()
      const command = page.locator('.command code')
      await until(async () => /curl http:\/\/localhost:\d+\/posts\/7/.test(await textOf(command)), true)
      const [, address = ''] = /curl (\S+)/.exec(await textOf(command)) ?? []
      assert.equal((await fetch(address)).status, 200)
      await requestOf('/posts/:id').waitFor()
      const [row = ''] = await textsOf(requestOf('/posts/:id'))
      assert.match(row, /^\d\d:\d\d:\d\d\.\d{3} blog GET ?\/posts\/:id 200 [\d.]+ ms 1/)

      assert.equal((await fetch(address.replace('posts', 'drafts'))).status, 500)
      await requestOf('/drafts/:id').getByRole('link').click()
      await page.locator('.error-box').getByText('the drafts are locked').waitFor()
      const link = page.locator('.error-box a').first()
      assert.match((await link.getAttribute('href')) ?? '', /^vscode:\/\/file\/.*examples\/express-pino\.js:\d+:\d+$/)
      await lines().filter({ hasText: 'loading' }).waitFor()
    } finally {
      child.kill()
    }
  })
})

/** `spanlog dev` with an example of this package, traced by dd-trace. */
async function startApplication() {
  const child = spawn(
    process.execPath,
    ['dist/dev/cli.js', 'dev', '--port', '0', '--', process.execPath, 'examples/express-pino.js'],
    {
      env: { ...process.env, PORT: '0', XDG_RUNTIME_DIR: runtimeFolder },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  for await (const line of createInterface({ input: child.stderr })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    if (url) return { child, url }
  }
  throw new Error('spanlog dev has told no address')
}

describe('before the first request', () => {
  it('says that the command has ended', async () => {
    panel.setRun({ command: 'node app.js', running: false, exitCode: 1, saved: false })
    await panel.log({ level: 'error', message: 'no such file' })
    await open()
    await page.getByText('node app.js has ended with code 1').waitFor()
    await page.getByText('npx spanlog dev -- node app.js').waitFor()
    await page.locator('.tail').getByText('no such file').waitFor()
  })

  it('says how to report here where no command was given', async () => {
    panel.setRun({ running: false, saved: false })
    await open()
    await page.getByText(`DD_TRACE_AGENT_URL=${panel.url}`).or(page.getByText('curl http://localhost:3000/')).waitFor()
    assert.equal(await page.getByText('Command', { exact: true }).count(), 0)
  })

  it('tells of lines without ids', async () => {
    await panel.log({ message: 'a' }, { message: 'b' })
    await open()
    await page.getByText('2 read').waitFor()
    await page.getByText('of 2', { exact: false }).first().waitFor()
  })
})

describe('the list of requests', () => {
  it('names the path of a request that has no route', async () => {
    const lost = product(ago(1), ids, { status: 404 })
    Object.assign(lost.spans[0] as object, { resource: 'GET' })
    Object.assign(lost.spans[0]?.meta as object, { 'http.url': 'http://localhost:3000/nope?x=1', 'http.route': '' })
    await openWith(lost)
    assert.match((await textsOf(requests()))[0] as string, /shop GET ?\/nope 404/)
  })

  it('shows the newest first, with status, duration, lines, and what is to be known', async () => {
    await openWith(
      repeatedQueries(ago(5), ids),
      abortedReport(ago(4), ids),
      failedOrder(ago(3), ids),
      product(ago(2), ids, { status: 404 }),
      unfinished(ago(1), ids),
    )
    const rows = await textsOf(requests())
    assert.match(rows[0] as string, /pg\.query ?INSERT INTO payments.* – 12\.0 ms 1 .*1 span missing$/)
    assert.match(rows[1] as string, /shop GET ?\/products\/:sku 404 16\.7 ms 2 /)
    assert.match(rows[2] as string, /shop GET ?\/orders\/:sku 502 412\.6 ms 13 .*error · ×37 · 1 span missing$/)
    assert.match(rows[3] as string, /shop GET ?\/report 200 110\.5 ms 4 .*aborted$/)
    assert.match(rows[4] as string, /shop GET ?\/baskets\/:id 200 842\.3 ms 37 .*×37, potential N\+1$/)
  })

  it('shows a new request at the top while one is there', async () => {
    await openWith(product(ago(2), ids))
    await panel.send(product(ago(1), ids, { route: '/fresh' }))
    await requestOf('/fresh').waitFor()
    assert.match((await textsOf(requests()))[0] as string, /\/fresh/)
  })

  it('moves nothing while one is reading further down: new requests wait in a chip', async () => {
    await openWith(...Array.from({ length: 80 }, (_, at) => product(ago(100 - at), ids, { route: `/r${at}` })))
    await page.locator('#list').evaluate((list: any) => {
      list.scrollTop = 800
    })
    const row = requestOf('/r40')
    const before = await row.boundingBox()
    await panel.send(...[1, 2, 3].map(() => product(ago(0), ids, { route: '/fresh' })))
    const chip = page.getByRole('button', { name: '3 new' })
    await chip.waitFor()
    assert.deepEqual(await row.boundingBox(), before)
    assert.equal(await requestOf('/fresh').count(), 0)
    await chip.click()
    await until(() => requestOf('/fresh').count(), 3)
    assert.equal(await page.locator('#list').evaluate((list: any) => list.scrollTop), 0)
  })

  it('pauses and goes on', async () => {
    await openWith(product(ago(2), ids))
    await page.keyboard.press('p')
    await panel.send(product(ago(1), ids, { route: '/fresh' }))
    await page.getByRole('button', { name: 'Go on 1 new' }).waitFor()
    assert.equal(await requests().count(), 1)
    await page.getByRole('button', { name: 'Go on' }).click()
    await requestOf('/fresh').waitFor()
  })

  it('clears for all pages', async () => {
    await openWith(product(ago(2), ids))
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('heading', { name: /Waiting|No request/ }).waitFor()
    assert.equal(panel.store.counts.traces, 0)
  })

  it('follows the keyboard: down, open, full width, back', async () => {
    await openWith(product(ago(2), ids, { route: '/second' }), product(ago(1), ids, { route: '/first' }))
    await page.keyboard.press('j')
    await until(focusedText, 'GET/first')
    await page.keyboard.press('j')
    await until(focusedText, 'GET/second')
    await page.keyboard.press('Enter')
    await page.locator('.trace.pane').getByRole('heading', { name: '/second' }).waitFor()
    await page.keyboard.press('k')
    await page.locator('.trace.pane').getByRole('heading', { name: '/first' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.trace.full').getByRole('heading', { name: '/first' }).waitFor()
    await page.keyboard.press('Escape')
    await requests().first().waitFor()
    await until(focusedText, 'GET/first')
  })

  it('goes to the next request that failed', async () => {
    await openWith(product(ago(4), ids, { status: 500, route: '/failed' }), product(ago(3), ids), product(ago(2), ids))
    await page.keyboard.press('e')
    await until(focusedText, 'GET/failed')
  })

  it('shows all keys', async () => {
    await open()
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('next, previous error').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  it('says when the server has stopped, and keeps what it has', async () => {
    const other = await openPanel()
    await other.send(product(ago(1), ids))
    await page.goto(other.url)
    await requests().first().waitFor()
    await other.close()
    await page.getByText('spanlog has stopped').waitFor()
    assert.equal(await requests().count(), 1)
    complaints = complaints.filter(text => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/.test(text))
  })
})

describe('the filter', () => {
  it('narrows the list as one types, in chips that can be taken away', async () => {
    await openWith(failedOrder(ago(3), ids), product(ago(2), ids), product(ago(1), ids, { status: 404 }))
    await page.keyboard.press('/')
    await page.keyboard.type('status:5xx')
    await until(() => requests().count(), 1)
    await page.keyboard.type(' ')
    await page.locator('.chip', { hasText: 'status:5xx' }).waitFor()
    await page.keyboard.type('route:/nowhere')
    await page.getByText('No request matches the filter').waitFor()
    await page.keyboard.press('Escape')
    await until(() => requests().count(), 1)
    await page.getByRole('button', { name: 'Remove status:5xx' }).click()
    await until(() => requests().count(), 3)
  })

  it('takes a value that is clicked, and with Alt leaves it out', async () => {
    await openWith(
      product(ago(3), ids, { service: 'inventory' }),
      product(ago(2), ids),
      product(ago(1), ids, { status: 404 }),
    )
    await requests().getByRole('button', { name: 'inventory' }).click()
    await until(() => requests().count(), 1)
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await requests()
      .getByRole('button', { name: '404' })
      .click({ modifiers: ['Alt'] })
    await until(() => requests().count(), 2)
    await page.locator('.chip', { hasText: '-status:404' }).waitFor()
  })

  it('takes a tag of a span and a field of a line', async () => {
    await openWith(product(ago(2), ids, { user: 7 }), product(ago(1), ids, { user: 8 }))
    await requests().first().getByRole('link').click()
    await lines().getByRole('button', { name: '8' }).first().click()
    await page.locator('.chip', { hasText: 'user:8' }).waitFor()
    await until(() => requests().count(), 1)
    const tag = page.locator('.tags > div', { hasText: 'http.status_code' })
    await tag.hover()
    await tag.getByRole('button', { name: 'Without these' }).click()
    await until(() => requests().count(), 0)
  })

  it('opens the trace of a pasted id: hexadecimal, decimal, of a span, or a whole traceparent', async () => {
    const sample = product(ago(2), ids)
    const [top, query] = sample.spans as [Sample['spans'][0], Sample['spans'][0]]
    const hex = (id: bigint) => id.toString(16).padStart(16, '0')
    const texts = [sample.id, String(top.trace_id), String(query.span_id), `00-${sample.id}-${hex(query.span_id)}-01`]
    await openWith(sample)
    for (const text of texts) {
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
      await page.keyboard.press('/')
      await page.keyboard.press('Control+v')
      await page.locator('.trace.full').waitFor()
      const span = text === sample.id || text === String(top.trace_id) ? '' : `/${query.span_id}`
      await until(hash, `#/trace/${sample.id}${span}`)
      await page.keyboard.press('Escape')
      await requests().first().waitFor()
    }
    await page.locator('body').click()
    await page.keyboard.press('Control+v')
    await page.locator('.trace.full').waitFor()
  })

  it('holds for the lines and the resources as well', async () => {
    await openWith(failedOrder(ago(3), ids), product(ago(2), ids))
    await filterBox().fill('level:error')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: /^Lines/ }).click()
    await until(() => page.locator('#list .line-row').count(), 3)
    await page.getByRole('link', { name: /^Resources/ }).click()
    await until(() => page.locator('#list .resource').count(), 1)
  })
})

describe('the list of lines', () => {
  it('shows all lines, with their request or without, and their fields as a table', async () => {
    await panel.log({ message: 'listening', port: 3000, service: 'shop' })
    await openWith(product(ago(1), ids))
    await page.keyboard.press('l')
    const rows = page.locator('#list .line-row')
    await until(() => rows.count(), 3)
    await rows.filter({ hasText: 'listening' }).getByText('no ids').waitFor()
    await rows.filter({ hasText: 'found' }).locator('.time').click()
    await page.locator('.fields .tags').getByText('sku').waitFor()
    await rows.filter({ hasText: 'looking up' }).getByRole('link').click()
    await page.locator('.trace.full').getByRole('heading', { name: '/products/:sku' }).waitFor()
    await page.keyboard.press('Escape')
    await rows.first().waitFor()
  })

  it('finds the request of a line whose trace id is decimal', async () => {
    const sample = product(ago(1), ids)
    const trace_id = String(sample.spans[0]?.trace_id)
    await panel.log({ level: 'info', message: 'an older tracer', dd: { trace_id, span_id: '1' } })
    await openWith(sample)
    await page.keyboard.press('l')
    const row = page.locator('#list .line-row').filter({ hasText: 'an older tracer' })
    await row.getByRole('link').click()
    await page.locator('.trace.full').getByRole('heading', { name: '/products/:sku' }).waitFor()
    await page.keyboard.press('Escape')
    await filterBox().fill('route:/products')
    await page.keyboard.press('Enter')
    await row.waitFor()
  })

  it('brings older lines as one scrolls', async () => {
    const many = Array.from({ length: 1800 }, (_, at) => ({ message: `line number ${at}` }))
    for (let from = 0; from < many.length; from += 600) await panel.log(...many.slice(from, from + 600))
    await open('#/lines')
    await page.getByText('line number 1799').waitFor()
    const oldest = page.getByText('line number 0', { exact: true })
    assert.equal(await oldest.count(), 0)
    const scroll = () =>
      page.locator('#list').evaluate((list: any) => {
        list.scrollTop = list.scrollHeight
        return list.textContent.includes('These are all lines')
      })
    await until(scroll, true)
    assert.equal(await oldest.count(), 1)
  })
})

describe('the list of resources', () => {
  it('counts requests, errors and durations; a row filters the requests', async () => {
    await openWith(
      ...[10, 20, 30, 40].map(duration =>
        product(ago(60 - duration), ids, { for: duration, status: duration === 40 ? 500 : 200 }),
      ),
      abortedReport(ago(5), ids),
    )
    await page.getByRole('link', { name: /^Resources/ }).click()
    const row = page.locator('#list .resource', { hasText: '/products/:sku' })
    assert.match(
      (await textsOf(row))[0] as string,
      /shop GET ?\/products\/:sku 4 [\d.]+ 1 \(25 %\) 20\.0 ms 40\.0 ms 40\.0 ms/,
    )
    await page.getByRole('button', { name: 'p95' }).click()
    assert.match((await textsOf(page.locator('#list .resource')))[0] as string, /\/report/)
    await row.click()
    await until(() => requests().count(), 4)
  })
})

describe('a trace', () => {
  it('stands beside the list as a waterfall over services, with its lines, and the error that came first', async () => {
    await openOrder()
    assert.deepEqual(await textsOf(page.locator('.span .name')), [
      'GET /orders/:sku 502',
      'pg.query SELECT * FROM orders WHERE sku = $1',
      'http.request GET inventory.local/reserve/pear 500',
      'GET /reserve/:sku 500',
      '×37 pg.query potential N+1 SELECT * FROM shelf WHERE id = $1',
      'no span for 116 ms',
      'redis.command SET lock:pear NX PX 5000',
      'reserve.allocate pear',
      'pg.query ROLLBACK',
      'amqp.publish stock.low',
    ])
    await page.getByText('Parent not received 6781234509871236115').waitFor()
    await until(() => lines().count(), 13)
    await page.locator('.span[aria-selected="true"]', { hasText: 'reserve.allocate' }).waitFor()
    await page.locator('.error-box').getByText('RangeError').waitFor()
    assert.equal(
      await page.locator('.error-box a').first().getAttribute('href'),
      'vscode://file/srv/inventory/src/reserve.js:41:11',
    )
    assert.equal(await textOf(page.locator('.error-box summary')), '4 more in node_modules and Node.js')
  })

  it('draws the time of a line under the pointer, and lights its span and its dot', async () => {
    await openOrder()
    await lines().filter({ hasText: 'lock taken' }).hover()
    await page.locator('.now-label', { hasText: '+329.0 ms' }).waitFor()
    await page.locator('.span[data-lit]', { hasText: 'redis.command' }).waitFor()
    assert.equal(await page.locator('.dot[data-lit]').count(), 1)
    await lines().filter({ hasText: 'id=17' }).hover()
    await page.locator('.span[data-lit]', { hasText: '×37' }).waitFor()
    await spanOf('redis.command').locator('.dot').hover()
    await page.locator('.line[data-lit]', { hasText: 'lock taken' }).waitFor()
  })

  it('shows the lines of a span, of what is under it, or of all', async () => {
    await openOrder()
    await spanOf('GET /reserve/:sku').click()
    const scope = (name: string) => page.locator('.segments').getByRole('button', { name })
    await scope('Span').click()
    await until(() => lines().count(), 2)
    await scope('Subtree').click()
    await until(() => lines().count(), 10)
    await page.keyboard.press('s')
    await until(() => lines().count(), 13)
    await spanOf('×37').click()
    await page.keyboard.press('s')
    await until(() => lines().count(), 5)
  })

  it('folds and unfolds, and opens repeated queries one by one', async () => {
    await openOrder()
    await page.keyboard.press('Enter')
    await spanOf('×37').getByRole('button').click()
    await until(() => spans().count(), 47)
    await spanOf('GET /reserve/:sku').click()
    await page.keyboard.press('ArrowLeft')
    await until(() => spans().count(), 6)
    await spanOf('1 folded').or(spanOf('40 folded')).or(spanOf('folded')).first().waitFor()
    await page.keyboard.press('ArrowRight')
    await until(() => spans().count(), 47)
  })

  it('zooms into a part of the time, which limits spans and lines', async () => {
    await openOrder()
    const axis = await page.locator('.ticks').boundingBox()
    assert.ok(axis)
    await page.mouse.move(axis.x + axis.width * 0.7, axis.y + 10)
    await page.mouse.down()
    await page.mouse.move(axis.x + axis.width, axis.y + 12, { steps: 4 })
    await page.mouse.up()
    await until(() => spanOf('SELECT * FROM orders').count(), 0)
    assert.ok((await lines().count()) < 13)
    await page.getByRole('button', { name: 'Whole trace' }).click()
    await until(() => lines().count(), 13)
    await spanOf('reserve.allocate').click()
    await page.keyboard.press('z')
    await until(() => lines().count(), 2)
    await page.keyboard.press('Escape')
    await until(() => lines().count(), 13)
  })

  it('goes through spans, errors and lines by the keyboard', async () => {
    await openOrder()
    await spanOf('GET /orders/:sku').click()
    const selected = () => textOf(page.locator('.span[aria-selected="true"] .name'))
    await until(selected, 'GET /orders/:sku 502')
    await page.keyboard.press('j')
    await until(selected, 'pg.query SELECT * FROM orders WHERE sku = $1')
    for (const [key, name] of [
      ['e', 'GET /reserve/:sku 500'],
      ['e', 'reserve.allocate pear'],
      ['E', 'GET /reserve/:sku 500'],
    ] as const) {
      await page.keyboard.press(key)
      await until(selected, name)
    }
    await page.keyboard.press('l')
    await until(async () => /reserving/.test(await focusedText()), true)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.locator('.line .fields').getByText('span', { exact: true }).waitFor()
    await page.keyboard.press('l')
    await until(async () => /GET \/reserve/.test(await focusedText()), true)
  })

  it('shows tags as a table whose JSON unfolds', async () => {
    await openOrder()
    const tag = page.locator('.tags-part .tags > div', { hasText: 'order' }).first()
    await tag.getByRole('button', { name: '{sku, quantity, warehouse}' }).click()
    await tag.getByText('warehouse:').waitFor()
    await tag.getByRole('button', { name: '{id, city}' }).click()
    await tag.getByText('Ghent').waitFor()
    await tag.hover()
    await tag.getByRole('button', { name: 'Copy order' }).click()
    assert.match(await clipboard(), /^\{"sku":"pear"/)
  })

  it('says when the client left, and what went on', async () => {
    await openWith(abortedReport(ago(2), ids))
    await requests().first().getByRole('link').click()
    await page.getByText('The client left at +110.5 ms. http.request went on for another 401.1 ms.').waitFor()
  })

  it('has its own link, with the span, in both spellings of an id', async () => {
    const sample = product(ago(2), ids)
    const [top, query] = sample.spans as [Sample['spans'][0], Sample['spans'][0]]
    await panel.send(sample)
    await open(`#/trace/${top.trace_id}/${query.span_id}`)
    await page.locator('.span[aria-selected="true"]', { hasText: 'pg.query' }).waitFor()
    await until(hash, `#/trace/${sample.id}/${query.span_id}`)
    await page.getByRole('button', { name: 'Copy link' }).click()
    assert.equal(await clipboard(), `${panel.url}/#/trace/${sample.id}/${query.span_id}`)
  })

  it('grows as further spans and lines come', async () => {
    const sample = product(ago(2), ids)
    const [top, query] = sample.spans as [Sample['spans'][0], Sample['spans'][0]]
    await panel.send({ ...sample, spans: [query], lines: [] })
    await open(`#/trace/${sample.id}`)
    await spanOf('pg.query').waitFor()
    await panel.send({ ...sample, spans: [top] })
    await spanOf('GET /products/:sku').waitFor()
    await until(() => lines().count(), 2)
  })

  it('waits for a trace that has not come, and says when one has gone', async () => {
    const sample = product(ago(2), ids)
    await open(`#/trace/${sample.id}`)
    await page.getByRole('heading', { name: 'No trace with this id' }).waitFor()
    await panel.send(sample)
    await spanOf('GET /products/:sku').waitFor()
    await page.evaluate("fetch('/api/clear', { method: 'POST' })")
    await page.getByText('This trace has gone from the memory of spanlog').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'This trace has gone' }).waitFor()
    complaints = complaints.filter(text => !/404/.test(text))
  })

  it('copies the request as curl and the trace as Markdown', async () => {
    await openOrder()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    await until(clipboard, 'curl http://127.0.0.1:3000/orders/pear')
    await page.getByRole('button', { name: 'Copy as Markdown' }).click()
    await until(async () => /### GET \/orders\/:sku: 502/.test(await clipboard()), true)
  })

  it('is saved as a file, and opens again when the file is dropped, also without the server', async () => {
    const order = await openOrder()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save' }).click(),
    ])
    assert.equal(download.suggestedFilename(), `trace-${order.id}.json`)
    const saved = readFileSync(await download.path(), 'utf8')
    assert.equal(JSON.parse(saved).spanlog, 1)
    panel.store.clear()
    await open()
    await drop('order.json', saved)
    await page.getByText('From the file order.json').waitFor()
    await until(() => lines().count(), 13)
    await page.locator('.error-box').getByText('RangeError').waitFor()
  })

  it('refuses a file that is no saved trace', async () => {
    await open()
    await drop('shopping.json', '{"milk":2}')
    await page.getByText('shopping.json is not a trace saved by spanlog').waitFor()
    const trace = { id: 'x', idLow: '1', name: '', resource: '', method: '', service: '', services: [] }
    await drop('broken.json', JSON.stringify({ spanlog: 1, trace, spans: [{}], lines: [] }))
    await page.getByText('broken.json is not a trace saved by spanlog').waitFor()
  })

  it('tells of a line of its time why it is not linked; the health panel shows it, with the fix to copy', async () => {
    const start = ago(10)
    await openWith(failedOrder(start, ids))
    const rounded = { trace_id: 7482291040663559000, span_id: '3361270054480192013', service: 'mailer' }
    await panel.log({ level: 'warn', msg: 'mail not sent', time: start + 200, dd: rounded })
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: '1 line of this time is not linked' }).click()
    await page.locator('.unlinked').getByText('not linked: the ids are numbers').waitFor()
    await page.getByRole('link', { name: /^Health/ }).click()
    await page.getByText('1 reason why 1 line is not linked').waitFor()
    await page.getByRole('button', { name: 'Copy the fix' }).click()
    await until(async () => /tracer\.inject/.test(await clipboard()), true)
    await page.getByRole('button', { name: 'Show these lines' }).click()
    await until(() => page.locator('#list .line-row').count(), 1)
    await page.locator('#list').getByText('mail not sent').waitFor()
    assert.equal(await page.locator('.chip').textContent(), 'why:numeric-ids')
  })

  it('opens with 500 spans over three services and long names', async () => {
    await openWith(large(ago(3), ids, 500), longNames(ago(2), ids))
    await requestOf('/import').getByRole('link').click()
    await page.locator('.facts').getByText('500 spans, 500 lines').waitFor()
    await until(() => lines().count(), 500)
    await requestOf('DELETE').getByRole('link').click()
    await page.locator('.facts').getByText('organisation-directory-service-europe-west').waitFor()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
  })
})

/** Drops a file on the page, as from the desktop. */
async function drop(name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)})); return data })()`,
  )
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
}

describe('safety', () => {
  it('shows markup in spans and lines as text, and opens no script of theirs', async () => {
    const attack = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    const sample = product(ago(1), ids, { route: `/${attack}`, status: 500, service: attack })
    const [top] = sample.spans as [Sample['spans'][0]]
    top.meta['error.type'] = attack
    top.meta['error.message'] = attack
    top.meta['error.stack'] =
      `Error\n    at x (javascript:window.hacked=1)\n    at y (/srv/a"onclick="window.hacked=1.js:1:1)`
    top.meta['http.url'] = 'javascript:window.hacked=1'
    top.meta[attack] = attack
    sample.lines[0] = { ...sample.lines[0], msg: attack, [attack]: attack, nested: { [attack]: [attack] } }
    await openWith(sample)
    await requests().first().getByRole('link').click()
    await page.locator('.error-box b', { hasText: attack }).waitFor()
    await lines().filter({ hasText: attack }).first().click()
    for (const name of ['Lines', 'Resources', 'Requests'])
      await page.getByRole('link', { name: new RegExp(`^${name}`) }).click()
    assert.equal(await page.evaluate('window.hacked'), undefined)
    assert.equal(await page.locator('img').count(), 0)
    assert.equal(await page.locator('script').count(), 1, 'the one of the page')
    const links = await page.locator('a').evaluateAll(links => links.map((link: any) => link.protocol))
    assert.deepEqual(
      links.filter(protocol => protocol === 'javascript:'),
      [],
    )
  })

  it('lets no page from elsewhere read, clear or feed the panel', async () => {
    await panel.send(product(ago(1), ids))
    const answers = await fromElsewhere(`Promise.allSettled([
      fetch('${panel.url}/api/clear', { method: 'POST', mode: 'no-cors' }),
      fetch('${panel.url}/api/v2/logs', { method: 'POST', mode: 'no-cors', body: '[{"message":"fed"}]' }),
      fetch('${panel.url}/api/traces'),
    ]).then(([, , traces]) => traces.status)`)
    assert.equal(answers, 'rejected')
    assert.equal(panel.store.counts.traces, 1)
    assert.equal(panel.store.lines, 2, 'those of the request')
    complaints = complaints.filter(text => !/CORS|ERR_FAILED|ERR_BLOCKED|403/.test(text))
  })

  it('shows a service in Ruby, whose tracer sends the path and the host in two tags', async () => {
    await open()
    await replay(panel.url, ruby)
    await page.getByText('/nothing-here').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    await until(clipboard, 'curl http://shop.example/broken')
    await page.getByText('ArgumentError').first().waitFor()
  })

  it('quotes what it copies as curl', async () => {
    const sample = product(ago(1), ids)
    const [top] = sample.spans as [Sample['spans'][0]]
    top.meta['http.url'] = "http://localhost/'; touch /tmp/hacked; echo '$(id)"
    await openWith(sample)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    await until(clipboard, `curl 'http://localhost/'\\''; touch /tmp/hacked; echo '\\''$(id)'`)
  })
})

/** Runs a script in a page of another origin. */
async function fromElsewhere(script: string): Promise<unknown> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<p>elsewhere')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return await page.evaluate(script)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

describe('for all', () => {
  const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [width, height] of [
      [1440, 900],
      [360, 740],
      [3840, 2160],
    ] as const) {
      it(`axe finds nothing to mend in ${colorScheme}, on any screen, at a width of ${width} px`, async () => {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height })
        await open()
        await check('empty')
        await panel.log({ message: 'listening', port: 3000 })
        await panel.send(failedOrder(ago(5), ids), abortedReport(ago(4), ids), product(ago(3), ids, { status: 404 }))
        await requests().nth(2).waitFor()
        await filterBox().fill('dur:>1ms ')
        await requests().nth(1).hover()
        await check('list')
        await requestOf('/orders/:sku').getByRole('link').click()
        await spanOf('reserve.allocate').waitFor()
        await lines().first().click()
        await check('trace')
        if (width > 1000) await page.getByRole('button', { name: 'Full width' }).click()
        await check('trace in full width')
        await page.keyboard.press('Escape')
        for (const name of ['lines', 'resources', 'health']) {
          await page.goto(`${panel.url}/#/${name}`)
          await check(name)
        }
        await page.keyboard.press('?')
        await check('help')
      })
    }
  }

  it('the health is of all lines, however many came at once', async () => {
    const dd = { trace_id: '6b096fb30000000015eba468e10ea9cf', span_id: '5' }
    // The server reads these for longer than one answer may take, and has nothing to say of them.
    const slow = Array.from({ length: 30_000 }, (_, at) => ({ message: `line ${at}`, dd, trace_id: at }))
    await panel.log(...slow, { message: 'low', dd: { trace_id: 1, span_id: 1 } })
    await open()
    await page.getByRole('link', { name: 'Health 1' }).waitFor()
  })

  it('all controls of the top are in sight on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await panel.log({ message: 'low', dd: { trace_id: 1, span_id: 1 } })
    await openWith(...Array.from({ length: 120 }, () => product(ago(3), ids)))
    await page.getByRole('link', { name: 'Health 1' }).waitFor()
    const right = await page.getByRole('button', { name: 'Light or dark' }).evaluate(button => {
      return button.getBoundingClientRect().right
    })
    assert.ok(right <= 360, `its right edge is at ${right}`)
  })

  async function check(screen: string): Promise<void> {
    // Not as a script element: the policy of the page allows none.
    await page.evaluate(`window.axe || (() => { ${axe} })()`)
    const violations = await page.evaluate<string[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, impact, nodes }) => impact + ' ' + id + ': ' + nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary).join(' | ')))`,
    )
    assert.deepEqual(violations, [], screen)
  }
})
