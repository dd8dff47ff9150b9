import type { IncomingMessage } from 'node:http'
import { Controller, Get, Req } from '@nestjs/common'
import { accessOf } from 'appgrant/node'

@Controller('calls')
export class Calls {
  @Get()
  list(@Req() request: IncomingMessage): string {
    return `calls of ${accessOf(request).account}`
  }
}
