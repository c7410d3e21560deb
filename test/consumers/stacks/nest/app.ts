import 'reflect-metadata'
import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import tracer from 'dd-trace'
import { getLog } from 'spanlog'
import { spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

@Injectable()
class Denial {
  canActivate(): boolean {
    getLog().info('loading')
    return false
  }
}

@Controller('posts')
class Posts {
  @Get(':id')
  read(): string {
    getLog().info('loading')
    return 'ok'
  }

  @Get(':id/drafts')
  @UseGuards(new Denial())
  drafts(): string {
    return 'never'
  }

  @Get(':id/broken')
  broken(): string {
    getLog().info('loading')
    throw new Error('no such post')
  }
}

@Module({ controllers: [Posts] })
class App {}

async function start(): Promise<void> {
  const app = await NestFactory.create(App, { logger: false })
  app.use(spanlog())
  await app.init()
  const requests = [{ path: '/posts/7' }, { path: '/posts/7/drafts' }, { path: '/posts/7/broken' }]
  console.log(JSON.stringify({ spans: await serve(app.getHttpAdapter().getInstance(), requests) }))
}

start()
