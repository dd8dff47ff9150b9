import { describe, expect, it } from 'vitest'
import { paginate } from '../../../src/index.ts'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

async function setUp() {
  const fixture = createFixture()
  const { app, secret } = await fixture.registerTrusted()
  const of = { app: app.key, account: 'org' }
  const grant = (facts: { userAgent?: string; scope?: string[] } = {}) =>
    fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret, ...facts })
  return { ...fixture, app, secret, of, grant }
}

describe('the tokens of an app and an account', () => {
  it('tokens are listed with issue time, expiry, scope and user agent, first to expire first, never by value (TOK-3, TOK-4, LST-3)', async () => {
    const { appgrant, grant, of, clock } = await setUp()
    const first = await grant({ userAgent: 'curl/8', scope: ['read'] })
    const issuedAt = new Date(clock())
    clock.advance(1000)
    const second = await grant()
    const { items } = await appgrant.tokens.list(of)
    expect(items).toEqual([
      {
        id: first.tokenId,
        kind: 'app',
        issuedAt,
        expiresAt: new Date(issuedAt.getTime() + 3_600_000),
        scope: ['read'],
        userAgent: 'curl/8',
      },
      {
        id: second.tokenId,
        kind: 'app',
        issuedAt: new Date(clock()),
        expiresAt: second.expiresAt,
        scope: ['read', 'write'],
      },
    ])
    expect(JSON.stringify(items)).not.toContain(first.accessToken.slice(60, 90))
  })

  it('of several to remove, those that were are reported even if others fail, and nobody is told that nothing was done (REV-7)', async () => {
    const { appgrant, grant, of, store } = await setUp()
    const granted = [await grant(), await grant(), await grant()]
    const ids = granted.map(({ tokenId }) => tokenId)
    const removed: string[] = []
    appgrant.events.on('token', ({ change, tokenIds }) => void (change === 'removed' && removed.push(...tokenIds)))
    store.fail('replace', 'before')
    expect(await codeOf(appgrant.tokens.remove({ ...of, ids }))).toBe('outcome_unknown')
    const left = (await appgrant.tokens.list(of)).items.map(({ id }) => id)
    expect(left).toHaveLength(1)
    expect([...removed, ...left].sort()).toEqual([...ids].sort())
    store.fail('replace', 'before')
    expect(await codeOf(appgrant.tokens.remove({ ...of, ids: left }))).toBe('store_unavailable')
    expect(await codeOf(appgrant.tokens.remove({ ...of, ids }))).toBe('ok')
    expect(removed).toHaveLength(3)
  })

  it('the user agent is kept without control characters, at most 512 of it (TOK-3)', async () => {
    const { appgrant, grant, of } = await setUp()
    await grant({ userAgent: `a\r\n\0\u0007\u0085b${'x'.repeat(600)}` })
    await grant({ userAgent: '\n' })
    await grant({ userAgent: `${'y'.repeat(511)}😀` })
    const agents = (await appgrant.tokens.list(of)).items.map(({ userAgent }) => userAgent)
    expect(agents).toContain(`ab${'x'.repeat(505)}`)
    expect(agents).toContain(undefined)
    expect(agents.every((agent) => agent === undefined || (agent.length <= 512 && agent.isWellFormed()))).toBe(true)
  })

  it('tokens are counted and listed until the millisecond they expire, also those of a suspended app (TOK-4)', async () => {
    const { appgrant, grant, of, clock } = await setUp()
    await grant()
    clock.advance(1000)
    await grant()
    await appgrant.apps.suspend(of.app)
    const seen = async () => [await appgrant.tokens.count(of), (await appgrant.tokens.list(of)).items.length]
    expect(await seen()).toEqual([2, 2])
    clock.advance(3_598_999)
    expect(await seen()).toEqual([2, 2])
    clock.advance(1)
    expect(await seen()).toEqual([1, 1])
    clock.advance(1000)
    expect(await seen()).toEqual([0, 0])
  })

  it('tokens that expire during a walk are not on its later pages (TOK-4, LST-5)', async () => {
    const { appgrant, grant, of, clock } = await setUp()
    for (let n = 0; n < 6; n++) {
      await grant()
      clock.advance(1000)
    }
    const first = await appgrant.tokens.list({ ...of, limit: 2 })
    expect(first.items).toHaveLength(2)
    clock.advance(3_600_000 - 2000)
    const second = await appgrant.tokens.list({ ...of, limit: 10, cursor: first.nextCursor ?? '' })
    expect(second.items).toHaveLength(await appgrant.tokens.count(of))
    expect(second.items).toHaveLength(1)
  })

  it('a walk returns each token once, even if many expire at the same moment (LST-5)', async () => {
    const { appgrant, grant, of } = await setUp()
    const ids = new Set<string>()
    for (let n = 0; n < 40; n++) ids.add((await grant()).tokenId)
    const walked: string[] = []
    for await (const { id } of paginate((cursor) => appgrant.tokens.list({ ...of, limit: 7, cursor }))) walked.push(id)
    expect(walked).toHaveLength(40)
    expect(new Set(walked)).toEqual(ids)
  })

  it('tokens are removed by id for good, and the app may get another (TOK-4, TOK-5)', async () => {
    const { appgrant, grant, of } = await setUp()
    const tokens = [await grant(), await grant(), await grant()]
    const [one, two, three] = tokens.map(({ tokenId }) => tokenId)
    const events: unknown[] = []
    appgrant.events.on('token', ({ change, tokenIds }) => events.push([change, tokenIds]))
    const ids = [one ?? '', three ?? '', 'unknown', 'a'.repeat(16), '', '__proto__', one ?? '']
    await appgrant.as('org').tokens.remove({ ...of, ids })
    expect(
      await Promise.all(tokens.map(({ accessToken }) => appgrant.authorizer.tryVerify(accessToken))),
    ).toMatchObject([{ reason: 'revoked' }, { ok: true }, { reason: 'revoked' }])
    expect((await appgrant.tokens.list(of)).items.map(({ id }) => id)).toEqual([two])
    expect(events).toEqual([['removed', [one, three]]])
    expect((await appgrant.authorizer.tryVerify((await grant()).accessToken)).ok).toBe(true)
  })

  it('removing skips the tokens of another app and unknown ids (TOK-4)', async () => {
    const { appgrant, registerTrusted, of } = await setUp()
    const other = await registerTrusted({ owner: 'org' })
    const { accessToken, tokenId } = await appgrant.authorizer.clientCredentials({
      key: other.app.key,
      secret: other.secret,
    })
    const events: unknown[] = []
    appgrant.events.on('token', (event) => events.push(event))
    await appgrant.tokens.remove({ ...of, ids: [tokenId] })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
    expect(events).toEqual([])
  })

  it('removing skips a removed token of another app of the partition: nothing is written, no event is raised (TOK-4)', async () => {
    const { appgrant, registerTrusted, of, observed } = await setUp()
    const other = await registerTrusted({ owner: 'org' })
    const { tokenId } = await appgrant.authorizer.clientCredentials({ key: other.app.key, secret: other.secret })
    const theirs = { app: other.app.key, account: 'org', ids: [tokenId] }
    await appgrant.tokens.remove(theirs)
    const events: unknown[] = []
    appgrant.events.on('token', (event) => events.push(event))
    const writes = observed.writes()
    await appgrant.tokens.remove({ ...of, ids: [tokenId] })
    expect(observed.writes()).toBe(writes)
    expect(events).toEqual([])
    // Its own app removes it again, because only a write confirms it.
    await appgrant.tokens.remove(theirs)
    expect(observed.writes()).toBe(writes + 1)
  })

  it('removing all tokens as of that moment is one write, whatever their number (TOK-4, REV-2)', async () => {
    const { appgrant, grant, of, observed } = await setUp()
    for (const count of [1, 300]) {
      const tokens = []
      for (let n = 0; n < count; n++) tokens.push(await grant())
      const before = { ...observed.calls }
      await appgrant.tokens.removeAll(of)
      expect(observed.calls.replace - before.replace).toBe(1)
      expect(observed.calls.insert - before.insert).toBe(0)
      expect(observed.calls.list - before.list).toBe(0)
      expect(observed.calls.get - before.get).toBeLessThanOrEqual(4)
      for (const { accessToken } of tokens)
        expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ reason: 'revoked' })
      expect(await appgrant.tokens.count(of)).toBe(0)
      expect(await appgrant.authorizer.tryVerify((await grant()).accessToken)).toMatchObject({ ok: true })
      await appgrant.tokens.removeAll(of)
    }
  })

  it('tokens are shown to the account and accounts above, and to no other (LST-4)', async () => {
    const { appgrant, of } = await setUp()
    for (const actor of ['org', 'provider', 'root'])
      expect(await codeOf(appgrant.as(actor).tokens.count(of)), actor).toBe('ok')
    for (const actor of ['user', 'other-org', 'other-provider', 'nobody'])
      for (const call of [
        appgrant.as(actor).tokens.count(of),
        appgrant.as(actor).tokens.list(of),
        appgrant.as(actor).tokens.remove({ ...of, ids: [] }),
        appgrant.as(actor).tokens.removeAll(of),
      ])
        expect(await codeOf(call), actor).toBe('app_not_found')
    for (const account of ['user', 'nobody', of.app])
      expect(await codeOf(appgrant.tokens.count({ ...of, account })), account).toBe('app_not_found')
  })

  it('one call removes at most 1000 ids, and only strings', async () => {
    const { appgrant, of, observed } = await setUp()
    const reads = observed.calls.get
    for (const ids of [
      Array(1001).fill('a'.repeat(16)),
      'abc',
      null,
      undefined,
      {},
      [1],
      [null],
      Array(2),
      { length: 1, 0: 'x' },
    ])
      expect(await codeOf(appgrant.tokens.remove({ ...of, ids: ids as string[] }))).toBe('invalid_request')
    expect(observed.calls.get).toBe(reads)
    expect(await codeOf(appgrant.tokens.remove({ ...of, ids: Array(1000).fill('x') }))).toBe('ok')
  })
})

describe('the cost of operations', () => {
  it('an operation is one write and the same reads for 400 tokens as for one (REV-2)', async () => {
    const acts = ['suspend', 'resume', 'revokeTokens', 'regenerateSecret', 'remove'] as const
    const costs = []
    for (const count of [1, 400]) {
      const { appgrant, grant, of, observed } = await setUp()
      for (let n = 0; n < count; n++) await grant()
      const cost = []
      for (const act of acts) {
        const before = { ...observed.calls }
        await appgrant.apps[act](of.app)
        const after = observed.calls
        cost.push([
          act,
          after.get - before.get,
          after.insert - before.insert,
          after.replace - before.replace,
          after.list - before.list,
        ])
      }
      costs.push(cost)
    }
    expect(costs[0]).toEqual(acts.map((act) => [act, 1, 0, 1, 0]))
    expect(costs[1]).toEqual(costs[0])
  })

  it('a verification is one round trip (REV-2)', async () => {
    const { appgrant, grant, observed } = await setUp()
    const { accessToken } = await grant()
    const before = { ...observed.calls }
    await appgrant.authorizer.tryVerify(accessToken)
    expect(observed.calls).toEqual({ ...before, get: before.get + 1 })
  })
})
