import { describe, expect, it } from 'vitest'
import { type Answered, type Asked, type Call, contradictionOf, type Kill } from './app-history.ts'
import { contradictionIn, type Entry } from './linearizability.ts'

const beginning = { secret: 's0', token: 'u0', refresh: 'r0' }
const ok: Answered = { outcome: 'ok' }
const verify = (token: string): Asked => ({ act: 'verify', token })
const grant: Asked = { act: 'grant', secret: 's0' }
const refresh = (spent: string): Asked => ({ act: 'refresh', secret: 's0', refresh: spent })
const made = (token: string, next?: string): Answered => ({
  ...ok,
  token,
  ...(next !== undefined && { refresh: next }),
})

/** A call of a client that lasts from one time to another. */
const call = (from: number, to: number, asked: Asked, answered: Answered = ok): Call => ({
  by: 'client',
  asked,
  answered,
  from,
  to,
})
const isExplained = (calls: readonly Call[], oneInstant = true) =>
  contradictionOf(beginning, calls, { oneInstant }) === undefined

describe('histories of one app', () => {
  it('a history is explained if each call saw what earlier calls did', () => {
    expect(
      isExplained([
        call(0, 1, grant, made('t1')),
        call(2, 3, verify('t1')),
        call(4, 5, { act: 'suspend' }),
        call(6, 7, verify('t1'), { outcome: 'app_suspended' }),
        call(8, 9, grant, { outcome: 'app_suspended' }),
        call(10, 11, { act: 'resume' }),
        call(12, 13, verify('t1')),
        call(14, 15, { act: 'regenerate' }, { ...ok, secret: 's1' }),
        call(16, 17, verify('t1'), { outcome: 'revoked' }),
        call(18, 19, grant, { outcome: 'app_authentication_failed' }),
        call(20, 21, { act: 'remove' }),
        call(22, 23, { act: 'remove' }, { outcome: 'absent' }),
        call(24, 25, verify('u0'), { outcome: 'app_removed' }),
      ]),
    ).toBe(true)
  })

  it.each(['suspend', 'revokeTokens', 'distrust', 'removeAllOfOwner', 'remove'] as const)(
    'a token accepted after %s was acknowledged contradicts the history (REV-3)',
    (act) => {
      const history = (begun: number) => [
        call(0, 1, grant, made('t1')),
        call(2, 5, { act }),
        call(begun, begun + 2, verify('t1')),
      ]
      expect(isExplained(history(6))).toBe(false)
      // It began before the acknowledgement, so it may have come first.
      expect(isExplained(history(4))).toBe(true)
    },
  )

  it.each(['unpublish', 'withdraw'] as const)(
    "a user's token or refresh accepted after %s was acknowledged contradicts the history (ACC-6, REV-3)",
    (act) => {
      const history = (begun: number, asked: Asked, answered?: Answered) =>
        isExplained([
          call(0, 1, grant, made('t1')),
          call(3, 5, { act }),
          call(6, 7, verify('t1')),
          call(begun, begun + 2, asked, answered),
        ])
      const refused = act === 'unpublish' ? 'not_permitted' : 'revoked'
      expect(history(6, verify('u0'))).toBe(false)
      expect(history(4, verify('u0'))).toBe(true)
      expect(history(6, verify('u0'), { outcome: refused })).toBe(true)
      expect(history(0, verify('u0'), { outcome: refused })).toBe(false)
      const refusal = act === 'unpublish' ? 'not_permitted' : 'invalid_refresh_token'
      expect(history(6, refresh('r0'), made('u1', 'r1'))).toBe(false)
      expect(history(4, refresh('r0'), made('u1', 'r1'))).toBe(true)
      expect(history(6, refresh('r0'), { outcome: refusal })).toBe(true)
      expect(history(0, refresh('r0'), { outcome: refusal })).toBe(false)
    },
  )

  it('what was unpublished works again once it is published, and what was withdrawn is gone for good', () => {
    const calls = (act: Kill) => [
      call(0, 1, { act }),
      call(2, 3, { act: 'publish' }),
      call(4, 5, verify('u0')),
      call(6, 7, refresh('r0'), made('u1', 'r1')),
    ]
    expect(isExplained(calls('unpublish'))).toBe(true)
    expect(isExplained(calls('withdraw'))).toBe(false)
    expect(isExplained([call(0, 5, { act: 'withdraw' }), call(0, 5, { act: 'withdraw' })])).toBe(false)
    expect(isExplained([call(0, 5, { act: 'withdraw' }), call(0, 5, { act: 'withdraw' }, { outcome: 'absent' })])).toBe(
      true,
    )
  })

  it('an acceptance after a refusal contradicts the history', () => {
    const calls = (second: Answered) => [
      call(0, 20, { act: 'revokeTokens' }),
      call(1, 2, verify('u0'), { outcome: 'revoked' }),
      call(3, 4, verify('u0'), second),
    ]
    expect(isExplained(calls(ok))).toBe(false)
    expect(isExplained(calls({ outcome: 'revoked' }))).toBe(true)
  })

  it('two winners of one regeneration contradict the history, and one winner does not', () => {
    const calls = (second: Answered) => [
      call(0, 10, { act: 'regenerate' }, { ...ok, secret: 's1' }),
      call(0, 10, { act: 'regenerate' }, { ...ok, secret: 's2' }),
      call(11, 12, { act: 'grant', secret: 's1' }, made('t1')),
      call(13, 14, { act: 'grant', secret: 's2' }, second),
    ]
    expect(isExplained(calls(made('t2')))).toBe(false)
    expect(isExplained(calls({ outcome: 'app_authentication_failed' }))).toBe(true)
  })

  it('two removals that both found the app, or two rotations of one refresh token, contradict the history (TOK-8)', () => {
    expect(isExplained([call(0, 5, { act: 'remove' }), call(0, 5, { act: 'remove' })])).toBe(false)
    expect(
      isExplained([call(0, 5, refresh('r0'), made('u1', 'r1')), call(0, 5, refresh('r0'), made('u2', 'r2'))]),
    ).toBe(false)
    expect(
      isExplained([call(0, 5, refresh('r0'), made('u1', 'r1')), call(0, 5, refresh('r0'), made('u1', 'r1'))]),
    ).toBe(true)
  })

  it('a token accepted again after its removal contradicts the history', () => {
    const calls = (last: Answered) => [
      call(0, 1, grant, made('t1')),
      call(2, 3, { act: 'removeToken', token: 't1' }),
      call(4, 5, { act: 'resume' }),
      call(6, 7, verify('t1'), last),
    ]
    expect(isExplained(calls(ok))).toBe(false)
    expect(isExplained(calls({ outcome: 'revoked' }))).toBe(true)
  })

  it('a token issued while everything is revoked is either revoked or based on what is valid after (REV-4)', () => {
    const calls = (...outcomes: readonly Answered['outcome'][]) => [
      call(0, 10, grant, made('t1')),
      call(1, 5, { act: 'revokeTokens' }),
      ...outcomes.map((outcome, at) => call(11 + at, 11 + at, verify('t1'), { outcome })),
    ]
    expect(isExplained(calls('ok', 'ok'))).toBe(true)
    expect(isExplained(calls('revoked', 'revoked'))).toBe(true)
    expect(isExplained(calls('revoked', 'ok'))).toBe(false)
  })

  it('an operation of unknown outcome may take effect at any later time, once, or never', () => {
    const late = call(0, 1, { act: 'suspend' }, { outcome: 'outcome_unknown' })
    const seen = (...outcomes: readonly Answered['outcome'][]) =>
      isExplained([late, ...outcomes.map((outcome, at) => call(at + 2, at + 2, verify('u0'), { outcome }))])
    expect(seen('ok', 'ok')).toBe(true)
    expect(seen('ok', 'app_suspended')).toBe(true)
    expect(seen('app_suspended', 'ok')).toBe(false)
    // What the store reported as not applied never takes effect.
    const refused = call(0, 1, { act: 'suspend' }, { outcome: 'store_unavailable' })
    expect(isExplained([refused, call(2, 3, verify('u0'), { outcome: 'app_suspended' })])).toBe(false)
  })

  it('a late resumption restores nothing that was revoked since (S3A)', () => {
    const calls = (kill: Asked, last: Answered) => [
      call(0, 1, { act: 'suspend' }),
      call(2, 3, { act: 'resume' }, { outcome: 'outcome_unknown' }),
      call(4, 5, kill),
      call(6, 7, verify('u0'), last),
    ]
    expect(isExplained(calls({ act: 'revokeTokens' }, ok))).toBe(false)
    expect(isExplained(calls({ act: 'removeAllOfUser' }, ok))).toBe(false)
    expect(isExplained(calls({ act: 'removeAllOfOwner' }, ok))).toBe(true)
  })

  it('a refresh token used after its successor ends the session for good (TOK-8)', () => {
    const before = [
      call(0, 1, refresh('r0'), made('u1', 'r1')),
      call(2, 3, refresh('r1'), made('u2', 'r2')),
      call(4, 5, refresh('r0'), { outcome: 'invalid_refresh_token' }),
    ]
    const last = (outcome: Answered['outcome']) => isExplained([...before, call(6, 7, verify('u2'), { outcome })])
    expect(last('revoked')).toBe(true)
    expect(last('ok')).toBe(false)
    expect(isExplained([...before, call(6, 7, refresh('r2'), made('u3', 'r3'))])).toBe(false)
    expect(
      isExplained(before.slice(0, 1).concat(call(2, 3, refresh('r1'), { outcome: 'invalid_refresh_token' }))),
    ).toBe(false)
  })

  it('records that are read one by one may be of several moments, each within the call', () => {
    // The token was there before it was removed, the app enabled only afterwards.
    const calls = (from: number) => [
      call(0, 1, grant, made('t1')),
      call(2, 3, { act: 'suspend' }),
      call(from, 20, verify('t1')),
      call(6, 7, { act: 'removeToken', token: 't1' }),
      call(8, 9, { act: 'resume' }),
    ]
    expect(isExplained(calls(4))).toBe(false)
    expect(isExplained(calls(4), false)).toBe(true)
    expect(isExplained(calls(8), false)).toBe(false)
  })

  it('a contradiction names what was explained and what cannot follow', () => {
    const calls = [call(0, 1, { act: 'suspend' }), call(2, 3, verify('u0'))]
    expect(contradictionOf(beginning, calls, { oneInstant: true })).toEqual({
      explained: ['#0 client: suspend  -> ok'],
      pending: ['#1 client: verify u0 -> ok'],
    })
  })
})

