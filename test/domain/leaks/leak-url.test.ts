import { describe, expect, it } from 'vitest'
import { leakUrl } from '../../../src/domain/leaks/leak-url.ts'

const TOKEN = `ag_at_${'x'.repeat(102)}`

describe('where a credential was found', () => {
  it.each([
    ['https://git.example/a/b.txt', 'https://git.example/a/b.txt'],
    ['http://git.example', 'http://git.example/'],
    ['https://user:pass@git.example/a?token=x#L1', 'https://git.example/a'],
    [
      'https://git.example/12345600b9cbe38a219f39a9941c9319b600c002/f',
      'https://git.example/12345600b9cbe38a219f39a9941c9319b600c002/f',
    ],
  ])('%s is shown as %s', (given, shown) => {
    expect(leakUrl(given, TOKEN)).toBe(shown)
  })

  it.each([
    '',
    'some_url',
    'javascript:alert(1)',
    `https://git.example/${TOKEN}`,
    `https://git.example/${TOKEN.replace('_', '%5F')}`,
    `https://${'x'.repeat(2048)}.example/`,
    'https://git.example/%E0%A4%A',
    'https://git.example/ag_rt_abcdefghijklmnopqrstuvwxyz',
    'https://git.example/agsabcdefghijklmnopqrstuvwxyz012',
    'https://git.example/eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9',
  ])('%s is not shown', (given) => {
    expect(leakUrl(given, TOKEN)).toBeUndefined()
  })
})
