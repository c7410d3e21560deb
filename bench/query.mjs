// What a query string of 64 kB costs that somebody made to be dear: its `http.url` is made in linear time.
//
//   npm run bench:query
import { parseArgs } from 'node:util'
import { require } from './require.mjs'
import { summary } from './stats.mjs'

const { values } = parseArgs({ options: { dist: { type: 'string', default: '../dist' } } })
const { urlTag } = require(`${values.dist}/http-url`)

const length = 64 * 1024
const filled = part => part.repeat(Math.ceil(length / part.length)).slice(0, length)
/** What expressions of this kind are known to be slow on: long runs of what may begin, or nearly end, a match. */
const queries = {
  'one key, no value': filled('a'),
  'many keys': filled('a&'),
  'nearly a secret': filled('passwor'),
  secrets: filled('token=abc&'),
  'nested keys': `${filled('a[')}=1`,
  'percent signs': filled('%'),
  'encoded letters': filled('p%61ssword%3D'),
  'spaces and equal signs': filled('= '),
  'nearly a token': filled('ey'),
  'nearly a key': `-----BEGIN${filled('%20')}`,
  'quotes and braces': filled('%7B%22'),
}
const urlOf = urlTag({})

function cpuOf(query) {
  const start = process.cpuUsage()
  urlOf({ headers: { host: 'shop.example' }, url: `/search?${query}` })
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

cpuOf('page=2&sort=name&token=abc') // no service has this query as its first
let dearest = 0
for (const [name, query] of Object.entries(queries)) {
  const first = cpuOf(query)
  const { median, high } = summary(Array.from({ length: 21 }, () => cpuOf(query)))
  dearest = Math.max(dearest, first, high)
  console.log(`${name.padEnd(24)} first ${first.toFixed(2)} ms, then ${median.toFixed(2)} (to ${high.toFixed(2)})`)
}
console.log(`dearest: ${dearest.toFixed(2)} ms of CPU; goal < 5`)
