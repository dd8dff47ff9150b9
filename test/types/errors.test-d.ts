import { describe, expectTypeOf, it } from 'vitest'
import type { HandlerOptions } from '../../src/http/index.ts'
import {
  type AnyAppGrantError,
  AppGrantError,
  type ErrorCode,
  type ErrorDetails,
  type FieldErrorCode,
  isAppGrantError,
} from '../../src/index.ts'

declare const thrown: unknown

describe('the types of errors', () => {
  it('isAppGrantError without codes narrows to the union of all errors, and switch narrows details', () => {
    if (!isAppGrantError(thrown)) return
    expectTypeOf(thrown).toEqualTypeOf<AnyAppGrantError>()
    expectTypeOf(thrown.code).toEqualTypeOf<ErrorCode>()
    expectTypeOf(thrown.hint).toEqualTypeOf<string>()
    switch (thrown.code) {
      case 'app_limit_reached':
        return expectTypeOf(thrown.details).toEqualTypeOf<{ readonly owner: string; readonly limit: number }>()
      case 'too_many_failures':
        return expectTypeOf(thrown.details.retryAfterSeconds).toEqualTypeOf<number>()
      case 'invalid_token':
        return expectTypeOf(thrown).toEqualTypeOf<AppGrantError<'invalid_token'>>()
      case 'invalid_fields':
        return expectTypeOf(thrown.details.fields[0]?.code).toEqualTypeOf<FieldErrorCode | undefined>()
      default:
        return expectTypeOf(thrown.code).not.toEqualTypeOf<ErrorCode>()
    }
  })

  it('isAppGrantError with codes narrows to the errors with these codes', () => {
    if (isAppGrantError(thrown, 'invalid_fields')) {
      expectTypeOf(thrown).toEqualTypeOf<AppGrantError<'invalid_fields'>>()
      expectTypeOf(thrown.details).toEqualTypeOf<ErrorDetails['invalid_fields']>()
    }
    if (isAppGrantError(thrown, 'app_limit_reached', 'outcome_unknown')) {
      expectTypeOf(thrown).toEqualTypeOf<AppGrantError<'app_limit_reached'> | AppGrantError<'outcome_unknown'>>()
      if (thrown.code === 'outcome_unknown') expectTypeOf(thrown.details.app).toEqualTypeOf<string | undefined>()
      // @ts-expect-error: only app_limit_reached has a limit.
      expectTypeOf(thrown.details.limit).toBeNumber()
    }
    // @ts-expect-error: not a code.
    isAppGrantError(thrown, 'app_limit')
  })

  it('details are required for the codes that have some, and only for these', () => {
    expectTypeOf(new AppGrantError('conflict', { message: undefined })).toEqualTypeOf<AppGrantError<'conflict'>>()
    expectTypeOf(new AppGrantError('outcome_unknown', {})).toEqualTypeOf<AppGrantError<'outcome_unknown'>>()
    expectTypeOf(new AppGrantError('too_many_failures', { details: { retryAfterSeconds: 1 } }).details).toEqualTypeOf<{
      readonly retryAfterSeconds: number
    }>()
    // @ts-expect-error: the code has details.
    new AppGrantError('too_many_failures', { message: 'wait' })
    // @ts-expect-error: these are the details of another code.
    new AppGrantError('app_limit_reached', { details: { retryAfterSeconds: 1 } })
    expectTypeOf<AnyAppGrantError>().toExtend<AppGrantError>()
  })

  it('the error of errorPage narrows too', () => {
    type Shown = Parameters<NonNullable<HandlerOptions['errorPage']>>[0]
    expectTypeOf<Shown>().toEqualTypeOf<AnyAppGrantError>()
  })

  it('a comparison with a misspelt field error code does not compile', () => {
    if (!isAppGrantError(thrown, 'invalid_fields')) return
    const [first] = thrown.details.fields
    // @ts-expect-error: the code is not_canonical.
    expectTypeOf(first?.code === 'not_cannonical').toBeBoolean()
    expectTypeOf<'not_canonical'>().toExtend<FieldErrorCode>()
  })
})
