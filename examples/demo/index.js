// Two services, one agent, five requests: node examples/demo/index.js [--keep]
const { fork } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { createInterface } = require('node:readline')
const { setTimeout: sleep } = require('node:timers/promises')
const { followTraces, linesOf, parseLine, printTrace, startAgent } = require('spanlog/agent')

const requests = [
  { title: 'A good one', path: '/products/apple' },
  { title: 'One for a product that does not exist', path: '/products/dragonfruit' },
  { title: 'One that fails in the inventory', path: '/orders/pear' },
  { title: 'A slow one', path: '/report' },
  { title: 'One whose caller hangs up after 100 ms', path: '/report', patience: 100 },
]

const lines = []
const children = []

async function main() {
  const agent = await startAgent()
  const inventory = await start('inventory.js', agent)
  const shop = await start('shop.js', agent, { INVENTORY_URL: inventory.url })
  for (const request of requests) await show(request, agent, shop)
  if (process.argv.includes('--keep')) return keep(agent, shop)
  stop()
  await agent.close()
}

async function start(file, agent, env = {}) {
  const child = fork(join(__dirname, file), {
    env: { ...process.env, ...quietTracer, DD_TRACE_AGENT_URL: agent.url, PORT: '0', ...env },
    silent: true,
  })
  children.push(child)
  child.stderr.pipe(process.stderr)
  child.lines = createInterface({ input: child.stdout })
  child.lines.on('line', line => lines.push(parseLine(line)))
  child.once('exit', () => fail(`${file} ended before the demo did`))
  const [{ port }] = await once(child, 'message')
  return { url: `http://127.0.0.1:${port}` }
}

// No spans for single middlewares, so that the tree shows the work; each trace sent at once, and nothing else.
const quietTracer = {
  DD_TRACE_MIDDLEWARE_TRACING_ENABLED: 'false',
  DD_TRACE_FLUSH_INTERVAL: '0',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
}

async function show({ title, path, patience }, agent, shop) {
  agent.clear()
  lines.length = 0
  const answer = await get(shop.url + path, patience)
  const trace = await agent.waitForTrace(isWhole, { timeout: 10_000 })
  await linesArrived()
  console.log(`\n── ${title}: GET ${path} → ${answer}\n`)
  console.log(printTrace(trace, lines))
  check(trace)
}

async function get(url, patience) {
  try {
    const response = await fetch(url, patience ? { signal: AbortSignal.timeout(patience) } : {})
    return `${response.status} ${await response.text()}`
  } catch {
    return 'hung up'
  }
}

/** The first span of each service is here. */
function isWhole(trace) {
  const served = trace.spans.filter(span => span.meta['span.kind'] === 'server').map(span => span.service)
  return trace.root !== undefined && served.includes('shop') && served.includes('inventory')
}

/** Lines come by another way than traces: wait until none has come for a moment. */
async function linesArrived() {
  for (let before = -1; before < lines.length; await sleep(150)) before = lines.length
}

/** The promise of spanlog: every line of the request is under a span of its trace, in both services. */
function check(trace) {
  const spans = new Set(trace.spans.map(span => span.spanId))
  const lost = lines.find(line => !linesOf(trace, [line]).length || !spans.has(line.spanId))
  if (lost) fail(`this line is under no span of its trace: ${lost.raw}`)
  for (const service of ['shop', 'inventory']) {
    if (!lines.some(line => line.service === service)) fail(`no line of ${service} arrived`)
  }
}

function keep(agent, shop) {
  const follower = followTraces(agent, { print: console.log })
  for (const child of children) child.lines.on('line', follower.takeLine)
  console.log('\nStill running. Try these, and stop with Ctrl-C:\n')
  for (const path of new Set(requests.map(request => request.path))) console.log(`  curl ${shop.url}${path}`)
  console.log(`  curl --max-time 0.1 ${shop.url}/report\n`)
}

function stop() {
  for (const child of children) child.removeAllListeners('exit').kill()
}

function fail(sentence) {
  console.error(`The demo failed: ${sentence}.`)
  stop()
  process.exit(1)
}

process.once('SIGINT', () => {
  stop()
  process.exit(0)
})

main().catch(error => fail(error.message))
