// The command alone, as `spanlog doctor` runs it.
const { runDoctor } = require('../../../dist/dev/doctor/index.js')

runDoctor(process.argv.slice(2)).then(code => {
  process.exitCode = code
})
