import { AppGrantError } from '../base/errors.ts'
import type { RandomText } from '../credentials/random.ts'
import { WIDTH } from '../credentials/token-format.ts'
import type { LiveApp } from '../records/app.ts'
import { type Accounts, accountError } from './accounts/accounts.ts'
import { assertMayAct } from './accounts/may-act.ts'
import type { AppAuthenticator } from './apps/authenticate-app.ts'
import type { Authorizer } from './authorizer.ts'
import { objectInput, userAgentInput } from './input/input.ts'
import { type Audiences, resourcesInput } from './input/resources.ts'
import type { AccessTokenIssuer, TokenPlan, TokenResponse } from './tokens/access-token-issuer.ts'
import { requestedScope } from './tokens/scope.ts'

type GrantTrusted = Authorizer['clientCredentials']

/** What a trusted app may have now. */
type Plan = Omit<TokenPlan, 'issuedAt' | 'expiresAt' | 'appRevision'>

/**
 * Issues tokens to trusted apps (TOK-1), in one round trip if the app is remembered: it is judged as it was read last, and the token is
 * stored only if the app is still that version. Only acceptances come about that way; a refusal is always by what is stored.
 */
export function createTrustedGrant(parts: {
  readonly accounts: Accounts
  readonly authentication: AppAuthenticator
  readonly accessTokens: AccessTokenIssuer
  readonly audiences: Audiences
  readonly random: RandomText
  readonly clock: () => number
  readonly lifetimes: { readonly accessTokenSeconds: number }
}): GrantTrusted {
  const { accounts, authentication, accessTokens, audiences, random, clock, lifetimes } = parts

  return async (by) => {
    const userAgent = userAgentInput(objectInput(by, 'by').userAgent)
    const proof = authentication.authenticateConfidential(by)
    const planFor = async (app: LiveApp): Promise<Plan> => {
      const epoch = await assertMayAct(app, app.owner, accounts)
      if (epoch !== app.epoch) throw ownerReplaced()
      if (!app.trusted) throw notTrusted()
      return {
        app,
        scope: requestedScope(by.scope, app),
        audience: audiences.requested(resourcesInput(by.resources)),
        ...userAgent,
      }
    }

    const known = proof.remembered()
    const early = known && { ...known, plan: planFor(known.value) }
    const granted = early && (await early.plan.then((plan) => issue(plan, early.revision), nothing))
    if (granted) return granted

    const app = await proof.current()
    // If that is the version that was remembered, it has been judged: the directory is not asked twice.
    const plan = await (app === early?.value ? early.plan : planFor(app))
    const issued = await issue(plan)
    if (!issued) throw new Error('a random token id was drawn twice')
    return issued
  }

  /** @param appRevision - nothing is issued if the app is no longer at this revision. Default is: whatever has become of it. */
  async function issue(plan: Plan, appRevision?: string): Promise<TokenResponse | undefined> {
    const { app, scope } = plan
    const issuedAt = clock()
    const token = await accessTokens.issue(
      { kind: 'at', app: app.key, token: random(WIDTH.token), secret: random(WIDTH.secret) },
      {
        ...plan,
        ...(appRevision !== undefined && { appRevision }),
        issuedAt,
        expiresAt: issuedAt + lifetimes.accessTokenSeconds * 1000,
      },
    )
    if (!token) return undefined
    accessTokens.emitIssued(token, { app, account: app.owner })
    return accessTokens.toResponse(token, { scope, at: issuedAt })
  }
}

const nothing = () => undefined

function notTrusted(): AppGrantError {
  return new AppGrantError(
    'app_not_trusted',
    {},
    {
      message: 'the app is not trusted',
      hint: 'It needs the authorization of a user, or apps.setTrusted by the host or an account that may trust apps.',
    },
  )
}

function ownerReplaced(): AppGrantError {
  return accountError(
    'account_blocked',
    "The owner's epoch is not the one the app was given under: regenerate its secret or replace its keys from above, or remove it.",
  )
}
