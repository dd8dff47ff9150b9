import type { Emitter } from '../../base/events.ts'
import type { RandomText } from '../../credentials/random.ts'
import type { TokenFormat } from '../../credentials/token-format.ts'
import type { Collection } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import type { Retries } from '../../records/retries.ts'
import type { Accounts, AppIdentity, IdentityOf } from '../accounts/accounts.ts'
import type { Scopes } from '../accounts/scopes.ts'
import type { AppAuthenticator } from '../apps/authenticate-app.ts'
import type { FailureLimiter } from '../apps/failure-limiter.ts'
import type { StoreApp } from '../apps/store-app.ts'
import type { SaveInstall } from '../authorization/save-install.ts'
import type { Lifetimes } from '../input/lifetimes.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import type { Audiences } from '../input/resources.ts'
import type { Refusals } from '../refusals.ts'
import type { AppOfCredential } from '../registration/app-of-credential.ts'
import type { ClientApps } from '../registration/client-apps.ts'
import type { ClientIds } from '../registration/client-ids.ts'
import type { AccessTokenIssuer, TokenResponse } from '../tokens/access-token-issuer.ts'
import type { ProvenKeys } from '../tokens/proven-keys.ts'
import { type CodeInput, createExchangeCode } from './authorization-code.ts'
import { type ClientCredentialsInput, createClientCredentials } from './client-credentials.ts'
import { createFindLegacy } from './find-legacy.ts'
import { createNewAppSteps } from './new-app-steps.ts'
import { createPresentingApps, type PresentingApps } from './presenting-apps.ts'
import { createRefresh, type RefreshInput } from './refresh-token.ts'
import { createRepeatedStep } from './repeated-step.ts'
import { createSessionEnding } from './session-ending.ts'
import { createSessionExchange, type SessionExchange } from './session-exchange.ts'
import { createSessionSteps } from './session-steps.ts'
import { createStepTokens } from './step-tokens.ts'
import { createUnconfirmedSteps } from './unconfirmed-steps.ts'

/** Every grant. */
export interface Grants {
  clientCredentials(input: ClientCredentialsInput): Promise<TokenResponse>
  exchangeCode(input: CodeInput): Promise<TokenResponse>
  refresh(input: RefreshInput): Promise<TokenResponse>
}

export interface GrantParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly accounts: Accounts
  readonly authenticator: AppAuthenticator
  readonly clientIds: ClientIds
  readonly clientApps: ClientApps
  readonly appOfCredential: AppOfCredential
  readonly storeApp: StoreApp
  readonly saveInstall: SaveInstall
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly provenKeys: ProvenKeys
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly redirects: RedirectPolicy
  readonly identityOf: IdentityOf
  readonly refusals: Refusals
  readonly failures: FailureLimiter
  readonly format: TokenFormat
  readonly events: Emitter
  readonly random: RandomText
  readonly retries: Retries
  readonly clock: () => number
  /** The clock for decisions that depend on the time: it throws while the time is not known. */
  readonly now: () => number
  readonly steadyClock: () => number
  readonly rotatesRefreshTokens: (app: AppIdentity) => boolean
  readonly lifetimes: Lifetimes
}

export function createGrants(parts: GrantParts): {
  readonly grants: Grants
  readonly sessions: SessionExchange
  readonly presentingApps: PresentingApps
} {
  const tokens = createStepTokens(parts)
  const unconfirmed = createUnconfirmedSteps(parts)
  const deciding = { ...parts, clock: parts.now, tokens, unconfirmed }
  const repeated = createRepeatedStep(deciding)
  const steps = createSessionSteps({ ...deciding, repeated, newApps: createNewAppSteps(parts) })
  const presentingApps = createPresentingApps(deciding)
  const ending = createSessionEnding(parts)
  const sessions = createSessionExchange({
    ...parts,
    presentingApps,
    steps,
    ending,
    findLegacy: createFindLegacy(parts),
  })
  const grants = {
    clientCredentials: createClientCredentials(deciding),
    exchangeCode: createExchangeCode({ ...parts, sessions }),
    refresh: createRefresh({ ...parts, sessions }),
  }
  return { grants, sessions, presentingApps }
}
