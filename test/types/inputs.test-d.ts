import { describe, expectTypeOf, it } from 'vitest'
import type { mongoStore } from '../../adapters/mongodb/mongo-store.ts'
import type { postgresStore } from '../../adapters/postgres/postgres-store.ts'
import type { redisStore } from '../../adapters/redis/redis-store.ts'
import type { AccountBook, ConsoleOptions, Viewer } from '../../src/console/index.ts'
import { createHandler, type HandlerOptions, protect } from '../../src/http/index.ts'
import {
  type Access,
  type AccountState,
  type App,
  type AppAuthentication,
  type AppCounts,
  type AppCredentials,
  type AppGrant,
  type AppGrantOptions,
  type AppUpdate,
  type ConsentDecision,
  createAppGrant,
  type ExpectedFields,
  type NewApp,
  type PageQuery,
  type Permissions,
  type TokenInfo,
  type Verification,
  type Verifier,
  type VerifyFailure,
  type VerifyFailureReason,
} from '../../src/index.ts'
import { type NodeHandlerOptions, type protectNode, toNodeHandler } from '../../src/node.ts'
import { introspectionVerifier, signatureVerifier } from '../../src/resource.ts'

/** The members of an input that may be absent. */
type Optional<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T]
/** The members that may be absent and refuse undefined. */
type RefusesUndefined<T> = { [K in Optional<T>]: undefined extends Required<T>[K] ? never : K }[Optional<T>]

declare const appgrant: AppGrant
declare const text: string | undefined
declare const number: number | undefined

