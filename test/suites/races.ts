import { describe, expect, it } from 'vitest'
import { type AppGrant, createAppGrant, isAppGrantError, type TokenResponse } from '../../src/index.ts'
import { faultyStore } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import {
  createSessionFixture,
  ISSUER,
  type OpenStore,
  SECOND,
  type SessionFixture,
  type Tokens,
  tokensOf,
} from '../support/session-fixture.ts'

/** As many apps at once, so that one command of a store joins calls of several. */
const APPS = 25
/** Long enough for a busy server to reply to what is not held. */
const LATE_DEADLINE_MS = 2000

const ofOwner = ({ key }: SessionFixture) => ({ app: key, account: 'org' })
const ofUser = ({ key }: SessionFixture) => ({ app: key, account: 'user' })

/** An operation, and what it revokes: the tokens of the app by itself, those of the user, and the user's session. */
interface Kill {
  readonly kills: readonly ('app' | 'user' | 'session')[]
  /** Whether no token can be issued afterwards with what existed before. */
  readonly isFinal?: boolean
  act(appgrant: AppGrant, w: SessionFixture): Promise<unknown>
}

const KILLS: Readonly<Record<string, Kill>> = {
  'remove all of the owner': { kills: ['app'], act: ({ tokens }, w) => tokens.removeAll(ofOwner(w)) },
  'remove all of the user': { kills: ['user'], act: ({ tokens }, w) => tokens.removeAll(ofUser(w)) },
  revoke: { kills: ['app', 'user', 'session'], act: ({ apps }, { key }) => apps.revokeTokens(key) },
  suspend: { kills: ['app', 'user'], isFinal: true, act: ({ apps }, { key }) => apps.suspend(key) },
  regenerate: {
    kills: ['app', 'user', 'session'],
    isFinal: true,
    act: ({ apps }, { key }) => apps.regenerateSecret(key),
  },
}

/** Operations that revoke while another call is running or arrives late. */
export function testRaces(open: OpenStore, { rounds = 1000 }: { readonly rounds?: number } = {}): void {
  describe('races', () => {
    it(`in ${rounds} rounds of grants and refreshes racing a revocation nothing revoked works afterwards (S31)`, async () => {
      const store = await open()
      const shared = async () => ({ ...store, close: async () => {} })
      const names = Object.keys(KILLS)
      const live = async (nth: number) => {
        const w = await createSessionFixture(shared, { app: { trusted: true } })
        const racer = createRacer(w)
        for (let round = 0; round < rounds / APPS; round++)
          await racer.race(names[(round + nth) % names.length] as string)
      }
      await Promise.all(Array.from({ length: APPS }, (_, nth) => live(nth)))
      await store.close()
    })

    it('a write that arrives after an operation on the same app resolved restores nothing (S3A)', async () => {
      const store = await open()
      const shared = async () => ({ ...store, close: async () => {} })
      const lates = ['update', 'resume', 'setTrusted', 'addSecret', 'regenerateSecret', 'grant', 'refresh'] as const
      const kills = {
        ...KILLS,
        remove: { kills: ['app', 'user'], act: ({ apps }, { key }) => apps.remove(key) } as Kill,
      }
      const pairs = lates.flatMap((late) => Object.entries(kills).map(([name, kill]) => ({ late, name, kill })))
      await Promise.all(
        pairs.map(async ({ late, name, kill }) => {
          const w = await createSessionFixture(shared, { app: { trusted: true } })
          const { appgrant, key, secret } = w
          const before = { app: await appgrant.authorizer.clientCredentials({ key, secret }), user: await w.start() }
          const title = `${late} after ${name}`
          if (late === 'resume') await appgrant.apps.suspend(key)
          const slow = slowNode(w)
          const calls: Record<typeof late, () => Promise<unknown>> = {
            update: () => slow.appgrant.apps.update(key, { name: 'Late' }),
            resume: () => slow.appgrant.apps.resume(key),
            setTrusted: () => slow.appgrant.apps.setTrusted(key, true),
            addSecret: () => slow.appgrant.apps.addSecret(key),
            regenerateSecret: () => slow.appgrant.apps.regenerateSecret(key),
            grant: () => slow.appgrant.authorizer.clientCredentials({ key, secret }),
            refresh: () => w.refresh(before.user.refresh, {}, slow.appgrant),
          }
          const deliver = slow.hold(late === 'grant' ? 'insert' : 'replace')
          expect(await codeOf(calls[late]()), title).toBe('outcome_unknown')
          const answer = await kill.act(appgrant, w)
          await deliver()
          if (kill.kills.includes('app')) expect(await w.verify(before.app.accessToken), title).not.toBe('ok')
          if (kill.kills.includes('user')) expect(await w.verify(before.user.access), title).not.toBe('ok')
          if (kill.kills.includes('session'))
            expect(await codeOf(w.refresh(before.user.refresh, secretIn(answer))), title).not.toBe('ok')
        }),
      )
      await store.close()
    })
  })
}

