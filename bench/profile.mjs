// Where the time of a request goes: a CPU profile of one configuration, by package and by function of spanlog.
//
//   npm run bench:profile [-- --framework koa --configuration minimum --word quiet --top 40]

import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Process } from './processes.mjs'

const { values } = parseArgs({
  options: {
    framework: { type: 'string', default: 'express' },
    configuration: { type: 'string', default: 'spanlog' },
    count: { type: 'string', default: '30000' },
    word: { type: 'string', default: 'items' },
    traced: { type: 'boolean', default: false },
    top: { type: 'string', default: '30' },
    dist: { type: 'string', default: '../dist' },
    node: { type: 'string', default: process.execPath },
    tracer: { type: 'string' },
  },
})

async function profileOf({ framework, configuration, dist, word, traced, count, node, tracer }) {
  const agent = new Process('agent.mjs')
  const { port: agentPort } = await agent.told()
  const folder = mkdtempSync(join(tmpdir(), 'spanlog-profile-'))
  const argument = { framework, configuration, sets: { tracer }, agentPort, dist }
  const execArgv = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200']
  const server = new Process('server.mjs', argument, { execPath: node, execArgv })
  await server.told()
  await server.ask({ task: 'inMemory', word, traced, count: Number(count) })
  server.end()
  agent.end()
  await once(server.child, 'exit')
  const [name] = readdirSync(folder)
  const profile = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  rmSync(folder, { recursive: true })
  return profile
}

/** Samples by node, then by what they are in: a sample counts once for each function on its stack. */
function read({ nodes, samples }) {
  const byId = new Map(nodes.map(node => [node.id, node]))
  for (const node of nodes) for (const id of node.children ?? []) byId.get(id).parent = node
  const self = new Map()
  const total = new Map()
  const packages = new Map()
  const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1)
  let counted = 0
  for (const id of samples) {
    const stack = []
    for (let node = byId.get(id); node; node = node.parent) stack.push(node)
    if (stack.some(({ callFrame }) => loading.has(callFrame.functionName))) continue
    counted++
    add(packages, packageOf(stack[0].callFrame))
    add(self, nameOf(stack[0].callFrame))
    for (const name of new Set(stack.map(({ callFrame }) => nameOf(callFrame)))) add(total, name)
  }
  return { self, total, packages, counted }
}

/** What a process does before it serves. */
const loading = new Set(['require', 'compileForInternalLoader', 'Module._load', '(program)', '(idle)'])

function nameOf({ functionName, url, lineNumber }) {
  const known = /\/(?:node_modules|bench)\/(.*)/.exec(url)?.[1]
  const file = known ?? url.replace(/^file:.*\/(?=[^/]+\/[^/]+$)/, 'spanlog: ')
  return `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}

function packageOf({ functionName, url }) {
  if (url === '') return functionName
  if (url.startsWith('node:')) return 'node'
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? (url.includes('/bench/') ? 'bench' : 'spanlog')
}

const { self, total, packages, counted } = read(await profileOf(values))
const show = (title, map, keep = () => true) => {
  console.log(`\n${title}`)
  const rows = [...map].filter(([name]) => keep(name)).sort((a, b) => b[1] - a[1])
  for (const [name, count] of rows.slice(0, values.top))
    console.log(`${((100 * count) / counted).toFixed(2).padStart(7)} %  ${name}`)
}
show('by package, self', packages)
show(
  'functions of spanlog, with what they call',
  total,
  name => name.includes(' spanlog: ') || name.includes(' minimum.mjs'),
)
show('functions, with what they call, of dd-trace', total, name => name.includes('/dd-trace/'))
show('functions of spanlog, self', self, name => name.includes(' spanlog: ') || name.includes(' minimum.mjs'))
show('functions, self', self)
