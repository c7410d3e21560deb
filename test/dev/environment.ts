/**
 * What the shell has set must not decide a test: tracers, colours, terminals, package managers and browsers are told by the tests
 * themselves. Loaded before any program is started.
 */
const decides =
  /^(?:_?DD_|OTEL_|npm_|NODE_DISABLE_COLORS$|FORCE_COLOR$|NO_COLOR$|COLORTERM$|CI$|TMUX$|TERM_PROGRAM|TEAMCITY_|BROWSER$|PORT$)/

for (const name of Object.keys(process.env)) if (decides.test(name)) delete process.env[name]
// `script` asks for it.
process.env.SHELL = '/bin/sh'
