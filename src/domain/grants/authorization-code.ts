import { knownMembers } from '../../base/known-members.ts'
import { type AppCredentials, CREDENTIAL_NAMES, CREDENTIALS, type RequestContext } from '../apps/authenticate-app.ts'
import { isUsableRedirect } from '../apps/usable-redirect.ts'
import { invalidCode } from '../authorization/invalid-code.ts'
import { bindingFault, bindingOf, challengeOf, MAX_REDIRECT } from '../authorization/pkce.ts'
import { idInput, objectInput, sourceInput } from '../input/input.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import { resourcesInput } from '../input/resources.ts'
import type { Refusals } from '../refusals.ts'
import type { TokenResponse } from '../tokens/access-token-issuer.ts'
import type { DpopProofInput, ProvenKeys } from '../tokens/proven-keys.ts'
import { knownOf, type SessionExchange } from './session-exchange.ts'
import type { SessionGrant } from './session-grant.ts'

/** An authorization code to exchange, and the app that presents it. */
export type CodeInput = AppCredentials &
  RequestContext &
  DpopProofInput & {
    readonly code: string
    /** The PKCE verifier, 43–128 characters. */
    readonly codeVerifier: string
    /** The redirect URL of the authorization request, unmodified. */
    readonly redirectUrl: string
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[] | undefined
  }

const INPUT = knownMembers<CodeInput>(
  { ...CREDENTIALS, code: true, codeVerifier: true, redirectUrl: true, resources: true, dpopProof: true },
  CREDENTIAL_NAMES,
)
const CODE_GRANT = { kind: 'ac', invalid: invalidCode } as const satisfies SessionGrant

/** Exchanges authorization codes. A code is bound to its PKCE challenge and to its redirect URL. */
export function createExchangeCode(parts: {
  readonly sessions: SessionExchange
  readonly provenKeys: ProvenKeys
  readonly refusals: Refusals
  readonly redirects: RedirectPolicy
}): (input: CodeInput) => Promise<TokenResponse> {
  const { sessions, provenKeys, refusals } = parts

  return async (input) => {
    const source = sourceInput(objectInput(input, 'input', INPUT))
    const text = idInput(input.code, 'code')
    const codeVerifier = idInput(input.codeVerifier, 'codeVerifier')
    const redirectUrl = idInput(input.redirectUrl, 'redirectUrl')
    const jkt = await provenKeys.keyOf(input, source)
    // Authenticate first: others must learn nothing about the code.
    const presenting = await sessions.authenticate(CODE_GRANT, text, input)
    const { app } = presenting
    return refusals.watch({}, { ...knownOf(presenting), ...source }, async () => {
      const credential = await sessions.read(CODE_GRANT, text, app)
      if (redirectUrl.length > MAX_REDIRECT) throw invalidCode('wrong_redirect')
      const binding = bindingOf(challengeOf(codeVerifier), redirectUrl)
      const grant: SessionGrant = {
        ...CODE_GRANT,
        assertBound(session) {
          const fault = bindingFault(session.binding, binding)
          if (fault) throw invalidCode(fault)
        },
        // Without its redirect URL a code is revoked, but not the session that it has started.
        assertCurrent(session) {
          if (!isUsableRedirect(app, session.redirectStamp, parts.redirects)) throw invalidCode('revoked')
        },
      }
      const resources = resourcesInput(input.resources)
      return sessions.exchange({ app, text, credential, grant, scope: undefined, resources, jkt, source })
    })
  }
}