describe('the types of inputs', () => {
  it('every optional member of an input takes undefined', () => {
    // Required removes undefined from the type of an optional member, so an exact one would show here by its name.
    expectTypeOf<RefusesUndefined<{ a?: number; b?: number | undefined; c: number }>>().toEqualTypeOf<'a'>()
    expectTypeOf<RefusesUndefined<AppGrantOptions>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<AppGrantOptions['lifetimes']>>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<AppGrantOptions['signing']>>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<AppGrantOptions['limits']>>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<Parameters<AppGrant['apps']['setLifetimes']>[1]>>>().toBeNever()
    expectTypeOf<RefusesUndefined<NewApp>>().toBeNever()
    expectTypeOf<RefusesUndefined<AppUpdate>>().toBeNever()
    expectTypeOf<RefusesUndefined<ExpectedFields>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<Parameters<AppGrant['apps']['update']>[2]>>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<Parameters<AppGrant['apps']['regenerateSecret']>[1]>>>().toBeNever()
    expectTypeOf<RefusesUndefined<NonNullable<Parameters<AppGrant['permissions']>[0]>>>().toBeNever()
    expectTypeOf<RefusesUndefined<ConsoleOptions>>().toBeNever()
    expectTypeOf<RefusesUndefined<AccountBook>>().toBeNever()
    expectTypeOf<RefusesUndefined<Viewer>>().toBeNever()
    expectTypeOf<RefusesUndefined<PageQuery>>().toBeNever()
    expectTypeOf<RefusesUndefined<AccountState>>().toBeNever()
    expectTypeOf<RefusesUndefined<ConsentDecision>>().toBeNever()
    expectTypeOf<RefusesUndefined<HandlerOptions>>().toBeNever()
    expectTypeOf<RefusesUndefined<NodeHandlerOptions>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<Verifier['verify']>[1] & object>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<typeof protect>[1] & object>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<typeof redisStore>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<typeof mongoStore>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<typeof postgresStore>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<typeof introspectionVerifier>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<typeof signatureVerifier>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['apps']['list']>[0] & object>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['installs']['list']>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['as']>[1] & object>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['authorizer']['clientCredentials']>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['authorizer']['exchangeCode']>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['authorizer']['refresh']>[0]>>().toBeNever()
    expectTypeOf<RefusesUndefined<Parameters<AppGrant['authorizer']['approve']>[0]>>().toBeNever()
  })

  it('what a program has at hand can be passed as it is', () => {
    expectTypeOf(createAppGrant).toBeCallableWith({ store: {} as AppGrantOptions['store'], issuer: process.env.ISSUER })
    expectTypeOf(appgrant.apps.list).toBeCallableWith({ owner: 'org-7', cursor: text, limit: number })
    expectTypeOf(appgrant.apps.update).toBeCallableWith('key', { description: text, name: undefined })
    const read = ({ name, description, redirectUrls }: App) =>
      appgrant.apps.update('key', { name: 'New' }, { expected: { name, description, redirectUrls } })
    expectTypeOf(read).returns.resolves.toEqualTypeOf<App>()
    expectTypeOf(appgrant.authorizer.verify).toBeCallableWith('token', { maxStalenessMs: number, audience: text })
    expectTypeOf(createHandler).toBeCallableWith(appgrant, { signIn: undefined, consentPage: undefined })
    expectTypeOf(toNodeHandler).toBeCallableWith(createHandler(appgrant), { remoteAddress: undefined })
    expectTypeOf(protect).toBeCallableWith(appgrant.authorizer, { scope: text })
  })

  it('a required member still refuses undefined', () => {
    // @ts-expect-error: there is no default store.
    createAppGrant({ store: undefined })
    // @ts-expect-error: an app has a name.
    appgrant.apps.register({ owner: 'o', name: undefined, homepage: 'https://a.example/', adminEmail: 'a@a.example' })
  })

  it('an app to register gets a secret unless it is public or has keys', () => {
    const fields = { owner: 'o', name: 'n', homepage: 'https://a.example/', adminEmail: 'a@a.example' }
    const register = () => appgrant.apps.register(fields)
    expectTypeOf(register).returns.resolves.toHaveProperty('secret').toEqualTypeOf<string>()
    const publicly = () => appgrant.apps.register({ ...fields, public: true })
    expectTypeOf(publicly).returns.resolves.toHaveProperty('secret').toEqualTypeOf<string | undefined>()
    const withKeys = () => appgrant.apps.register({ ...fields, jwks: [] })
    expectTypeOf(withKeys).returns.resolves.toHaveProperty('secret').toEqualTypeOf<string | undefined>()
    const unknown = (app: NewApp) => appgrant.apps.register(app)
    expectTypeOf(unknown).returns.resolves.toHaveProperty('secret').toEqualTypeOf<string | undefined>()
    expectTypeOf(appgrant.apps.addSecret).returns.resolves.toHaveProperty('secret').toEqualTypeOf<string>()
    // @ts-expect-error: a misspelt field.
    appgrant.apps.register({ ...fields, redirectUrl: 'https://a.example/' })
  })

  it('a list with counts has numbers that may be missing, and one without has none', () => {
    const counted = async () => (await appgrant.apps.list({ counts: true, order: 'newest' })).items[0]?.instances
    expectTypeOf(counted).returns.resolves.toEqualTypeOf<number | undefined>()
    const plain = () => appgrant.apps.list({ trusted: true })
    expectTypeOf(plain).returns.resolves.toHaveProperty('items').toEqualTypeOf<readonly App[]>()
    expectTypeOf<AppCounts['instances']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Permissions['registerApps']>().toEqualTypeOf<boolean | readonly string[]>()
    // @ts-expect-error: there are two orders.
    appgrant.apps.list({ order: 'name' })
  })

  it('outputs stay exact', () => {
    expectTypeOf<TokenInfo>().not.toEqualTypeOf<
      Omit<TokenInfo, 'userAgent'> & { readonly userAgent?: string | undefined }
    >()
    expectTypeOf<RefusesUndefined<TokenInfo>>().toEqualTypeOf<'userAgent'>()
    expectTypeOf<AppAuthentication>().toExtend<AppCredentials>()
  })
})

describe('the types of verification', () => {
  it('verify resolves to an access, tryVerify to a union that ok discriminates', async () => {
    expectTypeOf(appgrant.authorizer.verify).returns.resolves.toEqualTypeOf<Access>()
    expectTypeOf(appgrant.authorizer.tryVerify).returns.resolves.toEqualTypeOf<Verification>()
    const verification = await appgrant.authorizer.tryVerify('token')
    if (verification.ok) expectTypeOf(verification).toEqualTypeOf<Access>()
    else {
      expectTypeOf(verification).toEqualTypeOf<VerifyFailure>()
      expectTypeOf(verification.reason).toEqualTypeOf<VerifyFailureReason>()
    }
    // @ts-expect-error: a failure has no account.
    expectTypeOf(verification.account).toBeString()
  })

  it('the verifiers of a resource and the authorizer protect alike', () => {
    expectTypeOf(introspectionVerifier).returns.toEqualTypeOf<Verifier>()
    expectTypeOf(signatureVerifier).returns.toExtend<Verifier>()
    expectTypeOf(appgrant.authorizer).toExtend<Verifier>()
    expectTypeOf<Verifier>().toExtend<Parameters<typeof protect>[0]>()
    expectTypeOf<Verifier>().toExtend<Parameters<typeof protectNode>[0]>()
  })
})
