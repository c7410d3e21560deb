/**
 * Variables that keep dd-trace quiet in a test: it sends nothing but spans, and prints nothing. A test that needs another value sets
 * it after these. The flush interval differs from test to test, so each test sets its own.
 */
export const quietTracer = {
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_TRACE_STARTUP_LOGS: 'false',
} as const
