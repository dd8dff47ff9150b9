import { describe } from 'vitest'
import { livesOf, testSameLives } from '../model/same-lives.ts'
import { testActs, testFailingActs } from './acts-table.ts'
import { testAssertions } from './assertion-suite.ts'
import { testAuthorization } from './authorization-suite.ts'
import { testInstalls } from './installs-suite.ts'
import { testRaces } from './race-suite.ts'
import { testRememberedApps } from './remembered-app-suite.ts'
import { testSecrets } from './secrets-suite.ts'
import { testSessions } from './session-suite.ts'
import type { OpenStore } from './session-world.ts'
import { SIGNING } from './signing.ts'

/** All that must hold of apps, tokens and user authorization on every store. */
export function testDomain(open: OpenStore): void {
  testLayout(open)
  testFailingActs(open)
  describe('operations with signed tokens', () => testActs(open, { signing: SIGNING }))
}

/** The part that another layout of the same servers might break. */
export function testLayout(open: OpenStore): void {
  testActs(open)
  testAuthorization(open)
  testInstalls(open)
  testSecrets(open)
  testRememberedApps(open)
  testRivals(open)
}

/** The part in which callers race each other, or whole lives are run: what another driver of the same store might break. */
export function testRivals(open: OpenStore): void {
  testSessions(open)
  testAssertions(open)
  testRacesAndLives(open)
}

/** The minimum: operations racing grants and refreshes, and whole lives. */
export function testRacesAndLives(open: OpenStore): void {
  // A round takes a dozen writes, each to a disk or to a majority.
  testRaces(open, { rounds: 500 })
  testSameLives((seed) => livesOf(seed, open))
}
