import { isAppGrantError } from '../base/errors.ts'
import type { Rights } from '../create-app-grant.ts'
import type { App } from '../domain/app.ts'
import type { AppFields, NewApp } from '../domain/app-fields.ts'
import type { PublicJwk } from '../domain/app-keys.ts'
import type { AppAndAccount } from '../domain/token-store.ts'
import type { ApiCall, ApiRoute } from './account-api.ts'
import { HttpError, invalidRequest } from './http-error.ts'
import { pageOf } from './paging.ts'
import { keysIn, MAX_SELECTED, resultOf } from './selection.ts'

const FIELDS: readonly (keyof AppFields)[] = [
  'name',
  'homepage',
  'adminEmail',
  'description',
  'image',
  'adminPhone',
  'redirectUrls',
  'scopes',
  'api',
]

// The core rejects `jwks_uri` with an explanation, because keys are never fetched.
const NEW_APP_FIELDS: readonly string[] = [...FIELDS, 'public', 'keys', 'jwks_uri']

/** Routes for the apps of the signed-in account and of the accounts below it. */
export const appRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/apps',
    summary: 'Lists the apps of the account, or of `owner` below it, oldest first. `name` searches by name.',
    query: ['owner', 'name', 'cursor', 'limit'],
    status: 200,
    result: 'AppPage',
    async act(call) {
      const { owner, name } = call.query
      const asked = { ...(owner !== undefined && { owner }), ...(name !== undefined && { name }) }
      const { items, nextCursor } = await call.rights.apps.list({ ...asked, ...pageOf(call.query) })
      const rows = await Promise.all(items.map((app) => row(call, app)))
      return { items: rows, nextCursor }
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
    async act({ account, rights, query, body }) {
      assertNoTrust(body)
      const fields = { ...fieldsOf(body, NEW_APP_FIELDS), owner: query.owner ?? account }
      const { app, secret } = await rights.apps.register(fields as NewApp)
      return { app, ...(secret !== '' && { secret }) }
    },
  },
  {
    method: 'POST',
    path: '/apps/remove',
    summary: `Removes up to ${MAX_SELECTED} apps independently and reports the outcome of each.`,
    body: 'Keys',
    status: 200,
    result: 'Removals',
    async act({ rights, body }) {
      const results = keysIn(body, 'keys').map((key) =>
        resultOf({ key, removed: false }, async () => ({ key, removed: await rights.apps.remove(key) })),
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
    async act(call) {
      return row(call, (await call.rights.apps.get(keyOf(call))) ?? notFound())
    },
  },
  {
    method: 'PATCH',
    path: '/apps/{key}',
    summary: 'Changes the given fields. An empty string removes an optional field.',
    body: 'AppFields',
    status: 200,
    result: 'App',
    async act(call) {
      assertNoTrust(call.body)
      return call.rights.apps.update(keyOf(call), fieldsOf(call.body, FIELDS))
    },
  },
  {
    method: 'PUT',
    path: '/apps/{key}/trusted',
    summary: "Sets whether the app is trusted. Clearing it revokes the app's own access tokens.",
    body: 'Trusted',
    status: 200,
    result: 'App',
    // `setTrusted` rejects non-booleans.
    act: (call) => call.rights.apps.setTrusted(keyOf(call), call.body.trusted as boolean),
  },
  {
    method: 'POST',
    path: '/apps/{key}/suspend',
    summary: 'Suspends the app: its tokens, codes and credentials are unusable until it is resumed.',
    status: 200,
    result: 'App',
    act: (call) => call.rights.apps.suspend(keyOf(call)),
  },
  {
    method: 'POST',
    path: '/apps/{key}/resume',
    summary: 'Resumes a suspended app.',
    status: 200,
    result: 'App',
    act: (call) => call.rights.apps.resume(keyOf(call)),
  },
  {
    method: 'POST',
    path: '/apps/{key}/revoke-tokens',
    summary: 'Revokes every token, code and session of the app. Its secrets and keys stay valid.',
    status: 200,
    result: 'App',
    act: (call) => call.rights.apps.revokeTokens(keyOf(call)),
  },
  {
    method: 'POST',
    path: '/apps/{key}/regenerate-secret',
    summary:
      'Replaces all secrets and keys with a new secret and revokes every token. The secret is in this response only.',
    status: 200,
    result: 'AppWithSecret',
    async act(call) {
      const { app, secret } = await call.rights.apps.regenerateSecret(keyOf(call))
      return { app, secret }
    },
  },
  {
    method: 'PUT',
    path: '/apps/{key}/keys',
    summary: 'Replaces all secrets and keys with the public keys of a JWK set and revokes every token.',
    body: 'JwkSet',
    status: 200,
    result: 'App',
    // `replaceKeys` validates the keys.
    act: (call) => call.rights.apps.replaceKeys(keyOf(call), call.body.keys as readonly PublicJwk[]),
  },
  {
    method: 'POST',
    path: '/apps/{key}/secrets',
    summary: 'Adds a second secret and revokes nothing. The secret is in this response only.',
    status: 201,
    result: 'AppWithNewSecret',
    async act(call) {
      const { app, secretId, secret } = await call.rights.apps.addSecret(keyOf(call))
      return { app, secretId, secret }
    },
  },
  {
    method: 'DELETE',
    path: '/apps/{key}/secrets/{id}',
    summary: 'Removes one of two secrets. Tokens stay valid.',
    status: 200,
    result: 'App',
    act: (call) => call.rights.apps.removeSecret({ app: keyOf(call), secretId: call.params.id ?? '' }),
  },
]

/** An app with the counts that the list of apps shows (LST-1). */
async function row({ account, rights }: ApiCall, app: App): Promise<Record<string, unknown>> {
  const [instances, count] = await Promise.all([
    rights.installs.count({ app: app.key }),
    liveTokens(rights, { app: app.key, account }),
  ])
  return { ...app, instances, liveTokens: count }
}

/** Counts zero for an account without tokens, even if it may see the app. */
async function liveTokens({ tokens }: Rights, of: AppAndAccount): Promise<number> {
  try {
    return await tokens.count(of)
  } catch (error) {
    if (isAppGrantError(error, 'app_not_found')) return 0
    throw error
  }
}

function keyOf({ params }: ApiCall): string {
  return params.key ?? ''
}

/** The app fields in a body, unvalidated: the core checks each of them, whatever its type. */
function fieldsOf(body: ApiCall['body'], names: readonly string[]): Partial<AppFields> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(body, name)).map((name) => [name, body[name]]))
}

/** Only its own route changes trust, so that an edit of the fields cannot grant it by accident (APP-9). */
function assertNoTrust(body: ApiCall['body']): void {
  if (Object.hasOwn(body, 'trusted')) throw invalidRequest('trusted can only be changed with PUT /apps/{key}/trusted')
}

function notFound(): never {
  throw new HttpError(404, 'app_not_found', 'no such app')
}
