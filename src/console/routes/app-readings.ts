import { isAppGrantError } from '../../base/errors.ts'
import type { App, AppCounts, AppStanding } from '../../domain/apps/app.ts'
import { appNotFound } from '../../domain/apps/app-errors.ts'
import type { Call, Named } from '../call.ts'
import type { Context } from '../context.ts'
import type { AppValues } from '../forms/app-values.ts'
import type { ConfirmedApp } from '../pages/app-confirmations.ts'
import type { AppView } from '../pages/app-view.ts'
import { cameFrom } from '../parts/came-from.ts'
import type { Status } from '../parts/status.ts'

/** An app as the core reads it for a viewer. */
export type ReadApp = App & AppCounts & AppStanding

/** The app of the address. @throws AppGrantError `app_not_found` if the viewer may not see it. */
export async function appOf({ match, over, context }: Call): Promise<ReadApp> {
  const read = (owner?: string) => over(owner).apps.get(match.parts.key ?? '', { counts: true })
  const found = await read()
  const { account, operator } = context.viewer
  // To their own account, an operator is an account like any other.
  const app = operator === true && found?.owner === account ? await read(account) : found
  return app ?? Promise.reject(appNotFound())
}

/** The account that suspended an app; undefined if none did. */
export function suspender({ suspended }: App): string | undefined {
  return suspended?.by.account
}

export function statusOf({ suspended, mayResume }: ReadApp, { nameOf }: Pick<Named, 'nameOf'>): Status {
  if (!suspended) return { state: 'active' }
  const { at, by } = suspended
  const whom = by.account === undefined ? undefined : nameOf(by.account)
  return { state: 'suspended', at, by: whom, mayResume: mayResume === true }
}

export function authenticationOf(app: App): 'secret' | 'jwks' | 'none' {
  if (app.public) return 'none'
  return app.jwks.length > 0 ? 'jwks' : 'secret'
}

/** What sets an app apart from one with a secret that acts only for accounts that approved it. */
export function tagsOf(app: App, context: Context): readonly string[] {
  const { texts, apis } = context
  const { apiType, trusted, origin } = app
  const authentication = { secret: undefined, jwks: texts.ownKeys, none: texts.publicApp }[authenticationOf(app)]
  return [
    origin && cameFrom(origin, context),
    apiType && (apis[apiType] ?? apiType),
    trusted ? texts.trusted : undefined,
    authentication,
  ].filter((tag) => tag !== undefined && tag !== '') as string[]
}

/** @param may - what the viewer may do with it. */
export function appViewOf(app: ReadApp, { nameOf }: Named, may: { readonly trust: boolean }): AppView {
  const status = statusOf(app, { nameOf })
  return {
    key: app.key,
    name: app.name,
    owner: nameOf(app.owner),
    ...websiteOf(app),
    createdAt: app.createdAt,
    origin: app.origin,
    lastUsedOn: app.lastUsedOn,
    status,
    trusted: app.trusted,
    published: app.published,
    resourceServer: app.resourceServer,
    authentication: authenticationOf(app),
    secrets: app.secrets,
    keyIds: app.jwks.map(({ kid }) => kid ?? ''),
    scopes: app.scopes,
    instances: app.instances,
    liveTokens: app.liveTokens,
    mayChange: status.state === 'active' || status.mayResume,
    mayTrust: may.trust,
    isOfFormerOwner: app.ownerReplaced === true,
  }
}

/** The website of an app. Of one that has registered itself, only the host is shown: anyone can claim a homepage. */
export function websiteOf({ origin, homepage = '', homepageAscii = '' }: App) {
  return origin ? { homepage: origin.host, homepageAscii: '' } : { homepage, homepageAscii }
}

/** What the form of an app holds. */
export function valuesOf(app: App): AppValues {
  const { name, description = '', homepage = '', image = '', adminEmail = '', adminPhone = '', apiType = '' } = app
  const { redirectUrls, scopes, dpopBoundAccessTokens = false } = app
  const texts = { name, description, homepage, image, adminEmail, adminPhone, apiType }
  return { ...texts, redirectUrls, scopes, dpopBoundAccessTokens }
}

export function confirmedApp({ key, name, owner, instances }: ReadApp, { nameOf }: Named): ConfirmedApp {
  return { key, name, owner: nameOf(owner), instances }
}

/** API types that may not be registered, of those that the host names. */
export function refusedApis(allowed: boolean | readonly string[], { apis }: Context): readonly string[] {
  return typeof allowed === 'boolean' ? [] : Object.keys(apis).filter((name) => !allowed.includes(name))
}

/** What is not known at the moment is left out: the rest of the page is shown. */
export async function ifKnown<Result>(read: Promise<Result>): Promise<Result | undefined> {
  try {
    return await read
  } catch (error) {
    if (isAppGrantError(error, 'store_unavailable')) return undefined
    throw error
  }
}
