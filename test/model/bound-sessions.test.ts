import fc from 'fast-check'
import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { codeOf } from '../support/code-of.ts'
import { type DpopKey, dpopKey } from '../support/dpop.ts'
import { createSessionFixture, ISSUER, LIFE } from '../support/session-fixture.ts'

const NAMES = ['owner', 'thief'] as const
const [owner, thief] = [await dpopKey(), await dpopKey('EdDSA')]
const KEYS: Readonly<Record<(typeof NAMES)[number], DpopKey>> = { owner, thief }

/** Who has a proof in a request: the one who uses the app, another one, or nobody. */
type By = keyof typeof KEYS | 'nobody'

interface Step {
  readonly by: By
  /** Which refresh token: how many it is older than the current one. */
  readonly back: number
  /** How much time passes before it, in ms. */
  readonly after: number
}

const by = fc.constantFrom<By[]>('owner', 'owner', 'owner', 'thief', 'nobody')
const steps = fc.array(
  fc.record({ by, back: fc.constantFrom(0, 0, 0, 1, 1, 2), after: fc.constantFrom(0, 0, 1000, LIFE.grace) }),
  { minLength: 1, maxLength: 12 },
)

/** A session of a public app, in a few lines. The stage of a refresh token is its place in the list, from 1. */
function createModel() {
  const model = {
    isEnded: false,
    boundTo: undefined as { readonly by: By; readonly fromStage: number } | undefined,
    rotatedAt: 0,
    /** Whose access tokens the last step has issued. */
    issued: new Set<By>(),
  }
  const advance = (by: By, stage: number, now: number) => {
    if (by !== 'nobody') model.boundTo ??= { by, fromStage: stage }
    model.rotatedAt = now
    model.issued = new Set([by])
  }
  return {
    model,
    advance,
    /** What a refresh by its `stage`th refresh token is, and changes. */
    refresh({ by, stage, last, now }: { by: By; stage: number; last: number; now: number }) {
      const { boundTo } = model
      if (boundTo && stage >= boundTo.fromStage && by !== boundTo.by) return 'invalid_dpop_proof'
      if (!model.isEnded && stage === last) {
        advance(by, last + 1, now)
        return 'rotated'
      }
      const isRetry = stage === last - 1 && now - model.rotatedAt < LIFE.grace && (!boundTo || boundTo.by === by)
      if (model.isEnded || !isRetry) {
        model.isEnded = true
        return 'invalid_refresh_token'
      }
      const isKnown = model.issued.has(by)
      model.issued.add(by)
      return isKnown ? 'same' : 'another'
    },
  }
}

it('sequences of refreshes by the owner of a key, a thief and nobody are as in the model (DPOP-2, TOK-8)', async () => {
  await fc.assert(
    fc.asyncProperty(by, steps, async (first, sequence: readonly Step[]) => {
      const options = { dpop: {} }
      const w = await createSessionFixture(async () => memoryStore(), { options, app: { public: true } })
      const proofBy = async (by: By) =>
        by === 'nobody' ? {} : { dpopProof: await KEYS[by].prove({ url: `${ISSUER}/token`, at: w.clock() }) }
      const { model, advance, refresh } = createModel()
      const tokens: { readonly text: string; readonly by: By }[] = []
      const refreshes: string[] = []

      const code = await w.code()
      const started = await w.exchange(code, await proofBy(first))
      advance(first, 1, w.clock())
      tokens.push({ text: started.accessToken, by: first })
      refreshes.push(started.refreshToken ?? '')

      for (const { by, back, after } of sequence) {
        w.clock.advance(after)
        const last = refreshes.length
        const stage = Math.max(1, last - back)
        const expected = refresh({ by, stage, last, now: w.clock() })
        const call = w.refresh(refreshes[stage - 1] ?? '', await proofBy(by))
        const outcome = await codeOf(call)
        expect(outcome).toBe(expected.startsWith('invalid') ? expected : 'ok')
        if (outcome !== 'ok') continue
        const { accessToken, refreshToken = '' } = await call
        if (expected === 'rotated') refreshes.push(refreshToken)
        else expect(refreshToken).toBe(refreshes.at(-1))
        const isKnown = tokens.some(({ text }) => text === accessToken)
        expect(isKnown).toBe(expected === 'same')
        if (!isKnown) tokens.push({ text: accessToken, by })
      }

      for (const { text, by } of tokens) {
        const access = await w.appgrant.authorizer.tryVerify(text, { acceptBound: true })
        const jkt = by === 'nobody' ? undefined : KEYS[by].jkt
        expect(access.ok ? { jkt: access.jkt } : access.reason).toEqual(model.isEnded ? 'revoked' : { jkt })
      }
    }),
    { numRuns: 150 },
  )
})
