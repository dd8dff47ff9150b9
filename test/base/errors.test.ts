import { describe, expect, it } from 'vitest'
import { AppGrantError, isAppGrantError } from '../../src/base/errors.ts'

describe('AppGrantError (ERR-2)', () => {
  it('has code, details, message, hint and cause', () => {
    const cause = new Error('driver')
    const details = { owner: 'o', limit: 3 }
    const error = new AppGrantError('app_limit_reached', details, { message: 'full', hint: 'remove one', cause })
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

  it('without options says its code and has no cause', () => {
    const error = new AppGrantError('conflict', {})
    expect(error.message).toBe('conflict')
    expect('cause' in error).toBe(false)
  })

  it('is recognised by its mark and code, also one of another copy of the package', () => {
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
