import { isAppGrantError } from '../../base/errors.ts'
import type { PublicJwk } from '../../domain/apps/app-jwks.ts'
import { html, type Part } from '../../frame/html.ts'
import type { Call, ConsoleRoute, Named, Reply } from '../call.ts'
import { readJwks, shownJwks } from '../forms/read-app.ts'
import { warning } from '../messages.ts'
import { addingSecret, regenerating, removingSecret, replacingKeys } from '../pages/app-confirmations.ts'
import { quoted } from '../parts/field.ts'
import { day } from '../parts/when.ts'
import { showApp } from './app.ts'
import { appOf, authenticationOf, confirmedApp, type ReadApp } from './app-readings.ts'
import { askAgain, confirming } from './confirming.ts'
import { refusalOf } from './refusals.ts'
import { secretReply } from './secret.ts'

/** The app of the address, if it has credentials at all. */
async function authenticating(call: Call): Promise<{ readonly app: ReadApp; readonly named: Named } | undefined> {
  const app = await appOf(call)
  return app.public ? undefined : { app, named: await call.named(app.owner) }
}

/** The form names the secret that it replaces, so that sending it twice does not replace the new one. */
export function regenerateRoute(tokenEndpoint: string | undefined): ConsoleRoute {
  return confirming(
    async (call, _, form) => {
      const found = await authenticating(call)
      if (!found) return { failure: 'invalidRequest' }
      const { app, named } = found
      const { context } = named
      const isSecret = authenticationOf(app) === 'secret'
      const now = app.secrets.at(-1)?.id ?? app.jwks[0]?.kid ?? ''
      const replaces = form ? (form.get('replaces') ?? '') : now
      const isGone = async () => showApp(call, { notice: { message: warning(context.texts.secretGone), status: 409 } })
      return {
        confirmation: regenerating(confirmedApp(app, named), replaces, isSecret, context),
        context,
        async run() {
          try {
            const { app: changed, secret } = await call.over(app.owner).apps.regenerateSecret(app.key, { replaces })
            return secretReply({ app: changed, secret, made: 'regenerated' }, { context, tokenEndpoint })
          } catch (error) {
            if (isAppGrantError(error, 'secret_not_found')) return isGone()
            throw error
          }
        },
      }
    },
    { danger: 'regenerate' },
  )
}

export function addSecretRoute(tokenEndpoint: string | undefined): ConsoleRoute {
  return confirming(
    async (call) => {
      const found = await authenticating(call)
      if (!found) return { failure: 'invalidRequest' }
      const { app, named } = found
      const { context } = named
      const confirmation = addingSecret(confirmedApp(app, named), context)
      return {
        confirmation,
        context,
        async run() {
          try {
            const { app: changed, secret } = await call.over(app.owner).apps.addSecret(app.key)
            return secretReply({ app: changed, secret, made: 'added' }, { context, tokenEndpoint })
          } catch (error) {
            const refusal = isAppGrantError(error, 'secret_limit_reached') && refusalOf(error, context.texts)
            if (refusal) return askAgain({ confirmation, context }, refusal)
            throw error
          }
        },
      }
    },
    { danger: 'add-secret' },
  )
}

export const removeSecretRoute: ConsoleRoute = confirming(async (call, input, form) => {
  const app = await appOf(call)
  const secretId = input.get('id') ?? ''
  const remove = async (): Promise<Reply> => {
    await call.over(app.owner).apps.removeSecret({ app: app.key, secretId })
    return { redirect: call.context.to('app', { key: app.key, said: 'secret-removed' }) }
  }
  const secret = app.secrets.find(({ id }) => id === secretId)
  // The core knows whether it was there, if the form was sent before.
  if (!secret) return form ? remove() : { failure: 'notFound' }
  const named = await call.named(app.owner)
  const { context } = named
  const shown = { id: secret.id, made: day(secret.createdAt, context) }
  return {
    confirmation: removingSecret(confirmedApp(app, named), shown, context),
    context,
    run: remove,
  }
})

export const keysRoute: ConsoleRoute = confirming(
  async (call, _, form) => {
    const found = await authenticating(call)
    if (!found) return { failure: 'invalidRequest' }
    const { app, named } = found
    const { context } = named
    const { texts, to } = context
    const value = form?.get('jwks') ?? ''
    const confirmation = (error?: Part) =>
      replacingKeys(
        confirmedApp(app, named),
        { value: shownJwks(value), ...(error !== undefined && { error }) },
        context,
      )
    const wrong = (error: Part): Reply => askAgainWith(confirmation(error))
    const askAgainWith = (of: ReturnType<typeof confirmation>): Reply =>
      askAgain({ confirmation: of, context }, { sentence: texts.problems(1), status: 422 })
    return {
      confirmation: confirmation(),
      context,
      async run() {
        const keys = readJwks(value)
        if (!keys) return wrong(texts.jwkSetHint)
        try {
          await call.over(app.owner).apps.replaceJwks(app.key, keys as readonly PublicJwk[])
          return { redirect: to('app', { key: app.key, said: 'keys-replaced', about: app.key }) }
        } catch (error) {
          if (!isAppGrantError(error, 'invalid_fields')) throw error
          return wrong(html`${error.details.fields.map((one) => html`${quoted(texts.fieldError(one), one)} `)}`)
        }
      },
    }
  },
  { danger: 'keys' },
)
