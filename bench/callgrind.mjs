// Reads what callgrind wrote. Code that V8 compiled has no symbols: its names come from V8's map (`node --perf-basic-prof`).

/** Cycles of a processor that waits 10 for the second cache or a wrong guess, and 100 for memory. */
const weights = { Ir: 1, I1mr: 10, D1mr: 10, D1mw: 10, Bcm: 10, Bim: 10, ILmr: 100, DLmr: 100, DLmw: 100 }

const weightsOf = text =>
  /^events: (.*)$/m
    .exec(text)[1]
    .split(' ')
    .map(event => weights[event] ?? 0)
const weighted = (counts, of) => counts.reduce((sum, count, i) => sum + (of[i] ?? 0) * Number(count), 0)

export function cyclesIn(text) {
  const sums = /^(?:totals|summary): (.*)$/m.exec(text)[1]
  return weighted(sums.split(' '), weightsOf(text))
}

/**
 * Needs `--dump-instr=yes`. `functions`: what each spends itself, by name. `edges`: what each caller makes each callee spend, with
 * what that calls in turn, by `caller -> callee`.
 */
export function profileIn(text, map) {
  const compiled = compiledFunctions(map)
  const events = weightsOf(text)
  const functions = new Map()
  const edges = new Map()
  const names = { fn: {}, ob: {} }
  const at = { fn: '', ob: '', cfn: '', cob: '' }
  let address = 0
  let call
  for (const line of text.split('\n')) {
    const [, key, value] = /^(fn|ob|cfn|cob|calls)=(.*)$/.exec(line) ?? []
    if (key === 'calls') call = callOf(value, address, at)
    else if (key) at[key] = nameOf(names[key.slice(-2)], value)
    if (key === 'fn' || key === 'ob' || key === 'calls') at.cob = at.ob
    if (!/^[\d+*-]/.test(line)) continue
    const [position, , ...counts] = line.split(' ')
    address = moved(address, position)
    const cycles = weighted(counts, events)
    const own = nameAt(compiled, at.ob, address, at.fn)
    if (call) {
      add(edges, `${own} -> ${nameAt(compiled, call.ob, call.target, call.fn)}`, cycles, call.count)
      add(functions, nameAt(compiled, call.ob, call.target, call.fn), 0, call.count)
    } else add(functions, own, cycles, 0)
    call = undefined
  }
  return { functions, edges }
}

/** By cells of 16 bytes. V8 reuses addresses, so the last entry counts. */
function compiledFunctions(map) {
  const cells = new Map()
  for (const [, start, size, name] of map.matchAll(/^([\da-f]+) ([\da-f]+) (.*)$/gm)) {
    const first = Number.parseInt(start, 16)
    const last = first + Number.parseInt(size, 16) - 1
    for (let cell = Math.floor(first / 16); cell <= Math.floor(last / 16); cell++) cells.set(cell, plain(name))
  }
  return cells
}

/** Without the mark of the compiler and without the folders in front of what a reader needs. */
function plain(name) {
  const folders = name.includes('/node_modules/') ? /\S*\/node_modules\// : /(?<= )(?:file:\/)?\/\S*\/(?=dist\/|[^/]*$)/
  return name
    .replace(folders, '')
    .replace(/(?<= )dist\//, 'spanlog: ')
    .replace(/^JS:[~^+*]'?/, 'JS:')
}

function nameAt(compiled, object, address, name) {
  return object === '???' ? (compiled.get(Math.floor(address / 16)) ?? 'unknown') : name
}

/** A name comes once as `(12) name`, then as `(12)`. */
function nameOf(known, text) {
  const [, id, name] = /^\((\d+)\)(?: (.*))?$/.exec(text)
  if (name !== undefined) known[id] = name
  return known[id]
}

function callOf(value, address, { cfn, cob }) {
  const [count, target] = value.split(' ')
  return { count: Number(count), target: moved(address, target), fn: cfn, ob: cob }
}

/** Positions are absolute, or relative to the one before. */
function moved(address, position) {
  if (position === '*') return address
  const distance = Number(position.replace(/^[+-]/, ''))
  if (position.startsWith('+')) return address + distance
  return position.startsWith('-') ? address - distance : distance
}

function add(costs, key, cycles, calls) {
  const cost = costs.get(key) ?? costs.set(key, { cycles: 0, calls: 0 }).get(key)
  cost.cycles += cycles
  cost.calls += calls
}
