import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'
import { RequestLogger } from './request-logger.js'
import { TracedModule } from './traced.module.js'

@Module({ imports: [TracedModule, AppModule] })
class Both {}

export const createApp = () => NestFactory.create(Both, { logger: new RequestLogger() })
