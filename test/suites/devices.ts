import { describe, expect, it } from 'vitest'
import { DEVICE_CODE_GRANT } from '../../src/domain/input/device-code-grant.ts'
import type { AppGrantEvent, AppGrantOptions, AppIdentity, DeviceConsent, FetchDocument } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { type Device, deviceCodeOf, deviceFixture, devicesOf, RING_KEY } from '../support/devices.ts'
import { dpopKey } from '../support/dpop.ts'
import { SELF_REGISTRATION } from '../support/self-registration.ts'
import { atOnce, ISSUER, MINUTE, type OpenStore, SECOND } from '../support/session-fixture.ts'

type World = Awaited<ReturnType<typeof deviceFixture>>

const DOCUMENT = 'https://app.example/client.json'
/** What programs that register themselves have as client id. */
const KINDS = ['a client id that describes it', 'the URL of its document as client id'] as const

/** What must hold of devices that ask for access, on the stores that `open` gives. */
export function testDevices(open: OpenStore): void {
  const fixture = (...more: Parameters<typeof deviceFixture> extends [unknown, ...infer Rest] ? Rest : never) =>
    deviceFixture(open, ...more)

  describe('devices', () => {
    it('a device whose code a user enters gets tokens once the user has approved, and not before (DEV-1)', async () => {
      const w = await fixture()
      const events: AppGrantEvent<'install' | 'token'>[] = []
      for (const type of ['install', 'token'] as const) w.appgrant.events.on(type, (event) => events.push(event))
      const device = await w.request({ userAgent: 'Phone/1' })
      expect(device).toMatchObject({ expiresInSeconds: 600, intervalSeconds: 5 })
      expect(device.userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
      expect(JSON.stringify(device)).not.toContain(device.deviceCode)
      expect(await codeOf(w.poll(device))).toBe('authorization_pending')
      await w.enter(device.userCode, { login: 'ann' })
      expect(await w.ask(device.userCode, { login: 'ann' })).toEqual({
        step: 'waiting',
        account: 'user',
        userCode: device.userCode,
      })
      const from = { userAgent: 'Phone/1', remoteAddress: '203.0.113.7' }
      expect(await codeOf(w.poll(device, from))).toBe('authorization_pending')
      const asked = await w.ask(device.userCode, { login: 'ann' })
      expect(asked).toMatchObject({
        step: 'consent',
        app: { key: w.app.key, name: 'Desk Phone' },
        isNew: false,
        account: 'user',
        userCode: device.userCode,
        scopes: [{ name: 'read' }, { name: 'write' }],
        device: from,
      })
      expect(await codeOf(w.poll(device))).toBe('authorization_pending')
      await w.approve((asked as DeviceConsent).ticket, { login: 'ann', scope: ['read'] })
      const tokens = await w.poll(device)
      expect(tokens.scope).toEqual(['read'])
      expect(await w.appgrant.authorizer.verify(tokens.accessToken)).toMatchObject({
        kind: 'user',
        account: 'user',
        app: { key: w.app.key },
      })
      const next = await w.appgrant.authorizer.refresh({ ...w.proof, refreshToken: tokens.refreshToken ?? '' })
      expect(await w.verify(next.accessToken)).toBe('ok')
      expect(events).toMatchObject([
        { change: 'approved', app: w.app.key, account: 'user', by: { account: 'user', login: 'ann' } },
        { change: 'issued', app: w.app.key, account: 'user' },
        { change: 'issued' },
      ])
    })

    it('a device that proves a key gets tokens that are bound to it, and refreshes only with it (DEV-1, DPOP-2)', async () => {
      const w = await fixture({ dpop: {} })
      const key = await dpopKey()
      const proof = async () => ({ dpopProof: await key.prove({ url: `${ISSUER}/token`, at: w.clock() + 5 * SECOND }) })
      const asked = await w.asked()
      await w.approve(asked.ticket)
      expect(await codeOf(w.poll(asked, { dpopProof: 'none' }))).toBe('invalid_dpop_proof')
      const tokens = await w.poll(asked, await proof())
      expect(tokens.tokenType).toBe('DPoP')
      expect(await w.verify(tokens.accessToken)).toBe('proof_required')
      const refreshing = { ...w.proof, refreshToken: tokens.refreshToken ?? '' }
      expect(await codeOf(w.appgrant.authorizer.refresh(refreshing))).toBe('invalid_dpop_proof')
      const next = await w.appgrant.authorizer.refresh({ ...refreshing, ...(await proof()) })
      expect(next.tokenType).toBe('DPoP')
    })

    it('1000 device codes neither read nor write more than their app, and polls for them write nothing (ERR-5, DEV-1)', async () => {
      const w = await fixture()
      const writes = w.observed.writes()
      const reads = w.observed.calls.get
      const devices: Device[] = []
      for (let n = 0; n < 1000; n++) devices.push(await w.request())
      expect(w.observed.writes()).toBe(writes)
      expect(w.observed.calls.get - reads).toBeLessThanOrEqual(1000)
      expect(w.observed.calls.list + w.observed.calls.count).toBe(0)
      expect(new Set(devices.map(({ deviceCode }) => deviceCode)).size).toBe(1000)
      for (const device of devices.slice(0, 50)) expect(await codeOf(w.poll(device))).toBe('authorization_pending')
      expect(w.observed.writes()).toBe(writes)
    })

    it.each([
      ['lower case without the dash', (code: string) => code.replace('-', '').toLowerCase()],
      ['spaces and dashes', (code: string) => ` ${[...code].join(' - ')} `],
      [
        'full-width letters',
        (code: string) => code.replaceAll(/[A-Z]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
      ],
    ])('a user code typed as %s works (DEV-2)', async (_, typed) => {
      const w = await fixture()
      const device = await w.request()
      await w.enter(typed(device.userCode))
      expect(await codeOf(w.poll(device))).toBe('authorization_pending')
      expect(await w.ask(typed(device.userCode))).toMatchObject({ step: 'consent', userCode: device.userCode })
    })

    it.each(['', 'WDJB', 'WDJB-MJHTB', 'WDJB-MJH1', 'WDJB-MJHA', 'ßDJB-MJHT', 'W'.repeat(100_000)])(
      'a text that is not a user code is refused and stores nothing (DEV-2, ERR-4)',
      async (typed) => {
        const w = await fixture()
        const before = { reads: w.observed.calls.get, writes: w.observed.writes() }
        expect(await codeOf(w.enter(typed))).toBe('invalid_user_code')
        expect(await codeOf(w.ask(typed))).toBe('invalid_user_code')
        expect({ reads: w.observed.calls.get, writes: w.observed.writes() }).toEqual(before)
      },
    )

    it('a denied device is refused with every poll, and a denial can be repeated for a moment (DEV-1)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      await w.deny(asked.ticket)
      await w.deny(asked.ticket)
      expect(await codeOf(w.poll(asked))).toBe('access_denied')
      expect(await codeOf(w.poll(asked))).toBe('access_denied')
      expect(await codeOf(w.approve(asked.ticket))).toBe('invalid_ticket')
      expect(await codeOf(w.ask(asked.userCode))).toBe('invalid_user_code')
      expect(await w.appgrant.installs.count({ app: w.app.key })).toBe(0)
    })

    it('an approval that is repeated within 30 seconds is confirmed, and another scope is not (DEV-1)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      await w.approve(asked.ticket)
      await w.approve(asked.ticket)
      expect(await codeOf(w.approve(asked.ticket, { scope: ['read'] }))).toBe('invalid_ticket')
      expect(await codeOf(w.deny(asked.ticket))).toBe('invalid_ticket')
      w.clock.advance(31 * SECOND)
      expect(await codeOf(w.approve(asked.ticket))).toBe('invalid_ticket')
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
    })

    it('a device code expires whether or not its user code was entered, and so does the question (DEV-1)', async () => {
      const w = await fixture()
      const [device, asked] = [await w.request(), await w.asked()]
      w.clock.advance(10 * MINUTE)
      expect(await codeOf(w.poll(device))).toBe('expired_device_code')
      expect(await codeOf(w.poll(asked))).toBe('expired_device_code')
      expect(await codeOf(w.approve(asked.ticket))).toBe('invalid_ticket')
      const refused: unknown[] = []
      w.appgrant.events.on('refused', ({ code, reason }) => refused.push([code, reason]))
      const writes = w.observed.writes()
      expect(await codeOf(w.ask(asked.userCode))).toBe('invalid_user_code')
      expect(refused).toEqual([['invalid_user_code', 'expired']])
      expect(w.observed.writes()).toBe(writes)
      w.clock.advance(MINUTE)
      expect(await codeOf(w.poll(device))).toBe('expired_device_code')
    })

    it('an approved device has until its code expires to poll, and the time of a code after that (DEV-1)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      w.clock.advance(10 * MINUTE - 6 * SECOND)
      await w.approve(asked.ticket)
      w.clock.advance(50 * SECOND)
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
      const late = await w.asked()
      await w.approve(late.ticket)
      w.clock.advance(9 * MINUTE)
      expect(await w.verify((await w.poll(late)).accessToken)).toBe('ok')
      const later = await w.asked()
      await w.approve(later.ticket)
      w.clock.advance(11 * MINUTE)
      expect(await codeOf(w.poll(later))).toBe('expired_device_code')
    })

    it('a device code that is presented again within the grace period gets the same tokens, and later ends its session (DEV-3, TOK-9)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      await w.approve(asked.ticket)
      const tokens = await w.poll(asked)
      const again = await w.poll(asked)
      expect([again.accessToken, again.refreshToken]).toEqual([tokens.accessToken, tokens.refreshToken])
      w.clock.advance(31 * SECOND)
      const refused = await refusalOf(w.poll(asked))
      expect(refused.code).toBe('invalid_device_code')
      expect(await w.verify(tokens.accessToken)).toBe('revoked')
      const refresh = w.appgrant.authorizer.refresh({ ...w.proof, refreshToken: tokens.refreshToken ?? '' })
      expect(await codeOf(refresh)).toBe('invalid_refresh_token')
    })

    it('an account that has approved is not asked again about the same code, whatever has become of what it approved (DEV-3, DEV-2)', async () => {
      const w = await fixture()
      const [revoked, reused, withdrawn] = [await w.asked(), await w.asked(), await w.asked()]
      for (const { ticket } of [revoked, reused, withdrawn]) await w.approve(ticket)
      const { refreshToken = '' } = await w.poll(revoked)
      await w.poll(reused)
      w.clock.advance(31 * SECOND)
      await w.appgrant.authorizer.revokeToken({ ...w.proof, token: refreshToken })
      expect(await codeOf(w.poll(reused))).toBe('invalid_device_code')
      await w.appgrant.installs.withdraw({ app: w.app.key, account: 'user' })
      for (const device of [revoked, reused, withdrawn]) {
        expect(await codeOf(w.ask(device.userCode))).toBe('invalid_user_code')
        expect(await codeOf(w.poll(device))).toBe('invalid_device_code')
      }
    })

    it('50 polls at once after an approval are one exchange with one access token (DEV-3)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      await w.approve(asked.ticket)
      w.clock.advance(5 * SECOND)
      const nodes = Array.from({ length: 50 }, () => w.node())
      const polls = await atOnce(50, (n) => {
        const node = nodes[n]
        if (!node) throw new Error('there is no such node')
        return devicesOf(node).exchange({ ...w.proof, deviceCode: asked.deviceCode })
      })
      const texts = polls.map((poll) => (poll.status === 'fulfilled' ? poll.value.accessToken : String(poll.reason)))
      expect(new Set(texts).size).toBe(1)
      expect(await w.verify(texts[0] ?? '')).toBe('ok')
      expect(await w.appgrant.tokens.count({ app: w.app.key, account: 'user' })).toBe(1)
    })

    it('every step works on another node, also with a new key in front of the ring (DEV-1)', async () => {
      const w = await fixture()
      const other = w.node({ keyRing: ['another key of the ring, that is newer', RING_KEY] })
      const device = await w.request()
      await w.enter(device.userCode, {}, other)
      expect(await codeOf(w.poll(device, {}, other))).toBe('authorization_pending')
      const asked = (await w.ask(device.userCode, {}, w.node())) as DeviceConsent
      await w.approve(asked.ticket, {}, other)
      expect(await w.verify((await w.poll(device, {}, w.node())).accessToken)).toBe('ok')
      const foreign = w.node({ keyRing: ['a ring without the key that sealed the code'] })
      expect(await codeOf(w.poll(device, {}, foreign))).toBe('invalid_device_code')
    })

    it('a device code of another app, changed, cut or made up is refused, and its device is not disturbed (DEV-1, S13)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      await w.approve(asked.ticket)
      const other = await w.appgrant.apps.register(exampleApp({ owner: 'org', public: true }))
      const refusals: unknown[] = []
      w.appgrant.events.on('refused', ({ reason, app }) => refusals.push([reason, app]))
      expect(await codeOf(w.poll(asked, { key: other.app.key }))).toBe('invalid_device_code')
      const { deviceCode } = asked
      const flipped = `${deviceCode.slice(0, 30)}${deviceCode[30] === 'A' ? 'B' : 'A'}${deviceCode.slice(31)}`
      for (const text of [flipped, deviceCode.slice(0, -1), `${deviceCode}A`, 'ag_dc_', '', 'x'.repeat(100_000)])
        expect(await codeOf(w.poll({ deviceCode: text }))).toBe('invalid_device_code')
      expect(refusals[0]).toEqual(['other_app', other.app.key])
      expect(refusals.slice(1)).toEqual(Array(6).fill(['unknown', w.app.key]))
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
    })

    it('the interval is kept: polls that are too early are told to slow down, without a look at the claim, and it grows (DEV-4)', async () => {
      const w = await fixture()
      const device = await w.request()
      const poll = () => devicesOf(w.appgrant).exchange({ ...w.proof, deviceCode: device.deviceCode })
      expect(await codeOf(poll())).toBe('authorization_pending')
      w.clock.advance(SECOND)
      const reads = w.observed.calls.get
      expect(await refusalOf(poll())).toMatchObject({ code: 'slow_down', details: { retryAfterSeconds: 10 } })
      expect(w.observed.calls.get - reads).toBe(1)
      w.clock.advance(5 * SECOND)
      expect(await refusalOf(poll())).toMatchObject({ code: 'slow_down', details: { retryAfterSeconds: 15 } })
      w.clock.advance(14 * SECOND)
      expect(await codeOf(poll())).toBe('authorization_pending')
      w.clock.advance(5 * SECOND)
      expect(await codeOf(poll())).toBe('slow_down')
    })

    it('two devices with one user code are both refused, whatever was approved, and the account is told (DEV-5)', async () => {
      const w = await fixture()
      for (const moment of ['answered', 'asked', 'approved'] as const) {
        const first = await w.request()
        const second = twinOf(w, first)
        await w.enter(first.userCode)
        expect(await codeOf(w.poll(first))).toBe('authorization_pending')
        const asked = moment === 'answered' ? undefined : ((await w.ask(first.userCode)) as DeviceConsent)
        if (moment === 'approved') await w.approve(asked?.ticket ?? '')
        const refused: unknown[] = []
        const stop = w.appgrant.events.on('refused', ({ code, reason }) => refused.push([code, reason]))
        expect(await codeOf(w.poll(second))).toBe('access_denied')
        expect(await codeOf(w.poll(first))).toBe('access_denied')
        expect(refused).toEqual(Array(2).fill(['invalid_user_code', 'two_devices']))
        stop()
        expect(await codeOf(w.ask(first.userCode))).toBe('invalid_user_code')
        if (moment === 'asked') {
          await codeOf(w.approve(asked?.ticket ?? ''))
          expect(await codeOf(w.poll(first))).toBe('access_denied')
        }
      }
      expect(await w.appgrant.tokens.count({ app: w.app.key, account: 'user' })).toBe(0)
    })

    it('of two devices that answer at once with one user code none gets anything (DEV-5)', async () => {
      const w = await fixture()
      const first = await w.request()
      const second = twinOf(w, first)
      await w.enter(first.userCode)
      w.clock.advance(5 * SECOND)
      await Promise.allSettled(
        [first, second].map(({ deviceCode }) => devicesOf(w.node()).exchange({ ...w.proof, deviceCode })),
      )
      expect(await codeOf(w.ask(first.userCode))).toBe('invalid_user_code')
      for (const device of [first, second]) expect(await codeOf(w.poll(device))).toBe('access_denied')
    })

    it('a user code belongs to the account and login that entered it first (S15, DEV-2)', async () => {
      const w = await fixture()
      const refused: unknown[] = []
      w.appgrant.events.on('refused', ({ code, reason, by }) => refused.push([code, reason, by.account]))
      const asked = await w.asked({}, { login: 'ann' })
      expect(await codeOf(w.enter(asked.userCode, { account: 'other-org' }))).toBe('invalid_user_code')
      expect(await codeOf(w.ask(asked.userCode, { account: 'other-org' }))).toBe('invalid_user_code')
      expect(await codeOf(w.ask(asked.userCode, { login: 'bob' }))).toBe('invalid_user_code')
      expect(await codeOf(w.approve(asked.ticket, { account: 'other-org' }))).toBe('invalid_ticket')
      expect(await codeOf(w.approve(asked.ticket, { login: 'bob' }))).toBe('invalid_ticket')
      expect(refused).toEqual([
        ['invalid_user_code', 'other_account', 'other-org'],
        ['invalid_user_code', 'other_account', 'other-org'],
        ['invalid_user_code', 'other_login', 'user'],
        ['invalid_ticket', 'other_account', 'other-org'],
        ['invalid_ticket', 'other_login', 'user'],
      ])
      await w.approve(asked.ticket, { login: 'ann' })
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
    })

    it('of two accounts that enter one code at once, one gets it (DEV-2)', async () => {
      const w = await fixture()
      const { userCode } = await w.request()
      const accounts = ['user', 'other-org'] as const
      const entered = await Promise.all(accounts.map((account) => codeOf(w.enter(userCode, { account }, w.node()))))
      expect(entered.toSorted()).toEqual(['invalid_user_code', 'ok'])
    })

    it('a ticket decides only about the page that was shown last, and only about devices (S15, DEV-2)', async () => {
      const w = await fixture()
      const first = await w.asked()
      const second = (await w.ask(first.userCode)) as DeviceConsent
      expect(await codeOf(w.approve(first.ticket))).toBe('invalid_ticket')
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket: second.ticket, account: 'user' }))).toBe(
        'invalid_ticket',
      )
      for (const ticket of ['', first.userCode, first.deviceCode, second.ticket.slice(0, -1)])
        expect(await codeOf(w.approve(ticket))).toBe('invalid_ticket')
      await w.approve(second.ticket)
      expect(await codeOf(w.ask(first.userCode))).toBe('invalid_user_code')
      expect(await w.verify((await w.poll(first)).accessToken)).toBe('ok')
    })

    it('pages that are opened at once leave one ticket that decides (DEV-2)', async () => {
      const w = await fixture()
      const { userCode, ...device } = await w.asked()
      const pages = await atOnce(6, () => w.ask(userCode, {}, w.node()))
      const tickets = pages.flatMap((page) =>
        page.status === 'fulfilled' ? [(page.value as DeviceConsent).ticket] : [],
      )
      const decided = await Promise.all(tickets.map((ticket) => codeOf(w.approve(ticket))))
      expect(decided.filter((one) => one === 'ok')).toHaveLength(1)
      expect(await w.verify((await w.poll(device)).accessToken)).toBe('ok')
    })

    it('an approval and a denial at once: one of them counts, for the device too (REV-1)', async () => {
      const w = await fixture()
      for (let round = 0; round < 10; round++) {
        const asked = await w.asked()
        const [approved, denied] = await Promise.all([codeOf(w.approve(asked.ticket)), codeOf(w.deny(asked.ticket))])
        expect([approved, denied].toSorted()).toEqual(['invalid_ticket', 'ok'])
        expect(await codeOf(w.poll(asked))).toBe(approved === 'ok' ? 'ok' : 'access_denied')
      }
    })

    it('an account may enter three codes at a time and ten in an hour, and one that it decided about does not count (DEV-6, APP-14)', async () => {
      const w = await fixture()
      const enter = async () => w.enter((await w.request()).userCode)
      for (let n = 0; n < 5; n++) await w.deny((await w.asked()).ticket)
      const entries = w.observed.writes()
      for (let n = 0; n < 3; n++) await enter()
      expect(await refusalOf(enter())).toMatchObject({
        code: 'limit_reached',
        details: { limit: 'userCodesPerHour', retryAfterSeconds: expect.any(Number) },
      })
      expect(w.observed.writes() - entries).toBe(3)
      for (let n = 0; n < 2; n++) {
        w.clock.advance(10 * MINUTE)
        for (let each = 0; each < 3; each++) await enter()
      }
      w.clock.advance(10 * MINUTE)
      expect(await codeOf(enter())).toBe('limit_reached')
      w.clock.advance(40 * MINUTE)
      await enter()
    })

    it.each(['approve', 'deny'] as const)(
      'a decision to %s takes one code back, however often it is repeated (DEV-6)',
      async (decide) => {
        const w = await fixture()
        const { ticket } = await w.asked()
        for (let n = 0; n < 3; n++) await w[decide](ticket)
        for (let n = 0; n < 3; n++) {
          await w.enter((await w.request()).userCode)
          await w[decide](ticket)
        }
        expect(await codeOf(w.enter((await w.request()).userCode))).toBe('limit_reached')
      },
    )

    it('a code is entered only with the ticket of a form that the same account and login was shown in the last ten minutes (DEV-2, S55)', async () => {
      const w = await fixture()
      const devices = devicesOf(w.appgrant)
      const { userCode } = await w.request()
      const ann = { account: 'user', login: 'ann' }
      const entry = await devices.beginEntry(ann)
      const { ticket } = entry
      expect(JSON.stringify(entry)).not.toContain(ticket)
      const writes = w.observed.writes()
      const enter = (changed: object) => codeOf(devices.enterUserCode({ ticket, userCode, ...ann, ...changed }))
      const asked = (await w.asked()).ticket
      const before = w.observed.writes()
      expect(before).toBeGreaterThan(writes)
      const others = [{ ticket: '' }, { ticket: 'made-up' }, { ticket: asked }, { ticket: `${ticket}A` }]
      for (const changed of [...others, { account: 'other-org' }, { login: 'bob' }, { login: undefined }])
        expect(await enter(changed), JSON.stringify(changed)).toBe('invalid_ticket')
      expect(await enter({ ticket: undefined })).toBe('invalid_request')
      expect(w.observed.writes()).toBe(before)
      w.clock.advance(10 * MINUTE)
      expect(await enter({})).toBe('invalid_ticket')
      const again = await devices.beginEntry(ann)
      w.clock.advance(10 * MINUTE - 1)
      for (const node of [w.node(), w.node()]) {
        const { userCode: code } = await w.request()
        expect(
          await codeOf(devicesOf(node).enterUserCode({ ...again, ticket: again.ticket, userCode: code, ...ann })),
        ).toBe('ok')
      }
    })

    it('entering the same code again counts and writes nothing (DEV-6)', async () => {
      const w = await fixture()
      const { userCode } = await w.request()
      await w.enter(userCode)
      const writes = w.observed.writes()
      for (let n = 0; n < 20; n++) await w.enter(userCode)
      expect(w.observed.writes()).toBe(writes)
    })

    it('scope and resources are those of the request, narrowed to what is allowed now (TOK-7)', async () => {
      const resources = ['https://api.example/', 'https://stats.example/']
      const w = await fixture({ resources })
      const asked = await w.asked({ scope: ['write', 'unheard-of'], resources: [resources[1] ?? ''] })
      expect(asked.scopes.map(({ name }) => name)).toEqual(['write'])
      await w.approve(asked.ticket)
      expect(await codeOf(w.poll(asked, { resources: [resources[0] ?? ''] }))).toBe('invalid_target')
      const { accessToken } = await w.poll(asked)
      expect(await w.appgrant.authorizer.verify(accessToken)).toMatchObject({
        scope: ['write'],
        audience: [resources[1]],
      })
      expect(await codeOf(w.request({ scope: ['unheard-of'] }))).toBe('invalid_scope')
      expect(await codeOf(w.request({ resources: ['https://elsewhere.example/'] }))).toBe('invalid_target')
    })

    it('a confidential app authenticates at every step of its device (ERR-1, S26)', async () => {
      const w = await fixture({}, { public: false })
      const asked = await w.asked()
      await w.approve(asked.ticket)
      const { key } = w.app
      const { deviceCode } = asked
      const devices = devicesOf(w.appgrant)
      expect(await codeOf(devices.authorize({ key }))).toBe('app_authentication_failed')
      expect(await codeOf(devices.exchange({ key, deviceCode }))).toBe('app_authentication_failed')
      expect(await codeOf(devices.exchange({ key, secret: 'wrong', deviceCode }))).toBe('app_authentication_failed')
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
    })

    it('only apps that the host lets may use the device grant, at every step (DEV-7)', async () => {
      let allowed: unknown = true
      const w = await fixture({ deviceGrant: { apps: () => allowed as boolean } })
      const [asked, device] = [await w.asked(), await w.request()]
      await w.enter(device.userCode)
      expect(await codeOf(w.poll(device))).toBe('authorization_pending')
      const pages = [
        () => w.request(),
        () => w.poll(asked),
        () => w.ask(device.userCode),
        () => w.approve(asked.ticket),
      ]
      allowed = false
      const reasons: unknown[] = []
      w.appgrant.events.on('refused', ({ reason }) => reasons.push(reason))
      for (const step of pages)
        await expect(step()).rejects.toMatchObject({
          code: 'not_permitted',
          message: 'this platform does not let the app ask for access on devices',
        })
      expect(reasons).toEqual(pages.map(() => 'device_grant_of_app'))
      allowed = 'yes'
      await expect(w.request()).rejects.toThrow(/deviceGrant.apps: expected a function that returns true or false/)
      allowed = true
      await w.approve(asked.ticket)
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
    })

    it('nothing that is stored of a device shows its device code, its user code or a ticket (S46)', async () => {
      const w = await fixture()
      const asked = await w.asked()
      await w.approve(asked.ticket)
      const { accessToken, refreshToken = '' } = await w.poll(asked)
      const stored = JSON.stringify(w.observed.written)
      const { deviceCode, userCode, ticket } = asked
      for (const secret of [deviceCode, userCode, userCode.replace('-', ''), ticket, accessToken, refreshToken])
        expect(stored).not.toContain(secret)
    })

    it.each(['before', 'after'] as const)(
      'a store that fails %s a write of any step leaves something that a repeat completes (REV-7)',
      async (when) => {
        const w = await fixture()
        const failing = async (method: 'insert' | 'replace', step: () => Promise<unknown>) => {
          w.store.fail(method, when)
          const code = await codeOf(step())
          expect(['store_unavailable', 'outcome_unknown', 'authorization_pending', 'ok']).toContain(code)
          return code
        }
        const device = await w.request()
        expect(await failing('insert', () => w.enter(device.userCode))).not.toBe('ok')
        await w.enter(device.userCode)
        expect(await failing('replace', () => w.poll(device))).not.toBe('authorization_pending')
        expect(await codeOf(w.poll(device))).toBe('authorization_pending')
        expect(await failing('insert', () => w.ask(device.userCode))).not.toBe('ok')
        expect(await failing('replace', () => w.ask(device.userCode))).not.toBe('ok')
        const asked = (await w.ask(device.userCode)) as DeviceConsent
        expect(await failing('replace', () => w.approve(asked.ticket))).not.toBe('ok')
        await w.approve(asked.ticket)
        expect(await failing('insert', () => w.poll(device))).not.toBe('ok')
        expect(await failing('replace', () => w.poll(device))).not.toBe('ok')
        expect(await w.verify((await w.poll(device)).accessToken)).toBe('ok')
        expect(await w.appgrant.tokens.count({ app: w.app.key, account: 'user' })).toBe(1)
      },
    )
  })

  describe('what an operation leaves of a device, beyond the table of operations', () => {
    it('an account that is erased while it is asked may still approve, and what it has approved is revoked (REV-1, DEV-3)', async () => {
      const w = await fixture()
      const [asked, approved] = [await w.asked(), await w.asked()]
      await w.approve(approved.ticket)
      await w.appgrant.erase('user')
      expect(await codeOf(w.poll(approved))).toBe('invalid_device_code')
      await w.approve(asked.ticket)
      expect(await w.verify((await w.poll(asked)).accessToken)).toBe('ok')
    })

    it.each(['asked', 'approved'] as const)(
      'a regenerated secret revokes what was %s, and the same device is asked about again or starts again (REV-1)',
      async (moment) => {
        const w = await fixture({}, { public: false })
        const asked = await w.asked()
        if (moment === 'approved') await w.approve(asked.ticket)
        const { secret } = await w.appgrant.apps.regenerateSecret(w.app.key)
        expect(await codeOf(w.poll(asked))).toBe('app_authentication_failed')
        const poll = () => codeOf(w.poll(asked, { key: w.app.key, secret }))
        if (moment === 'approved') {
          expect(await poll()).toBe('invalid_device_code')
          return
        }
        expect(await codeOf(w.approve(asked.ticket))).toBe('invalid_ticket')
        expect(await poll()).toBe('authorization_pending')
        await w.approve(((await w.ask(asked.userCode)) as DeviceConsent).ticket)
        expect(await poll()).toBe('ok')
      },
    )

    it('an operation that races an approval and its poll leaves no token that works (REV-3, S31)', async () => {
      const w = await fixture()
      for (let round = 0; round < 20; round++) {
        const asked = await w.asked()
        const late = round % 2 === 1
        if (late) await w.approve(asked.ticket)
        w.clock.advance(5 * SECOND)
        const exchange = () => devicesOf(w.node()).exchange({ ...w.proof, deviceCode: asked.deviceCode })
        const [, polled] = await Promise.allSettled([
          late ? undefined : w.approve(asked.ticket),
          exchange(),
          w.appgrant.apps.revokeTokens(w.app.key),
        ])
        if (polled?.status === 'fulfilled') expect(await w.verify(polled.value.accessToken)).toBe('revoked')
        const later = await w.poll(asked).catch(() => undefined)
        if (later) expect(await w.verify(later.accessToken)).toBe('revoked')
      }
    })
  })

  describe.each(KINDS)('devices with a program that has %s', (kind) => {
    const program = (more?: Parameters<typeof programWith>[1]) => programWith(kind, more)
    const appsOf = async ({ appgrant }: World, account = 'user') => (await appgrant.as(account).apps.list()).items

    it(`a program with ${kind} costs no read and no fetch before a user enters its code, and becomes an app of the account with its first tokens (WEB-5, WEB-6, ERR-5)`, async () => {
      const { w, key, poll, site } = await program()
      const before = { reads: w.observed.calls.get, writes: w.observed.writes() }
      const device = await w.request({ key })
      expect({ reads: w.observed.calls.get, writes: w.observed.writes() }).toEqual(before)
      await w.enter(device.userCode)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      expect(site.fetched).toEqual([])
      const asked = (await w.ask(device.userCode)) as DeviceConsent
      const host = key.startsWith('https:') ? 'app.example' : 'localhost'
      expect(asked).toMatchObject({
        isNew: true,
        app: { name: 'Agent', owner: 'user', origin: { by: 'itself', host } },
      })
      site.status = 404
      await w.approve(asked.ticket)
      expect(await appsOf(w)).toEqual([])
      const { accessToken, refreshToken = '' } = await poll(device)
      expect(await appsOf(w)).toMatchObject([{ key: asked.app.key, origin: { host }, scopes: ['read'] }])
      expect(await w.verify(accessToken)).toBe('ok')
      expect(await w.verify((await w.appgrant.authorizer.refresh({ key, refreshToken })).accessToken)).toBe('ok')
      expect(site.fetched).toEqual(key.startsWith('https:') ? [key] : [])
    })

    it(`the devices of a program with ${kind} are one app for each account that approves them (WEB-5, WEB-6)`, async () => {
      const { w, key, poll } = await program()
      const first = await w.asked({ key })
      await w.approve(first.ticket)
      await poll(first)
      const again = await w.asked({ key })
      expect(again).toMatchObject({ isNew: false, app: { key: first.app.key } })
      await w.approve(again.ticket)
      expect(await w.verify((await poll(again)).accessToken)).toBe('ok')
      const other = { account: 'other-org' }
      const theirs = await w.asked({ key }, other)
      expect(theirs).toMatchObject({ isNew: true, app: { owner: 'other-org' } })
      await w.approve(theirs.ticket, other)
      const { accessToken } = await poll(theirs)
      expect((await appsOf(w)).map((app) => app.key)).toEqual([first.app.key])
      expect((await appsOf(w, 'other-org')).map((app) => app.key)).toEqual([theirs.app.key])
      await w.appgrant.as('user').apps.remove(first.app.key)
      expect(await w.verify(accessToken)).toBe('ok')
    })

    it(`a new program with ${kind} that is asked about twice becomes the app of the page that was approved (WEB-5, DEV-2)`, async () => {
      const { w, key, poll } = await program()
      const first = await w.asked({ key })
      const second = (await w.ask(first.userCode)) as DeviceConsent
      expect(await codeOf(w.approve(first.ticket))).toBe('invalid_ticket')
      await w.approve(second.ticket)
      await poll(first)
      expect((await appsOf(w)).map((app) => app.key)).toEqual([second.app.key])
    })

    it(`a program with ${kind} that is denied leaves nothing (WEB-4, WEB-5)`, async () => {
      const { w, key, poll } = await program()
      const asked = await w.asked({ key })
      await w.deny(asked.ticket)
      expect(await codeOf(poll(asked))).toBe('access_denied')
      expect(await appsOf(w)).toEqual([])
    })

    it(`a program with ${kind} that has the name of another app of the account is asked about with that app (WEB-8)`, async () => {
      const { w, key } = await program()
      expect(await w.asked({ key })).not.toHaveProperty('namesake')
      const { app } = await w.appgrant.apps.register(exampleApp({ owner: 'user', name: 'AGENT' }))
      expect(await w.asked({ key })).toMatchObject({ app: { name: 'Agent' }, namesake: { key: app.key } })
    })

    it(`a program with ${kind} that the host does not admit, or whose name is reserved, is refused to the user, and nobody is asked (WEB-5, WEB-8)`, async () => {
      let isAdmitted = true
      const { w, key, poll } = await program({ admit: () => isAdmitted })
      const [approved, device] = [await w.asked({ key }), await w.request({ key })]
      await w.approve(approved.ticket)
      await w.enter(device.userCode)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      const writes = w.observed.writes()
      const reserved = w.node({ reservedNames: ['AGENT'] })
      expect(await codeOf(w.ask(device.userCode, {}, reserved))).toBe('not_permitted')
      isAdmitted = false
      expect(await codeOf(w.ask(device.userCode))).toBe('not_permitted')
      expect(w.observed.writes()).toBe(writes)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      // What was approved stays.
      expect(await w.verify((await poll(approved)).accessToken)).toBe('ok')
    })

    it.each([
      ['may not use apps', { mayUseApps: false }, { mayUseApps: true }],
      ['keeps it out', { mayUseApps: ({ origin }: AppIdentity) => origin === undefined }, { mayUseApps: true }],
      ['may not register apps', { mayRegisterApps: false }, { mayRegisterApps: true }],
    ] as const)(
      `a program with ${kind} waits while an account above %s, and its device gets its tokens afterwards (ACC-2, WEB-5)`,
      async (_, off, on) => {
        const { w, key, poll } = await program()
        const [approved, asked, device] = [await w.asked({ key }), await w.asked({ key }), await w.request({ key })]
        await w.approve(approved.ticket)
        await w.enter(device.userCode)
        expect(await codeOf(poll(device))).toBe('authorization_pending')
        w.tree.set('provider', off)
        const writes = w.observed.writes()
        expect(await codeOf(w.ask(device.userCode))).toBe('not_permitted')
        expect(await codeOf(w.approve(asked.ticket))).toBe('not_permitted')
        expect(await codeOf(poll(approved))).toBe('not_permitted')
        expect(w.observed.writes()).toBe(writes)
        w.tree.set('provider', on)
        expect(await w.verify((await poll(approved)).accessToken)).toBe('ok')
      },
    )

    it(`a program with ${kind} is refused to an account that has as many apps as it may have, and to its device until there is room (APP-6, WEB-5)`, async () => {
      const { w, key, poll } = await program({ appsPerOwner: 1 })
      const { apps } = w.appgrant.as('user')
      const full = () => apps.register(exampleApp({ owner: 'user' }))
      const { app } = await full()
      const device = await w.request({ key })
      await w.enter(device.userCode)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      expect(await refusalOf(w.ask(device.userCode))).toMatchObject({
        code: 'app_limit_reached',
        details: { owner: 'user', limit: 1 },
      })
      await apps.remove(app.key)
      await w.approve(((await w.ask(device.userCode)) as DeviceConsent).ticket)
      const { app: another } = await full()
      expect(await codeOf(poll(device))).toBe('app_limit_reached')
      expect((await appsOf(w)).map((one) => one.key)).toEqual([another.key])
      await apps.remove(another.key)
      expect(await w.verify((await poll(device)).accessToken)).toBe('ok')
      expect(await appsOf(w)).toMatchObject([{ name: 'Agent' }])
    })

    it(`a suspended app of a program with ${kind} keeps its devices out, and a removed one is asked about as a new one (REV-1)`, async () => {
      const { w, key, poll } = await program()
      const asked = await w.asked({ key })
      await w.approve(asked.ticket)
      await poll(asked)
      const own = w.appgrant.as('user').apps
      await own.suspend(asked.app.key)
      const device = await w.request({ key })
      await w.enter(device.userCode)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      expect(await codeOf(w.ask(device.userCode))).toBe('app_suspended')
      await own.remove(asked.app.key)
      expect(await codeOf(poll(asked))).toBe('invalid_device_code')
      expect(await w.ask(device.userCode)).toMatchObject({ step: 'consent', isNew: true })
    })

    it(`a device code of a program with ${kind} is refused to another program (S13)`, async () => {
      const { w, key, poll } = await program()
      const asked = await w.asked({ key })
      await w.approve(asked.ticket)
      const other = w.appgrant.selfRegistration?.register({ name: 'Other', redirectUrls: ['http://localhost/cb'] })
      for (const clientId of [other?.clientId ?? '', 'https://app.example/other.json'])
        expect(await codeOf(w.poll(asked, { key: clientId }))).toBe('invalid_device_code')
      expect(await codeOf(w.poll(asked))).toBe('invalid_device_code')
      expect(await w.verify((await poll(asked)).accessToken)).toBe('ok')
    })
  })

  describe('devices with a program that publishes a document', () => {
    it('a document that is not usable is shown to the user, nobody is asked, and its device goes on (WEB-6)', async () => {
      const { w, key, poll, site } = await programWith('the URL of its document as client id')
      const device = await w.request({ key })
      await w.enter(device.userCode)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      const writes = w.observed.writes()
      site.status = 404
      expect(await codeOf(w.ask(device.userCode))).toBe('invalid_request')
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      expect(w.observed.writes()).toBe(writes)
      site.status = 200
      expect(await w.ask(device.userCode, {}, w.node())).toMatchObject({ step: 'consent', isNew: true })
    })

    it('a document that has changed is what the app of the account says from then on, and the user learns what it said before (WEB-6)', async () => {
      const { w, key, poll, site } = await programWith('the URL of its document as client id')
      const first = await w.asked({ key })
      await w.approve(first.ticket)
      const { accessToken } = await poll(first)
      site.name = 'Helper'
      const device = await w.request({ key })
      await w.enter(device.userCode)
      expect(await codeOf(poll(device))).toBe('authorization_pending')
      // A node that has not seen the document before.
      const asked = await w.ask(device.userCode, {}, w.node())
      expect(asked).toMatchObject({
        isNew: false,
        app: { key: first.app.key, name: 'Helper' },
        before: { name: 'Agent' },
      })
      expect(await w.verify(accessToken)).toBe('ok')
    })

    it('a URL is the client id of no program if the host does not fetch documents (WEB-6)', async () => {
      const w = await fixture({ selfRegistration: SELF_REGISTRATION })
      expect(await codeOf(w.request({ key: DOCUMENT }))).toBe('app_authentication_failed')
    })
  })

  /** A program that registers itself, and the site on which it publishes what it says of itself. */
  async function programWith(
    kind: (typeof KINDS)[number],
    { admit, ...more }: Partial<AppGrantOptions> & { readonly admit?: () => boolean } = {},
  ) {
    const site = { name: 'Agent', status: 200, fetched: [] as string[] }
    const fetchDocument: FetchDocument = async (url) => {
      site.fetched.push(url)
      const names = { client_name: site.name, redirect_uris: ['http://localhost/callback'] }
      const document = { client_id: url, ...names, grant_types: [DEVICE_CODE_GRANT] }
      const headers = new Headers({ 'content-type': 'application/json' })
      return { status: site.status, headers, body: Buffer.from(JSON.stringify(document)) }
    }
    const selfRegistration = { ...SELF_REGISTRATION, fetchDocument, ...(admit && { admit }) }
    const w = await fixture({ selfRegistration, ...more })
    const description = { name: site.name, redirectUrls: ['http://localhost:53123/callback'] }
    const registered = w.appgrant.selfRegistration?.register(description).clientId ?? ''
    const key = kind === 'the URL of its document as client id' ? DOCUMENT : registered
    return { w, site, key, poll: (device: Pick<Device, 'deviceCode'>) => w.poll(device, { key }) }
  }
}

/** Another device of the app, with the same user code. */
function twinOf({ clock, app }: World, { userCode }: Pick<Device, 'userCode'>): Device {
  const deviceCode = deviceCodeOf({ client: app.key, userCode, endsAt: clock() + 10 * MINUTE })
  return { userCode, deviceCode }
}
