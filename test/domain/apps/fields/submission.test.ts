import { expect, test } from 'vitest'
import { knownMembers } from '../../../../src/base/known-members.ts'
import type { FieldRule } from '../../../../src/domain/apps/fields/field-rule.ts'
import { readSubmission } from '../../../../src/domain/apps/fields/submission.ts'

const untouchable: FieldRule<string> = {
  maxUnits: 3,
  lengthRule: 'at most 3 characters',
  check: (text) => expect.unreachable(`the rule saw ${text}`),
}

const KNOWN = knownMembers<Record<'long' | 'wrong' | 'list' | 'growing', unknown>>({
  long: true,
  wrong: true,
  list: true,
  growing: true,
})

test('length and type are checked before a rule sees the value (S40, S45)', () => {
  const submission = readSubmission({ long: 'abcd', wrong: {}, list: ['abcd', 1] }, KNOWN)
  submission.required('long', untouchable, undefined)
  submission.optional('wrong', untouchable, undefined)
  submission.list('list', { maxEntries: 2, entry: untouchable, same: () => false }, [])
  expect(submission.error().details.fields.map((error) => [error.field, error.code])).toEqual([
    ['long', 'too_long'],
    ['wrong', 'wrong_type'],
    ['list[0]', 'too_long'],
    ['list[1]', 'wrong_type'],
  ])
})

test('a list whose length changes while it is read gives no more entries than it had at first', () => {
  const seen: string[] = []
  const rule: FieldRule<string> = {
    maxUnits: 3,
    lengthRule: '',
    check: (text) => ({ ok: true, value: seen[seen.push(text) - 1] ?? '' }),
  }
  const list = ['a']
  const growing = new Proxy(list, {
    get(from, property) {
      if (property === '0') from.push('b')
      return Reflect.get(from, property)
    },
  })
  const entries = readSubmission({ growing }, KNOWN).list(
    'growing',
    { maxEntries: 1, entry: rule, same: () => false },
    [],
  )
  expect([entries, seen]).toEqual([['a'], ['a']])
})
