import type { App } from '../../domain/apps/app.ts'
import type { Reply } from '../call.ts'
import type { Context } from '../context.ts'
import { secretPage } from '../pages/secret.ts'

/** The page with a secret that was just made: only the response to the form that made it has one. */
export function secretReply(
  { app, secret, made }: { app: App; secret: string; made: 'registered' | 'regenerated' | 'added' },
  { context, tokenEndpoint }: { context: Context; tokenEndpoint: string | undefined },
): Reply {
  const { key, name, trusted } = app
  return { page: secretPage({ app: { key, name }, secret, made, trusted, tokenEndpoint }, context), context }
}
