import { AppGrantError } from '../../base/errors.ts'
import type { EventSource } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import type { RandomText } from '../../credentials/random.ts'
import { WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct } from '../accounts/may-act.ts'
import type { Scopes } from '../accounts/scopes.ts'
import {
  type AppAuthentication,
  type AppAuthenticator,
  CREDENTIAL_NAMES,
  CREDENTIALS,
  type RequestContext,
} from '../apps/authenticate-app.ts'
import { objectInput, sourceInput } from '../input/input.ts'
import { accessTokenMs, type Lifetimes } from '../input/lifetimes.ts'
import { type Audiences, resourcesInput } from '../input/resources.ts'
import type { Refusals } from '../refusals.ts'
import type { AccessTokenIssuer, TokenPlan, TokenResponse } from '../tokens/access-token-issuer.ts'
import type { DpopProofInput, ProvenKeys } from '../tokens/proven-keys.ts'
import { narrowedScope, scopeTokens } from '../tokens/scope.ts'
import { assertKeyOf } from './bound-keys.ts'

/** What a trusted app asks for, with its credentials. */
export type ClientCredentialsInput = AppAuthentication &
  RequestContext &
  DpopProofInput & {
    readonly scope?: readonly string[] | undefined
    readonly resources?: readonly string[] | undefined
  }

const INPUT = knownMembers<ClientCredentialsInput>(
  { ...CREDENTIALS, scope: true, resources: true, dpopProof: true },
  CREDENTIAL_NAMES,
)

/** What a trusted app may get now. */
type Plan = Omit<TokenPlan, 'issuedAt' | 'expiresAt' | 'appRevision'>

/**
 * Issues tokens to trusted apps (TOK-1), in one round trip if the app is remembered: it is checked as this process read it last,
 * and the token is stored only if the app is still at that revision. Only acceptances take this way; a refusal is always based on
 * the stored app.
 */
export function createClientCredentials(parts: {
  readonly accounts: Accounts
  readonly authenticator: AppAuthenticator
  readonly provenKeys: ProvenKeys
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly refusals: Refusals
  readonly random: RandomText
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}): (input: ClientCredentialsInput) => Promise<TokenResponse> {
  const {
    accounts,
    authenticator,
    provenKeys,
    accessTokenIssuer,
    audiences,
    scopes,
    refusals,
    random,
    clock,
    lifetimes,
  } = parts

  return async (input) => {
    const source = sourceInput(objectInput(input, 'input', INPUT))
    // Without a proof there is nothing to wait for.
    const jkt = input.dpopProof === undefined ? undefined : await provenKeys.keyOf(input, source)
    const proof = authenticator.authenticateConfidential(input)
    const planFor = async (app: LiveApp): Promise<Plan> => {
      await assertMayAct(app, app.owner, accounts)
      if (!app.trusted) throw notTrusted()
      assertKeyOf(app, jkt)
      return {
        app,
        scope: narrowedScope(scopeTokens(input.scope), app.fields.scopes, { app, scopes }),
        audience: audiences.requested(resourcesInput(input.resources)),
        jkt,
        userAgent: source.userAgent,
      }
    }

    const watch = <Result>(app: LiveApp, call: () => Promise<Result>) =>
      refusals.watch({}, { app: app.key, ...source }, call)

    const attempt = { isCounted: false }
    const known = proof.remembered()
    const early = known && { ...known, plan: planFor(known.value) }
    const granted =
      early &&
      (await early.plan.then(
        (plan) => watch(plan.app, () => issue(plan, source, { attempt, appRevision: early.revision })),
        nothing,
      ))
    if (granted) return granted

    const app = await proof.current()
    // The remembered version has been checked already, so the directory is not asked twice.
    const plan = () => (app === early?.value ? early.plan : planFor(app))
    const issued = await watch(app, async () => issue(await plan(), source, { attempt }))
    if (!issued) throw new Error('the same random token id was generated twice')
    return issued
  }

  /**
   * @param options - `attempt`: is counted once, however often it is made. `appRevision`: nothing is issued if the app is no longer
   *   at this revision. Default is to issue in any case.
   */
  async function issue(
    plan: Plan,
    source: EventSource,
    { attempt, appRevision }: { readonly attempt: { isCounted: boolean }; readonly appRevision?: string },
  ): Promise<TokenResponse | undefined> {
    const { app, scope, audience, jkt, userAgent } = plan
    const issuedAt = clock()
    const counted = attempt.isCounted ? undefined : accessTokenIssuer.assertMayIssue(app)
    attempt.isCounted = true
    if (counted) await counted
    const token = await accessTokenIssuer.issue(
      { kind: 'at', app: app.key, token: random(WIDTH.token), secret: random(WIDTH.secret) },
      {
        app,
        appRevision,
        scope,
        audience,
        jkt,
        userAgent,
        issuedAt,
        expiresAt: issuedAt + accessTokenMs(app, lifetimes),
      },
    )
    if (!token) return undefined
    accessTokenIssuer.emitIssued(token, { app, source })
    return accessTokenIssuer.toResponse(token, { scope, jkt, at: issuedAt })
  }
}

const nothing = () => undefined

function notTrusted(): AppGrantError {
  return new AppGrantError('app_not_trusted', {
    message: 'the app is not trusted',
    hint: 'It needs the authorization of a user, or apps.setTrusted by the host or an account that may trust apps.',
  })
}
