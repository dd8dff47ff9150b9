import { describe, expect, it } from 'vitest'
import { AppGrantError, type ErrorCode } from '../../../src/base/errors.ts'
import { errorResponse } from '../../../src/http/wire/error-response.ts'

const OUTAGES: readonly ErrorCode[] = [
  'store_unavailable',
  'outcome_unknown',
  'directory_unavailable',
  'clock_unavailable',
  'clock_skew',
  'signing_unavailable',
  'claims_unavailable',
  'issuer_unavailable',
  'conflict',
]

describe('the response to an error', () => {
  it.each(OUTAGES)('%s is a 503 with Retry-After on both wires (ERR-1)', (code) => {
    const error = new AppGrantError(code as 'store_unavailable', { message: 'not now' })
    for (const format of ['oauth', 'api'] as const) {
      const response = errorResponse(error, format, new Headers())
      expect([response?.status, response?.headers['retry-after']]).toEqual([503, '5'])
    }
  })
})