/** The life of one app, round after round. */
function createRacer(w: SessionFixture): { race(name: string): Promise<void> } {
  const { key, appgrant, clock } = w
  const nodes = [appgrant, w.node()]
  const [, other] = nodes as [AppGrant, AppGrant]
  let { secret } = w
  let session: Tokens | undefined

  const redeemed = async (): Promise<Tokens> => {
    const code = await w.code()
    return tokensOf(await w.exchange(code, { secret }), code)
  }
  const accepts = async (token: string) => (await w.verify(token, other)) === 'ok'
  const listed = async (of: typeof ofOwner) => {
    const { items } = await appgrant.tokens.list({ ...of(w), limit: 1000 })
    return items.map(({ id }) => id)
  }

  return {
    async race(name) {
      const { kills, isFinal = false, act } = KILLS[name] as Kill
      const before = await appgrant.authorizer.clientCredentials({ key, secret })
      session ??= await redeemed()
      const { access, refresh } = session
      // What the other node accepted a moment ago is revoked there all the same.
      expect((await Promise.all([accepts(before.accessToken), accepts(access)]))[0]).toBe(true)
      const racing = nodes.flatMap((node) => [
        grantedBy(node.authorizer.clientCredentials({ key, secret })),
        grantedBy(w.refresh(refresh, { secret }, node)),
      ])
      const answer = await act(appgrant, w)
      const [isApp, isUser] = await Promise.all([accepts(before.accessToken), accepts(access)])
      if (kills.includes('app')) expect(isApp, name).toBe(false)
      if (kills.includes('user')) expect(isUser, name).toBe(false)
      const made = (await Promise.all(racing)).flatMap((granted) => (granted ? [granted] : []))
      const isUsers = ({ refreshToken }: TokenResponse) => refreshToken !== undefined
      const refreshed = made.filter(isUsers)
      const [ownerIds, userIds, ...accepted] = await Promise.all([
        listed(ofOwner),
        listed(ofUser),
        ...made.map(({ accessToken }) => accepts(accessToken)),
      ])
      for (const [nth, granted] of made.entries()) {
        if (!accepted[nth]) continue
        // It rests on what is valid after the operation, and then it is listed.
        expect(isFinal || (isUsers(granted) && kills.includes('session')), name).toBe(false)
        expect(isUsers(granted) ? userIds : ownerIds, name).toContain(granted.tokenId)
      }
      // One of two refreshes with one token rotated it; the other got the same response or was refused.
      expect(new Set(refreshed.map(({ accessToken }) => accessToken)).size).toBeLessThan(2)
      const [newest] = refreshed
      if (newest) session = tokensOf(newest)
      secret = secretIn(answer).secret ?? secret
      if (name === 'suspend') await appgrant.apps.resume(key)
      if (kills.includes('session')) {
        expect(await codeOf(w.refresh(session.refresh, { secret }, other)), name).toBe('invalid_refresh_token')
        session = undefined
      }
      clock.advance(SECOND)
    },
  }
}

/** The new secret, if the operation made one. */
function secretIn(answer: unknown): { readonly secret?: string } {
  const { secret } = Object(answer)
  return secret === undefined ? {} : { secret }
}

/** What was granted; undefined if the operation came first. */
async function grantedBy(call: Promise<TokenResponse>): Promise<TokenResponse | undefined> {
  try {
    return await call
  } catch (error) {
    if (isAppGrantError(error, 'app_authentication_failed', 'app_suspended', 'invalid_refresh_token')) return undefined
    throw error
  }
}

/** A node that waits no longer than its deadline, and whose next call of a method is held until it is delivered. */
function slowNode({ inner, clock, tree }: SessionFixture) {
  const writes: Promise<unknown>[] = []
  const seen = <Result>(write: Promise<Result>) => {
    writes.push(write)
    return write
  }
  const faulty = faultyStore({
    ...inner,
    insert: (record, options) => seen(inner.insert(record, options)),
    replace: (from, to) => seen(inner.replace(from, to)),
  })
  const settings = { directory: tree, clock, issuer: ISSUER, timeoutMs: LATE_DEADLINE_MS }
  return {
    appgrant: createAppGrant({ store: faulty, ...settings }),
    hold(method: 'insert' | 'replace') {
      const { release } = faulty.hold(method)
      const known = writes.length
      return async () => {
        release()
        await new Promise(setImmediate)
        expect(writes.length).toBeGreaterThan(known)
        await Promise.all(writes)
      }
    },
  }
}
