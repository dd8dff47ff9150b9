import { knownMembers } from '../../base/known-members.ts'
import { readAnyCredential } from '../../credentials/read-any-credential.ts'
import { type IsReservedName, RESERVED_NAME } from '../apps/fields/reserved-names.ts'
import { invalidFields } from '../apps/fields/submission.ts'
import { objectInput } from '../input/input.ts'
import { LOOPBACK_URL, type RedirectPolicy } from '../input/redirect-policy.ts'
import { shownValue } from '../input/shown-value.ts'
import type { AppOfCredential } from './app-of-credential.ts'
import { checkDescription, type Description } from './check-proposal.ts'
import { type ClientIds, MAX_CLIENT_ID } from './client-ids.ts'
import type { ClientId } from './proposal.ts'

/** A program that has registered itself. Nothing of it is stored. */
export interface RegisteredClient {
  /** Carries the description, signed: the same description always has a valid one of the same client. 130–2048 characters. */
  readonly clientId: string
  readonly name: string
  /** Absent if it has none. */
  readonly homepage?: string
  /** Those that are allowed, as they were sent. */
  readonly redirectUrls: readonly string[]
  /** Whether it gets only access tokens that are bound to a key. Absent if not. */
  readonly dpopBoundAccessTokens?: true
  /** The most that it may request. */
  readonly scopes: readonly string[]
}

/** Registers programs that register themselves. */
export interface SelfRegistration {
  /**
   * Returns the client id of a program that describes itself. Neither reads nor writes anything: the program becomes an app of an
   * account when a code is exchanged that the account has approved.
   *
   * @param description - `name`: default is the host of a redirect URL; `homepage`: an invalid one counts as absent; `redirectUrls`:
   *   1–10, of which those that are not allowed are left out; `dpopBoundAccessTokens`: default is false.
   * @throws {@link AppGrantError} `invalid_fields`, with the code `redirect_required` if no redirect URL is allowed, and
   *   `reserved_name` for a name of the option `reservedNames`.
   * @see [RFC 7591 - OAuth 2.0 Dynamic Client Registration Protocol](https://www.rfc-editor.org/rfc/rfc7591.html#section-3)
   */
  register(description: Description): RegisteredClient
  /** Whether the URL of a document is a client id: the option `fetchDocument`. */
  readonly hasDocuments: boolean
  /**
   * Whether a page of that origin may be one of the program with that client id: one of its redirect URLs has the same origin. If the
   * client id is the URL of a document, they are those of the app that the credential is of, and nothing is fetched.
   *
   * @param credential - the code or token in the request, if there is one.
   */
  hasOrigin(clientId: string, origin: string, credential: string | undefined): Promise<boolean>
}

const DESCRIPTION = knownMembers<Description>(
  { name: true, homepage: true, redirectUrls: true, dpopBoundAccessTokens: true },
  {
    client_name: 'name',
    client_uri: 'homepage',
    redirect_uris: 'redirectUrls',
    dpop_bound_access_tokens: 'dpopBoundAccessTokens',
  },
)

export function createSelfRegistration(parts: {
  readonly clientIds: ClientIds
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  readonly scopes: readonly string[]
  readonly hasDocuments: boolean
  readonly appOfCredential: AppOfCredential
}): SelfRegistration {
  const { clientIds, redirects, isReservedName, scopes, hasDocuments, appOfCredential } = parts

  return Object.freeze({
    hasDocuments,
    register(description: Description) {
      const checked = checkDescription(objectInput(description, 'description', DESCRIPTION), redirects)
      const { sentRedirectUrls: redirectUrls, name, homepage, dpopBoundAccessTokens } = checked
      if (isReservedName(name))
        throw invalidFields([
          { field: 'name', code: 'reserved_name', expected: RESERVED_NAME, received: shownValue(name) },
        ])
      const clientId = clientIds.write(checked)
      if (clientId.length > MAX_CLIENT_ID) {
        const expected = `a description that fits into a client id of ${MAX_CLIENT_ID} characters`
        const received = `one of ${clientId.length}`
        throw invalidFields([{ field: 'redirectUrls', code: 'too_long', expected, received }])
      }
      return {
        clientId,
        name,
        ...(homepage !== undefined && { homepage }),
        redirectUrls,
        ...(dpopBoundAccessTokens && { dpopBoundAccessTokens }),
        scopes,
      }
    },
    async hasOrigin(clientId: string, origin: string, credential: string | undefined) {
      const client = clientIds.read(clientId)
      if (!client) return false
      const urls = client.type === 'proposal' ? client.proposal.redirectUrls : await urlsOfApp(client, credential)
      return urls.some((url) => isOf(origin, url))
    },
  })

  async function urlsOfApp({ identity }: ClientId, credential = ''): Promise<readonly string[]> {
    const presented = readAnyCredential(credential)
    const found = presented && (await appOfCredential(presented.parsed))
    const app = typeof found === 'object' ? found.app : undefined
    return app?.origin?.identity === identity ? app.fields.redirectUrls : []
  }
}

/** Any port of a loopback address is the program's. */
function isOf(origin: string, url: string): boolean {
  const [, host] = LOOPBACK_URL.exec(url) ?? []
  if (host === undefined) return url.startsWith('https:') && new URL(url).origin === origin
  return LOOPBACK_URL.exec(`${origin}/`)?.[1] === host
}
