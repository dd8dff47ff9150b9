import { describe, expect, test } from 'vitest'
import { phoneRule } from '../../../../src/domain/apps/fields/phone-number.ts'

describe('phoneRule', () => {
  test.each([
    ['+49301234567', '+49301234567'],
    ['+1 (555) 010-9999', '+15550109999'],
    ['+44 20.7946.0958', '+442079460958'],
    ['+1234567', '+1234567'],
    ['+123456789012345', '+123456789012345'],
  ])('the phone number %s is stored as %s (APP-4)', (text, number) => {
    expect(phoneRule.check(text)).toEqual({ ok: true, value: number })
  })

  test.each([
    '49301234567',
    '0049301234567',
    '030 1234567',
    '+0301234567',
    '+123456',
    '+1234567890123456',
    '+44 (0)20 7946 0958',
    '+1 555 0109999 x12',
    '+1-800-FLOWERS',
    '++493012345',
    '+49+3012345',
    '+',
    ' ',
    '+４９301234567',
    '+49\u00a0301234567',
    '+49301234567\n',
    'tel:+49301234567',
    '+49/301234567',
    '+49301234567;ext=1',
  ])('%j is refused as a phone number (APP-4)', (text) => {
    expect(phoneRule.check(text)).toMatchObject({ ok: false, code: 'not_a_phone_number' })
  })
})
