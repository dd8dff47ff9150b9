import { createHash, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { ImportedApp, VerifyLegacySecret } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { REDIRECT } from './session-fixture.ts'

/** The secret of the apps of other servers. */
export const THEIR_SECRET = 'gateway-secret-1'

/** {@link THEIR_SECRET} as other servers store it, in the schemes that are not built in. */
export const HASHES = {
  django: 'pbkdf2_sha256$1000$saltsaltsalt$ZRSe1pi/jvxudukcxVFrQaWTH5k450cUiYcMsNHL3Yc=',
  hydra: '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AfpyNmlqVQ1OEkFcqtZBCdH32pYwyAijGNK8yZucl6g',
} as const

/** The same in those that are. */
export const DIGESTS = {
  plain: THEIR_SECRET,
  'sha256-hex': 'aa8293ccaf0575923888501c3e9f5abae92cf2912d1c8f3fbe2bdf37615a8a1c',
  'sha256-base64': 'qoKTzK8FdZI4iFAcPp9auuks8pEtHI8/vivfN2Faihw=',
  'sha256-base64url': 'qoKTzK8FdZI4iFAcPp9auuks8pEtHI8_vivfN2Faihw',
} as const

const derive = promisify(pbkdf2)

/** What a host passes as `verifyLegacySecret`, and how often it was called. */
export function legacyVerifier() {
  const calls: string[] = []
  const verify: VerifyLegacySecret = async (scheme, text, presented) => {
    calls.push(scheme)
    if (scheme === 'bcrypt') return presented.slice(0, 72) === 'x'.repeat(72)
    const parts = text.split('$')
    const [rounds, salt, hash] =
      scheme === 'django'
        ? [Number(parts[1]), parts[2] ?? '', parts[3] ?? '']
        : [Number(/i=(\d+)/.exec(text)?.[1]), Buffer.from(parts[3] ?? '', 'base64'), parts[4] ?? '']
    const right = Buffer.from(hash, 'base64')
    return timingSafeEqual(await derive(presented, salt, rounds, right.length, 'sha256'), right)
  }
  return { calls, verify }
}

/** An app of another server. */
export function theirApp(fields: Partial<ImportedApp> = {}): ImportedApp {
  const { name, homepage, adminEmail, owner } = exampleApp({ owner: 'org' })
  const secret = fields.legacySecret || fields.jwks || fields.public ? {} : { secret: THEIR_SECRET }
  return { key: 'their-key', owner, name, homepage, adminEmail, redirectUrls: [REDIRECT], ...secret, ...fields }
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
