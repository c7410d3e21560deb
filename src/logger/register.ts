/**
 * Declares the type of `req.log`, `ctx.log` and `getLog()`, once per application.
 *
 * @example declare module 'spanlog' { interface Register { log: import('pino').Logger } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the application
export interface Register {}
