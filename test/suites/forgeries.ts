import { describe, expect, it } from 'vitest'
import { createTokenFormat } from '../../src/credentials/token-format.ts'
import { codeOf } from '../support/code-of.ts'
import { fieldOf, rewritten } from '../support/forged-credentials.ts'
import { expectAlive, expectDead, sessionRecord } from '../support/session-checks.ts'
import { createSessionFixture, type OpenStore, tokensOf } from '../support/session-fixture.ts'

const format = createTokenFormat('ag')

/** What somebody can make from genuine credentials of other sessions, stages and kinds, on the stores that `open` gives. */
export function testForgeries(open: OpenStore): void {
  describe('forged credentials', () => {
    it('a credential mixed from the fields of two sessions gives and ends nothing', async () => {
      const w = await createSessionFixture(open)
      const mine = await w.start({ account: 'provider' })
      const theirs = await w.start()
      const written = w.observed.writes()
      for (const fields of [
        ['session'],
        ['install'],
        ['session', 'install'],
        ['tag'],
        ['secret'],
        ['session', 'tag'],
        ['secret', 'tag'],
        ['session', 'install', 'stage', 'secret'],
        ['session', 'install', 'stage'],
      ]) {
        const change = Object.fromEntries(fields.map((name) => [name, fieldOf(theirs.refresh, name)]))
        const text = rewritten(mine.refresh, change)
        if (text === theirs.refresh) continue
        // A valid tag with a wrong secret at the current stage is a miss too.
        expect(await codeOf(w.refresh(text)), fields.join()).toBe('invalid_refresh_token')
        // The tag alone shows that a credential of that stage was issued, so its own app may end the session with it.
        if (fields.join() !== 'secret')
          await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: text })
        expect(await w.verify(theirs.access)).toBe('ok')
      }
      expect(w.observed.writes()).toBe(written)
      await expectAlive(w, mine)
      await expectAlive(w, theirs)
    })

    it('a code rewritten as a refresh token, or the reverse, is refused at every stage', async () => {
      const w = await createSessionFixture(open)
      const tokens = await w.start()
      const pending = await w.code()
      const asKind = (text: string, kind: 'ac' | 'rt', stage: string) => {
        const parsed = format.read(text)
        if (parsed?.kind !== 'ac' && parsed?.kind !== 'rt') throw new Error('not a credential')
        return format.write(kind, { ...parsed, stage })
      }
      const written = w.observed.writes()
      for (const stage of ['00000', '00001', '00002']) {
        expect(await codeOf(w.refresh(asKind(tokens.code, 'rt', stage)))).toBe('invalid_refresh_token')
        expect(await codeOf(w.exchange(asKind(tokens.refresh, 'ac', stage)))).toBe('invalid_code')
        expect(await codeOf(w.refresh(asKind(pending, 'rt', stage)))).toBe('invalid_refresh_token')
      }
      expect(w.observed.writes()).toBe(written)
      expect(await codeOf(w.exchange(pending))).toBe('ok')
      await expectAlive(w, tokens)
    })

    it('an access token with ids of another is unknown, and no account is read from it (S28, S44)', async () => {
      const w = await createSessionFixture(open)
      const [mine, theirs] = [await w.start({ account: 'provider' }), await w.start()]
      for (const name of ['app', 'install', 'session', 'token', 'secret']) {
        const other =
          name === 'app' ? w.key.slice(0, 31) + (w.key.endsWith('a') ? 'b' : 'a') : fieldOf(theirs.access, name)
        const text = rewritten(mine.access, { [name]: other })
        expect(await w.verify(text), name).toBe('unknown')
      }
      expect(await w.verify(mine.access.replace(/^ag_ut/, 'ag_at'))).toBe('malformed')
      await expectAlive(w, mine)
    })

    it('stored values do not yield a credential: a derived token needs the credential that was presented', async () => {
      const w = await createSessionFixture(open)
      const tokens = await w.start()
      const stored = JSON.parse((await sessionRecord(w)).data)
      // With salt and family key but another secret the tag is valid, and still nothing is granted.
      const guess = rewritten(tokens.refresh, { secret: stored.salt })
      expect(await codeOf(w.refresh(guess))).toBe('invalid_refresh_token')
      await expectAlive(w, tokens)
    })

    it('a replay after the end of the session or its record gives nothing, even if the clock of a node lags', async () => {
      const w = await createSessionFixture(open)
      const first = await w.start()
      const second = await w.next(first)
      const past = w.clock()
      w.clock.advance(91 * 86_400_000)
      for (const { refresh, code } of [first, second]) {
        expect(await codeOf(w.refresh(refresh))).toBe('invalid_refresh_token')
        expect(await codeOf(w.exchange(code))).toBe('invalid_code')
      }
      expect(await w.verify(second.access)).toBe('expired')
      // A clock that goes back finds what it left: a late call revoked nothing.
      const back = w.node({ clock: () => past })
      expect(await w.verify(second.access, back)).toMatch(/ok|unknown/)
    })

    it('the credential of a rotation that the store lost is refused after another rotation replaced it', async () => {
      const w = await createSessionFixture(open)
      const first = await w.start()
      const before = await sessionRecord(w)
      const lost = await w.next(first, { scope: ['read'] })
      expect(await w.inner.replace(await sessionRecord(w), { ...before, revision: 'rolledback' })).toBe(true)
      // Its access token is no longer valid, so the next rotation has another salt.
      await w.appgrant.tokens.remove({ app: w.key, account: 'user', ids: [lost.id] })
      const other = await w.next(first, { scope: ['read'] })
      expect(await codeOf(w.refresh(lost.refresh))).toBe('invalid_refresh_token')
      await expectAlive(w, other)
    })

    it('a code that leaked before a refresh can only end the session', async () => {
      const w = await createSessionFixture(open)
      const tokens = await w.start()
      const next = await w.next(tokens)
      expect(await codeOf(w.exchange(tokens.code))).toBe('invalid_code')
      await expectDead(w, next)
      const code = await w.code()
      await expectAlive(w, tokensOf(await w.exchange(code)))
    })
  })
}
