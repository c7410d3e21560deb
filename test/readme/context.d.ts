/** What the pieces of the README take for granted. */

import type { Server } from 'node:http'
import type bunyanModule from 'bunyan'
import type { Express } from 'express'
import type { LogLayer } from 'loglayer'
import type pinoModule from 'pino'
import type { Span } from 'spanlog'
import type winstonModule from 'winston'

declare global {
  const app: Express
  const server: Server
  const log: pinoModule.Logger
  const span: Span
  const loglayer: LogLayer
  const pino: typeof pinoModule.default
  const winston: typeof winstonModule
  const bunyan: typeof bunyanModule
}