describe('histories of one register', () => {
  const write = (from: number, to: number, value: number): Entry<number> => ({
    title: `write ${value}`,
    from,
    to,
    step: () => [value],
  })
  const read = (from: number, to: number, value: number): Entry<number> => ({
    title: `read ${value}`,
    from,
    to,
    isRead: true,
    step: (state) => (state === value ? [state] : []),
  })
  const isExplained = (...entries: readonly Entry<number>[]) => contradictionIn(entries, 0) === undefined

  it('a history of many writes at once is searched quickly', () => {
    const writes = [...Array(10).keys()].map((value) => write(0, 100, value + 1))
    const reads = [...Array(10).keys()].map((value) => read(101 + value, 101 + value, 7))
    expect(isExplained(...writes, ...reads)).toBe(true)
    expect(isExplained(...writes, ...reads, read(200, 201, 6))).toBe(false)
  })

  it('a register has the last written value, in an order that the times allow', () => {
    expect(isExplained(write(0, 5, 1), write(0, 5, 2), read(6, 7, 1))).toBe(true)
    expect(isExplained(write(0, 1, 1), write(2, 3, 2), read(4, 5, 1))).toBe(false)
    // A write that repeats the current value is not a read: it may be meant to come after another.
    expect(isExplained(write(0, 9, 0), write(0, 9, 1), read(10, 11, 0))).toBe(true)
    expect(isExplained(write(0, Number.POSITIVE_INFINITY, 1), read(3, 4, 0), read(5, 6, 1))).toBe(true)
    expect(isExplained(write(3, Number.POSITIVE_INFINITY, 1), read(1, 2, 1))).toBe(false)
  })
})
