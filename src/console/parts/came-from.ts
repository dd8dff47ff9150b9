import type { App } from '../../domain/apps/app.ts'
import type { Context } from '../context.ts'

/** Where an app comes from that its owner has not registered. */
export type Origin = NonNullable<App['origin']>

/** How it was registered, in words. */
export function cameFrom({ by }: Pick<Origin, 'by'>, { texts }: Pick<Context, 'texts'>): string {
  return by === 'itself' ? texts.registeredItself : texts.registeredInBrowser
}

/** Whether it is a program that registered itself, and can do so again. */
export function hasRegisteredItself({ origin }: { readonly origin?: Origin | undefined }): boolean {
  return origin?.by === 'itself'
}
