import type { OpenStore, TokenOptions } from '../support/session-fixture.ts'
import { testAuthorizationCodes } from './authorization-codes.ts'
import { testDpop } from './dpop.ts'
import { testForgeries } from './forgeries.ts'
import { testPublicApps } from './public-apps.ts'
import { testRefreshTokens } from './refresh-tokens.ts'
import { testSessionFaults } from './session-faults.ts'

/** What codes, refresh tokens and the access tokens of accounts do, on the stores that `open` gives. */
export function testSessions(open: OpenStore): void {
  testSessionsWith(open)
  testPublicApps(open)
  testForgeries(open)
}

/** What of that depends on the format of access tokens. */
export function testSessionsWith(open: OpenStore, format: TokenOptions = {}): void {
  testAuthorizationCodes(open, format)
  testRefreshTokens(open, format)
  testDpop(open, format)
  testSessionFaults(open, format)
}
