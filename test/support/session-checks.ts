import { expect } from 'vitest'
import { codeOf } from './code-of.ts'
import type { SessionFixture, Tokens } from './session-fixture.ts'

/** Neither its access token nor any of its credentials gives anything. */
export async function expectDead(w: SessionFixture, { access, refresh }: Tokens, reason = 'revoked'): Promise<void> {
  expect(await w.verify(access)).toBe(reason)
  expect(await codeOf(w.refresh(refresh))).toBe('invalid_refresh_token')
}

/** Its access token works, and its refresh token gives another that works. */
export async function expectAlive(w: SessionFixture, tokens: Tokens): Promise<void> {
  expect(await w.verify(tokens.access)).toBe('ok')
  const next = await w.next(tokens)
  expect(await w.verify(next.access)).toBe('ok')
}

/** The results of the calls that succeeded. */
export function valuesOf<T>(settled: readonly PromiseSettledResult<T>[]): readonly T[] {
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** The codes of the calls that were refused, each once. */
export async function codesOf(settled: readonly PromiseSettledResult<unknown>[]): Promise<readonly string[]> {
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [codeOf(Promise.reject(one.reason))] : []))
  return [...new Set(await Promise.all(refused))]
}

/** The session record that was written last, as stored. */
export async function sessionRecord(w: SessionFixture) {
  const written = w.observed.written.findLast(({ kind }) => kind === 's')
  const [stored] = written ? await w.inner.get([written]) : []
  if (!stored) throw new Error('there is no session')
  return stored
}
