import { numberToBase62 } from '../../credentials/base62.ts'
import { macOf } from '../../credentials/digest.ts'
import { type TokenFields, type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import { type OpenSession, tagOf } from '../../records/session.ts'
import type { Credential } from './session-credential.ts'

/** What an access token of a step is for. */
export interface StepAccess {
  readonly scope: readonly string[]
  readonly audience: readonly string[] | undefined
  /** The key that it is bound to. */
  readonly jkt: string | undefined
}

/** An access token of the next step. */
export interface DerivedToken {
  readonly fields: { readonly kind: 'ut' } & TokenFields<'ut'>
  /** The key that its text is sealed with, if it is signed. */
  sealKey(): string
}

/** The credentials that a code or refresh token is exchanged for. */
export interface Successor {
  readonly refreshToken: string
  token(access: StepAccess): DerivedToken
}

/**
 * Derives the next credentials: the same for every attempt, and not derivable from the record or the presented credential alone.
 * The refresh token depends on nothing else; there is one access token for each scope, audience and key.
 */
export function successorOf(
  credential: Credential,
  session: OpenSession,
  { stage, salt, format }: { readonly stage: number; readonly salt: string; readonly format: TokenFormat },
): Successor {
  const { app, install, session: id, secret } = credential
  const derive = (what: string, width: number, ...of: readonly string[]) => macOf(salt, width, what, secret, ...of)
  const ids = { app, install, session: id }
  return {
    refreshToken: format.write('rt', {
      ...ids,
      stage: numberToBase62(stage, WIDTH.stage),
      secret: derive('refresh', WIDTH.secret),
      tag: tagOf(session, 'rt', stage),
    }),
    token({ scope, audience, jkt }) {
      const access = [scope, audience].map((list) => JSON.stringify(list ?? null))
      if (jkt !== undefined) access.push(jkt)
      return {
        fields: {
          kind: 'ut',
          ...ids,
          token: derive('token', WIDTH.token, ...access),
          secret: derive('access', WIDTH.secret, ...access),
        },
        sealKey: () => derive('seal', WIDTH.secret, ...access),
      }
    },
  }
}
