import { describe } from 'vitest'
import { livesOf, testSameLives } from '../model/same-lives.ts'
import { testActs } from './acts-table.ts'
import { testAssertions } from './assertion-suite.ts'
import { testAuthorization } from './authorization-suite.ts'
import { testInstalls } from './installs-suite.ts'
import { testRaces } from './race-suite.ts'
import { testSecrets } from './secrets-suite.ts'
import { testSessions } from './session-suite.ts'
import type { OpenStore } from './session-world.ts'
import { SIGNING } from './signing.ts'

/**
 * All that must hold of apps, tokens and user authorization on every store.
 *
 * @param options - `signedToo`: the acts once more with signed tokens. A store sees the same of both formats, so once a store is enough.
 */
export function testDomain(open: OpenStore, { signedToo }: { readonly signedToo: boolean }): void {
  testActs(open)
  if (signedToo) describe('with signed tokens', () => testActs(open, { signing: SIGNING }))
  testAuthorization(open)
  testInstalls(open)
  testSecrets(open)
  testRivals(open)
}

/** The part of it in which callers race each other, or whole lives are lived: what another driver of the same store might break. */
export function testRivals(open: OpenStore): void {
  testSessions(open)
  testAssertions(open)
  // A round takes a dozen writes, each to a disk or to a majority.
  testRaces(open, { rounds: 500 })
  testSameLives((seed) => livesOf(seed, open))
}
