import { Controller, ForbiddenException, Get, Logger } from '@nestjs/common'
import { Query, Resolver } from '@nestjs/graphql'

const log = new Logger('Posts')

@Controller('posts')
export class PostsController {
  @Get(':id')
  read(): { title: string } {
    log.log('loading')
    return { title: 'Seven' }
  }

  @Get(':id/drafts')
  drafts(): never {
    log.warn('loading')
    throw new ForbiddenException('not yours')
  }

  @Get(':id/broken')
  broken(): never {
    log.error('loading', 'a stack')
    throw new TypeError('no such post')
  }
}

export const typeDefs = 'type Query { post(id: ID!): String, draft: String, broken: String }'

@Resolver()
export class PostsResolver {
  @Query('post')
  post(): string {
    log.debug('loading')
    log.log('loading')
    return 'Seven'
  }

  @Query('draft')
  draft(): never {
    throw new ForbiddenException('not yours')
  }

  @Query('broken')
  broken(): never {
    throw new TypeError('no such post')
  }
}
