import { isAppGrantError } from '../../base/errors.ts'
import type { Management } from '../../create-app-grant.ts'
import type { Call, ConsoleRoute } from '../call.ts'
import type { MessageName } from '../messages.ts'
import { endingTokens, makingResourceServer, publishing, trusting, untrusting } from '../pages/app-confirmations.ts'
import type { Confirmation } from '../pages/confirm.ts'
import { appOf, confirmedApp } from './app-readings.ts'
import { askAgain, confirming } from './confirming.ts'

/** An operation on one app, which asks before it is done. */
interface Operation extends Pick<ConsoleRoute, 'danger' | 'isForOperator'> {
  readonly ask: (...given: Parameters<typeof trusting>) => Confirmation
  readonly run: (apps: Management['apps'], key: string) => Promise<unknown>
  readonly said: MessageName
}

function operation({ ask, run, said, ...of }: Operation): ConsoleRoute {
  return confirming(async (call) => {
    const app = await appOf(call)
    const named = await call.named(app.owner)
    const { context } = named
    return {
      confirmation: ask(confirmedApp(app, named), context),
      context,
      async run() {
        await run(authorityFor(call, app.owner, of).apps, app.key)
        return { redirect: context.to('app', { key: app.key, said, about: app.key }) }
      },
    }
  }, of)
}

/** What is only for the operator needs the authority of the host over the operator's own apps too. */
function authorityFor(call: Call, owner: string, { isForOperator }: Pick<ConsoleRoute, 'isForOperator'>): Management {
  return call.over(isForOperator === true ? undefined : owner)
}

export const endTokensRoute = operation({
  danger: 'end-tokens',
  ask: endingTokens,
  run: (apps, key) => apps.revokeTokens(key),
  said: 'tokens-ended',
})

export const trustRoute = operation({
  danger: 'trust',
  ask: trusting,
  run: (apps, key) => apps.setTrusted(key, true),
  said: 'trusted',
})

export const untrustRoute = operation({
  ask: untrusting,
  run: (apps, key) => apps.setTrusted(key, false),
  said: 'untrusted',
})

export const publishRoute = operation({
  danger: 'publish',
  isForOperator: true,
  ask: (app, context) => publishing(app, true, context),
  run: (apps, key) => apps.setPublished(key, true),
  said: 'published',
})

export const unpublishRoute = operation({
  isForOperator: true,
  ask: (app, context) => publishing(app, false, context),
  run: (apps, key) => apps.setPublished(key, false),
  said: 'unpublished',
})

export const resourceServerRoute = confirming(
  async (call, _, form) => {
    const app = await appOf(call)
    const named = await call.named(app.owner)
    const { context } = named
    const value = form?.get('identifier') ?? app.resourceServer ?? ''
    const confirmation = makingResourceServer(confirmedApp(app, named), { value }, context)
    return {
      confirmation,
      context,
      async run() {
        try {
          await call.over(undefined).apps.setResourceServer(app.key, value === '' ? undefined : value)
          return { redirect: context.to('app', { key: app.key, said: 'resource-server-saved' }) }
        } catch (error) {
          if (!isAppGrantError(error, 'invalid_target', 'invalid_request')) throw error
          return askAgain({ confirmation, context }, { sentence: context.texts.notValid, status: 422 })
        }
      },
    }
  },
  { danger: 'resource-server', isForOperator: true },
)
