import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { OpenStore } from '../support/session-fixture.ts'
import { SIGNING } from '../support/signing.ts'
import { testAssertions } from './assertions.ts'
import { testAuthorization } from './authorization.ts'
import { testBrowserRegistration } from './browser-registration.ts'
import { testClocks } from './clocks.ts'
import { testConsentPolicy } from './consent-policy.ts'
import { testDevices } from './devices.ts'
import { testErasing } from './erasing.ts'
import { testFirstWins } from './first-wins.ts'
import { testImporting } from './importing.ts'
import { testImportingInstalls } from './importing-installs.ts'
import { testInstalls } from './installs.ts'
import { testLeaks } from './leaks.ts'
import { lifecyclesOf, testSameLifecycles } from './lifecycles.ts'
import { testLifetimes } from './lifetimes.ts'
import { testLimits } from './limits.ts'
import { testMoving } from './moving.ts'
import { testFailingOperations, testOperations } from './operations.ts'
import { testOtherNodes } from './other-nodes.ts'
import { testPushedRequests } from './pushed-requests.ts'
import { testRaces } from './races.ts'
import { testReceipts } from './receipts.ts'
import { testRememberedApps } from './remembered-apps.ts'
import { testRevocationFeed } from './revocation-feed.ts'
import { testSecrets } from './secrets.ts'
import { testSelfRegisteredOperations } from './self-registered-operations.ts'
import { testSelfRegistration } from './self-registration.ts'
import { testSessions } from './sessions.ts'
import { testUsage } from './usage.ts'

/** All that must hold of apps, tokens and user authorization on every store. */
export function testEveryStore(open: OpenStore): void {
  testEveryTopology(open)
  testFailingOperations(open)
  testClocks(open)
  testOtherNodes(open)
  testRevocationFeed(open)
  testReceipts(open)
  testLeaks(open)
  testBrowserRegistration(open)
  testSelfRegisteredOperations(open)
  testPushedRequests(open)
  testImporting(open, { apps: 300 })
  testImportingInstalls(open, { refreshTokens: 300 })
  testMoving(async () => memoryStore(), open)
  describe('operations with signed tokens', () => testOperations(open, { signing: SIGNING }))
}

/** The part that another layout of the same servers might break. */
export function testEveryTopology(open: OpenStore): void {
  testOperations(open)
  testAuthorization(open)
  testInstalls(open)
  testConsentPolicy(open)
  testLifetimes(open)
  testLimits(open)
  testUsage(open)
  testErasing(open)
  testSecrets(open)
  testRememberedApps(open)
  testEveryDriver(open)
}

/** The part in which callers race each other, or whole lives are run: what another driver of the same store might break. */
export function testEveryDriver(open: OpenStore): void {
  testSessions(open)
  testAssertions(open)
  testFirstWins(open)
  testDevices(open)
  testSelfRegistration(open)
  testConcurrency(open)
}

/** The minimum: operations racing grants and refreshes, and whole lives. */
export function testConcurrency(open: OpenStore): void {
  // A round takes a dozen writes, each to a disk or to a majority.
  testRaces(open, { rounds: 500 })
  testSameLifecycles((lives, seed) => lifecyclesOf(lives, seed, open))
}
