import type { AppUpdate, ExpectedFields, NewApp } from '../../domain/apps/app-fields.ts'
import { MAX_UNUSED_DAYS } from '../../domain/apps/app-filter.ts'
import type { PublicJwk } from '../../domain/apps/app-jwks.ts'
import type { AppQuery } from '../../domain/apps/app-registry.ts'
import { HttpError } from '../wire/http-error.ts'
import type { ApiCall, ApiRoute } from './api-route.ts'
import { appsIn, MAX_SELECTED, resultOf } from './bulk.ts'
import { pageOf } from './paging.ts'
import { flagIn, integerIn } from './query-values.ts'

const always = () => true

/** Routes for the apps of the signed-in account and of the accounts below it. */
export const appRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/permissions',
    summary: 'What the account may do now, also for `owner` below it.',
    query: ['owner'],
    status: 200,
    result: 'Permissions',
    run: ({ management, query }) => management.permissions({ owner: query.owner }),
  },
  {
    method: 'GET',
    path: '/apps',
    summary: 'Lists the apps of the account, or of `owner` below it, oldest first. `name` searches by name.',
    query: ['owner', 'order', 'name', 'suspended', 'trusted', 'apiType', 'unusedDays', 'cursor', 'limit'],
    status: 200,
    result: 'AppPage',
    async run({ management, query }) {
      const { owner, name, apiType } = query
      const { items, nextCursor } = await management.apps.list({
        owner,
        // `list` validates the order.
        order: query.order as AppQuery['order'],
        name,
        suspended: flagIn(query, 'suspended'),
        trusted: flagIn(query, 'trusted'),
        apiType,
        unusedDays: integerIn(query, 'unusedDays', MAX_UNUSED_DAYS),
        ...pageOf(query),
        counts: true,
      })
      return { items, nextCursor }
    },
  },
  {
    method: 'POST',
    path: '/apps',
    summary:
      'Registers an app for the account, or for `owner` below it. The secret, if the app has one, is in this response only.',
    query: ['owner'],
    body: 'NewApp',
    status: 201,
    result: 'AppWithSecret',
    async run({ account, management, query, body }) {
      const { app, secret } = await management.apps.register({ ...body, owner: query.owner ?? account } as NewApp)
      return { app, ...(secret !== undefined && { secret }) }
    },
  },
  {
    method: 'POST',
    path: '/apps/remove',
    summary: `Removes up to ${MAX_SELECTED} apps independently and reports the outcome of each.`,
    body: 'AppIds',
    status: 200,
    result: 'Removals',
    async run({ management, body }) {
      const results = appsIn(body).map((app) =>
        resultOf({ app, removed: false }, async () => ({ app, removed: await management.apps.remove(app) })),
      )
      return { results: await Promise.all(results) }
    },
  },
  {
    method: 'GET',
    path: '/apps/{key}',
    summary: 'Returns one app.',
    status: 200,
    result: 'AppRow',
    async run(call) {
      return (await call.management.apps.get(keyOf(call), { counts: true })) ?? notFound()
    },
  },
  {
    method: 'PATCH',
    path: '/apps/{key}',
    summary: 'Changes the given fields. An empty string removes an optional field.',
    body: 'AppChange',
    isRisky: ({ redirectUrls }) => redirectUrls !== undefined,
    status: 200,
    result: 'App',
    // `update` validates the fields, and those that are expected.
    run(call) {
      const { expected, ...change } = call.body as AppUpdate & { readonly expected?: ExpectedFields }
      return call.management.apps.update(keyOf(call), change, { expected })
    },
  },
  {
    method: 'PUT',
    path: '/apps/{key}/trusted',
    summary: "Sets whether the app is trusted. Clearing it revokes the app's own access tokens.",
    body: 'Trusted',
    isRisky: ({ trusted }) => trusted !== false,
    status: 200,
    result: 'App',
    // `setTrusted` rejects non-booleans.
    run: (call) => call.management.apps.setTrusted(keyOf(call), call.body.trusted as boolean),
  },
  {
    method: 'POST',
    path: '/apps/{key}/suspend',
    summary: 'Suspends the app: its tokens, codes and credentials are unusable until it is resumed.',
    status: 200,
    result: 'App',
    run: (call) => call.management.apps.suspend(keyOf(call)),
  },
  {
    method: 'POST',
    path: '/apps/{key}/resume',
    summary: 'Resumes a suspended app.',
    status: 200,
    result: 'App',
    run: (call) => call.management.apps.resume(keyOf(call)),
  },
  {
    method: 'POST',
    path: '/apps/{key}/revoke-tokens',
    summary: 'Revokes every token, code and session of the app. Its secrets and keys stay valid.',
    status: 200,
    result: 'App',
    run: (call) => call.management.apps.revokeTokens(keyOf(call)),
  },
  {
    method: 'POST',
    path: '/apps/{key}/regenerate-secret',
    summary:
      'Replaces all secrets and keys with a new secret and revokes every token. The secret is in this response only.',
    body: 'Regenerate',
    isRisky: always,
    status: 200,
    result: 'AppWithSecret',
    async run(call) {
      // `regenerateSecret` validates the id.
      const { replaces } = call.body as { readonly replaces?: string }
      const { app, secret } = await call.management.apps.regenerateSecret(keyOf(call), { replaces })
      return { app, secret }
    },
  },
  {
    method: 'PUT',
    path: '/apps/{key}/jwks',
    summary: 'Replaces all secrets and keys with these public keys and revokes every token.',
    body: 'AppJwks',
    isRisky: always,
    status: 200,
    result: 'App',
    // `replaceJwks` validates the keys.
    run: (call) => call.management.apps.replaceJwks(keyOf(call), call.body.jwks as readonly PublicJwk[]),
  },
  {
    method: 'POST',
    path: '/apps/{key}/secrets',
    summary: 'Adds a second secret and revokes nothing. The secret is in this response only.',
    isRisky: always,
    status: 201,
    result: 'AppWithNewSecret',
    async run(call) {
      const { app, secretId, secret } = await call.management.apps.addSecret(keyOf(call))
      return { app, secretId, secret }
    },
  },
  {
    method: 'DELETE',
    path: '/apps/{key}/secrets/{id}',
    summary: 'Removes one of two secrets. Tokens stay valid.',
    status: 200,
    result: 'App',
    run: (call) => call.management.apps.removeSecret({ app: keyOf(call), secretId: call.params.id ?? '' }),
  },
]

function keyOf({ params }: ApiCall): string {
  return params.key ?? ''
}

function notFound(): never {
  throw new HttpError(404, 'app_not_found', 'no such app')
}
