/** Preloaded, it gives the 6th major to whoever requires dd-trace: SPANLOG_DD_TRACE is a folder that has it. */
const Module = require('node:module')
const { join } = require('node:path')

const fromThere = { id: 'dd-trace-6', paths: [join(process.env.SPANLOG_DD_TRACE, 'node_modules')] }
const resolve = Module._resolveFilename
Module._resolveFilename = function resolveFilename(request, parent, ...rest) {
  const isDdTrace = request === 'dd-trace' || request.startsWith('dd-trace/')
  return resolve.call(this, request, isDdTrace ? fromThere : parent, ...rest)
}
