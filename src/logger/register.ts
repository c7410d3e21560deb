/**
 * Tells TypeScript which logger `req.log`, `ctx.log` and `getLog()` are, once per application.
 *
 * @example declare module 'spanlog' { interface Register { log: import('pino').Logger } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the application
export interface Register {}
