import { testCodes } from './code-suite.ts'
import { testForgeries } from './forgery-suite.ts'
import { testPublicApps } from './public-app-suite.ts'
import { testRefreshTokens } from './refresh-suite.ts'
import { testSessionFaults } from './session-faults-suite.ts'
import type { OpenStore, TokenOptions } from './session-world.ts'

/** What codes, refresh tokens and the access tokens of accounts do, on the stores that `open` gives. */
export function testSessions(open: OpenStore): void {
  testSessionsWith(open)
  testPublicApps(open)
  testForgeries(open)
}

/** What of that depends on the format of access tokens. */
export function testSessionsWith(open: OpenStore, format: TokenOptions = {}): void {
  testCodes(open, format)
  testRefreshTokens(open, format)
  testSessionFaults(open, format)
}
