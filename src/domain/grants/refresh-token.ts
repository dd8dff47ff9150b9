import { AppGrantError } from '../../base/errors.ts'
import { knownMembers } from '../../base/known-members.ts'
import { type AppCredentials, CREDENTIAL_NAMES, CREDENTIALS, type RequestContext } from '../apps/authenticate-app.ts'
import { idInput, objectInput, sourceInput } from '../input/input.ts'
import { resourcesInput } from '../input/resources.ts'
import { because, type Refusals } from '../refusals.ts'
import type { TokenResponse } from '../tokens/access-token-issuer.ts'
import type { DpopProofInput, ProvenKeys } from '../tokens/proven-keys.ts'
import { scopeTokens } from '../tokens/scope.ts'
import { knownOf, type SessionExchange } from './session-exchange.ts'
import type { CredentialFault, SessionGrant } from './session-grant.ts'

/** A refresh token to exchange, and the app that presents it. */
export type RefreshInput = AppCredentials &
  RequestContext &
  DpopProofInput & {
    readonly refreshToken: string
    /** Which part of the granted scope the access token has. Default is all of it. */
    readonly scope?: readonly string[] | undefined
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[] | undefined
  }

const INPUT = knownMembers<RefreshInput>(
  { ...CREDENTIALS, refreshToken: true, scope: true, resources: true, dpopProof: true },
  { ...CREDENTIAL_NAMES, token: 'refreshToken' },
)
const REFRESH_GRANT: SessionGrant = { kind: 'rt', invalid: invalidRefreshToken }

/** Exchanges refresh tokens for their successors. */
export function createRefresh(parts: {
  readonly sessions: SessionExchange
  readonly provenKeys: ProvenKeys
  readonly refusals: Refusals
}): (input: RefreshInput) => Promise<TokenResponse> {
  const { sessions, provenKeys, refusals } = parts

  return async (input) => {
    const source = sourceInput(objectInput(input, 'input', INPUT))
    const text = idInput(input.refreshToken, 'refreshToken')
    const jkt = await provenKeys.keyOf(input, source)
    const presenting = await sessions.authenticate(REFRESH_GRANT, text, input)
    const { app } = presenting
    return refusals.watch({}, { ...knownOf(presenting), ...source }, async () => {
      const credential = await sessions.read(REFRESH_GRANT, text, app)
      const [scope, resources] = [scopeTokens(input.scope), resourcesInput(input.resources)]
      return sessions.exchange({ app, text, credential, grant: REFRESH_GRANT, scope, resources, jkt, source })
    })
  }
}

function invalidRefreshToken(fault: CredentialFault): AppGrantError {
  return because(
    new AppGrantError('invalid_refresh_token', {
      message: 'the refresh token is not valid',
      hint: 'It is unknown, expired, used or revoked, or belongs to another app. Authorize again.',
    }),
    fault,
  )
}
