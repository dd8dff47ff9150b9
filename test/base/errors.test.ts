import { describe, expect, it } from 'vitest'
import { AppGrantError, isAppGrantError } from '../../src/base/errors.ts'

describe('AppGrantError', () => {
  it('an AppGrantError has code, details, message, hint and cause (ERR-2)', () => {
    const cause = new Error('driver')
    const details = { owner: 'o', limit: 3 }
    const error = new AppGrantError('app_limit_reached', { message: 'full', hint: 'remove one', cause, details })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'AppGrantError',
      code: 'app_limit_reached',
      details,
      message: 'full',
      hint: 'remove one',
      cause,
    })
  })

  it('an AppGrantError without options has its code as message and no cause', () => {
    const error = new AppGrantError('conflict', {})
    expect(error.message).toBe('conflict')
    expect('cause' in error).toBe(false)
  })

  it('isAppGrantError recognizes an error by mark and code, even from another copy of the package', () => {
    const error = new AppGrantError('conflict', {})
    expect(isAppGrantError(error)).toBe(true)
    expect(isAppGrantError(error, 'conflict', 'app_suspended')).toBe(true)
    expect(isAppGrantError(error, 'app_suspended')).toBe(false)
    const foreign = Object.assign(new Error(), { [Symbol.for('appgrant.AppGrantError')]: true, code: 'conflict' })
    expect(isAppGrantError(foreign, 'conflict')).toBe(true)
    for (const other of [
      new Error('conflict'),
      { code: 'conflict' },
      null,
      undefined,
      'conflict',
      Object.assign(new Error(), { code: 'conflict' }),
    ])
      expect(isAppGrantError(other)).toBe(false)
  })
})
