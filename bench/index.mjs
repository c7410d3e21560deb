// npm run bench [<name>] [-- options]: README.md lists the names.
import { install } from './install.mjs'

const names = ['run', 'alone', 'line', 'micro', 'memory', 'start-up', 'features', 'cycles']
const name = process.argv[2]?.startsWith('-') ? 'run' : (process.argv.splice(2, 1)[0] ?? 'run')
if (!names.includes(name)) {
  console.error(`There is no benchmark \`${name}\`. Use one of: ${names.join(', ')}.`)
  process.exit(1)
}
install()
await import(`./${name}.mjs`)
